/** No attribute of any type crashes anything: it is taken, or a 400 says what is allowed. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { TOXIC_TYPES } from '../../src/admin/toxics.ts'
import { closeAll, stage } from './stage.ts'

const value = fc.oneof(
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String), fc.integer({ min: -10, max: 10 }).map(String), fc.integer({ min: 0, max: 100_000 }).map(String), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('null', 'true', '"1"', '[]', '{}', '1e400', '-0', '9223372036854775807', '4611686018427387904', '1e3', '100.0'),
)
const toxic = fc.constantFrom(...TOXIC_TYPES.entries()).chain(([type, { attributes }]) => fc.record({
  type: fc.constant(type), stream: fc.constantFrom('upstream', 'downstream'), toxicity: fc.oneof({ weight: 3, arbitrary: fc.constant('1') }, value),
  attributes: fc.tuple(...attributes.map(({ name }) => fc.tuple(fc.constant(name), fc.oneof(value, fc.constant(undefined))))),
}))
type Written = typeof toxic extends fc.Arbitrary<infer T> ? T : never

const bodyOf = ({ type, stream, toxicity, attributes }: Written): string =>
  `{"name":"t","type":"${type}","stream":"${stream}","toxicity":${toxicity},"attributes":{${attributes.flatMap(([name, one]) => (one === undefined ? [] : [`"${name}":${one}`])).join(',')}}}`

describe('attributes', () => {
  afterEach(closeAll)

  it('of any value are taken or refused with what is allowed, and traffic under them crashes nothing', async function property() {
    this.timeout(60_000)
    const on = await stage()
    const port = await on.proxy()
    await fc.assert(fc.asyncProperty(toxic, async (written) => {
      const answer = await on.ask('POST', '/proxies/cache/toxics', bodyOf(written))
      assert.ok(answer.status === 200 || answer.status === 400, `${bodyOf(written)}: ${answer.status} ${answer.text}`)
      if (answer.status === 400) assert.match(answer.text, /must (be|not be)|cannot unmarshal/, bodyOf(written))
      const client = await on.client(port).catch(() => undefined)
      client?.socket.write('x'.repeat(1000))
      assert.equal((await on.ask('GET', '/version')).status, 200)
      client?.socket.destroy()
      assert.equal((await on.ask('POST', '/reset')).status, 204)
    }), { numRuns: 300, seed: 1 })
  })

  it('that crash a real server are each a 400 that says what is allowed', async () => {
    const on = await stage()
    await on.proxy()
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['slicer', '{"average_size":0}', /average_size of slicer must be from 1 to 1073741824 bytes, not 0/],
      ['slicer', '{"average_size":-5}', /must be from 1 to/],
      ['slicer', '{"average_size":5,"size_variation":6}', /size_variation must not be above average_size/],
      ['bandwidth', '{"rate":-1}', /rate of bandwidth must be from 0 to 1099511627 KB\/s, not -1/],
      ['bandwidth', '{"rate":9223372036854775807}', /must be from 0 to/],
      ['latency', '{"latency":1,"jitter":4611686018427387904}', /jitter of latency must be from 0 to 3600000 ms/],
      ['packet_loss', '{"loss_rate":1.5}', /loss_rate of packet_loss must be from 0 to 1, not 1.5/],
    ]
    for (const [type, attributes, says] of cases) {
      const answer = await on.ask('POST', '/proxies/cache/toxics', `{"type":"${type}","attributes":${attributes}}`)
      assert.equal(answer.status, 400)
      assert.match(answer.text, says)
    }
  })

  it('at the very bounds that the message gives are taken', async () => {
    const on = await stage()
    await on.proxy()
    for (const [type, { attributes }] of TOXIC_TYPES) {
      for (const edge of ['min', 'max'] as const) {
        const values = Object.fromEntries(attributes.map((one) => [one.name, one.name === 'size_variation' ? 0 : one[edge]]))
        assert.equal((await on.ask('POST', '/proxies/cache/toxics', { type, name: `${type}-${edge}`, attributes: values })).status, 200, `${type} ${JSON.stringify(values)}`)
      }
    }
  })
})
