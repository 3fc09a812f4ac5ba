import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Routes } from '../../../src/protocols/http/routes.ts'
import { newShape, readShape, SHAPE_MAX } from '../../../src/protocols/http/shape.ts'

const shape = newShape()
function shapeOf(text: string): string {
  const raw = Buffer.from(`..${text}..`, 'latin1')
  assert.ok(readShape(raw, 2, raw.length - 2, shape))
  return shape.bytes.toString('latin1', 0, shape.length).replaceAll('\0', ':id')
}

const segment = fc.oneof(
  fc.constantFrom('', 'orders', 'cafe', 'v1', '0', '17', '9f86d081884c7d65', '9f86d081884c7d6', '550e8400-e29b-41d4-a716-446655440000', '550e8400-e29b-41d4-a716-44665544000g', '550e8400e29b-41d4-a716--446655440000', '------------------------------------'),
  fc.uuid(), fc.stringMatching(/^[0-9a-fA-F-]{1,40}$/), fc.nat().map(String),
)
const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => `/${segments.join('/')}`).filter((text) => text.length < 190)

describe('the shape of a path', () => {
  it('is the route that it has where no pattern fits', () => {
    const routes = new Routes([])
    fc.assert(fc.property(path, (text) => assert.equal(shapeOf(text), routes.of(text))))
  })

  it('has one route, whatever the patterns that name no identifier', () => {
    const routes = new Routes(['/orders/:order', '/:kind/cafe', '/:a/:b/v1'])
    assert.equal(routes.tellsIdentifiers, false)
    fc.assert(fc.property(path, path, (one, other) => { if (shapeOf(one) === shapeOf(other)) assert.equal(routes.of(one), routes.of(other)) }))
    assert.equal(new Routes(['/v/1/x']).tellsIdentifiers, true)
  })

  it('leaves alone what stands before the first slash, and what is too long', () => {
    assert.equal(shapeOf('GET 17'), 'GET 17')
    assert.equal(shapeOf('17/17'), '17/:id')
    assert.equal(readShape(Buffer.alloc(SHAPE_MAX + 1, 'x'), 0, SHAPE_MAX + 1, shape), false)
  })
})
