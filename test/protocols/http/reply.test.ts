import assert from 'node:assert/strict'
import fc from 'fast-check'
import { duplicateField, removeField, setField } from '../../../src/protocols/http/edit.ts'
import { response, type Response } from '../../../src/protocols/http/reply.ts'
import { decoderOf, head, read, requestOf } from './wire.ts'

const made = (request: string, what: Response): string => response(requestOf(request), what).toString('latin1')
const GET = head('GET / HTTP/1.1', 'Host: h')

describe('http replies', () => {
  it('a status with its reason, fields as they are given, a length and a body', () => {
    assert.equal(made(GET, { status: 503, fields: [['Retry-After', '2'], ['x-why', 'a: b']], body: '{"e":1}' }), 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nx-why: a: b\r\nContent-Length: 7\r\n\r\n{"e":1}')
    assert.equal(made(GET, { status: 200, body: '\u00e9' }), 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xc3\xa9')
    assert.equal(made(GET, { status: 599 }), 'HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n')
    assert.equal(made(GET, { status: 500, reason: 'Oops' }), 'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n')
  })

  it('to HEAD the same head, and no body', () => {
    assert.equal(made(head('HEAD / HTTP/1.1', 'Host: h'), { status: 404, body: 'none' }), 'HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n')
  })

  it('no length where there can be no body: 1xx, 204, 304, and a tunnel', () => {
    for (const status of [100, 103, 204, 304]) assert.equal(made(GET, { status, body: 'x' }).split('\r\n').slice(1).join('|'), '|')
    assert.equal(made(head('CONNECT h:1 HTTP/1.1', 'Host: h'), { status: 200 }), 'HTTP/1.1 200 OK\r\n\r\n')
    assert.match(made(head('CONNECT h:1 HTTP/1.1', 'Host: h'), { status: 407, body: 'no' }), /Content-Length: 2\r\n\r\nno$/)
  })

  it('the connection as versions have it: 1.0 stays only when it says so, 1.1 unless it says otherwise', () => {
    const connection = (request: string, what: Partial<Response> = {}): string | undefined => /\r\nConnection: (.*)\r\n/.exec(made(request, { status: 200, ...what }))?.[1]
    assert.equal(connection(GET), undefined)
    assert.equal(connection(GET, { close: true }), 'close')
    assert.equal(connection(head('GET / HTTP/1.1', 'Host: h', 'Connection: close')), 'close')
    assert.equal(connection(head('GET / HTTP/1.0')), 'close')
    assert.equal(connection(head('GET / HTTP/1.0', 'Connection: keep-alive')), 'keep-alive')
    assert.equal(connection(head('GET / HTTP/1.0', 'Connection: keep-alive'), { close: true }), 'close')
    assert.equal(connection(GET, { close: true, fields: [['Connection', 'x']] }), 'x')
  })

  it('what fields say of a length stays, for those who want it wrong', () => {
    assert.equal(made(GET, { status: 200, fields: [['content-length', '9']], body: 'abc' }), 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc')
    assert.equal(made(GET, { status: 200, fields: [['Transfer-Encoding', 'chunked']], body: '0\r\n\r\n' }), 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')
  })

  it('no text begins another field, or another answer', () => {
    assert.equal(made(GET, { status: 200, reason: 'a\r\nb', fields: [['x\n', 'a\r\n\r\nb\0']] }), 'HTTP/1.1 200 a b\r\nx : a b \r\nContent-Length: 0\r\n\r\n')
  })

  it('whatever is asked and answered, we read it as that one answer', () => {
    const methods = fc.constantFrom('GET', 'HEAD', 'POST')
    fc.assert(fc.property(methods, fc.constantFrom('1.0', '1.1'), fc.integer({ min: 200, max: 599 }), fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ unit: 'binary-ascii', maxLength: 20 }), (method, version, status, body, value) => {
      const reply = made(head(`${method} / HTTP/${version}`, 'Host: h'), { status, body: Buffer.from(body, 'latin1'), fields: [['X', value.replaceAll(/[^\t -~]/g, '')]], close: true })
      const bodiless = method === 'HEAD' || status === 204 || status === 304 || body === ''
      assert.deepEqual(read(decoderOf('to-client', [`${method}/${version}`]), [Buffer.from(reply, 'latin1')]), [bodiless ? String(status) : `${status} <${Buffer.from(body, 'latin1').toString('latin1')}>`])
    }), { numRuns: 500 })
  })
})

describe('http heads, edited', () => {
  const HEAD = '\r\nGET / HTTP/1.1\r\nhOsT: h\r\nX-a:1\r\nAccept: b\r\nx-A:  2\r\nLast: \xff\r\n\r\n'
  const EDITS: readonly (readonly [what: string, edit: (raw: Buffer) => Buffer, from: string, to: string])[] = [
    ['sets a field in its place, name as it was', (raw) => setField(raw, 'HOST', 'other'), 'hOsT: h', 'hOsT: other'],
    ['sets the first of several and takes the others out', (raw) => setField(raw, 'x-a', '3'), 'X-a:1\r\nAccept: b\r\nx-A:  2\r\n', 'X-a: 3\r\nAccept: b\r\n'],
    ['puts a new field last', (raw) => setField(raw, 'X-New', 'n'), '\xff\r\n\r\n', '\xff\r\nX-New: n\r\n\r\n'],
    ['takes every line of a field out', (raw) => removeField(raw, 'X-A'), 'X-a:1\r\nAccept: b\r\nx-A:  2\r\n', 'Accept: b\r\n'],
    ['takes nothing out where there is nothing', (raw) => removeField(raw, 'X'), '', ''],
    ['doubles the last line of a field as it stands', (raw) => duplicateField(raw, 'x-a'), 'x-A:  2\r\n', 'x-A:  2\r\nx-A:  2\r\n'],
    ['doubles it with another value', (raw) => duplicateField(raw, 'accept', 'c'), 'Accept: b\r\n', 'Accept: b\r\nAccept: c\r\n'],
    ['doubles nothing that is not there', (raw) => duplicateField(raw, 'x'), '', ''],
    ['adds what is not there', (raw) => duplicateField(raw, 'x', 'y'), '\xff\r\n\r\n', '\xff\r\nx: y\r\n\r\n'],
    ['lets no value begin another field', (raw) => setField(raw, 'host', 'a\r\nX: b'), 'hOsT: h', 'hOsT: a X: b'],
  ]
  for (const [what, edit, from, to] of EDITS) {
    it(what, () => {
      const raw = Buffer.from(HEAD, 'latin1')
      assert.equal(edit(raw).toString('latin1'), HEAD.replace(from, to))
      assert.equal(raw.toString('latin1'), HEAD, 'what was given is not written into')
    })
  }

  it('a head without fields takes one', () => assert.equal(setField(Buffer.from('GET / HTTP/1.0\r\n\r\n'), 'X', 'y').toString(), 'GET / HTTP/1.0\r\nX: y\r\n\r\n'))

  it('any edit leaves a head whose other fields are what they were, in their order', () => {
    const names = fc.constantFrom('A', 'a', 'B', 'b', 'C')
    const fields = fc.array(fc.tuple(names, fc.constantFrom('', '1', ' 2', 'x:y')), { maxLength: 6 })
    fc.assert(fc.property(fields, names, fc.constantFrom(setField, removeField, duplicateField), (lines, name, edit) => {
      const wire = lines.map(([field, value]) => `${field}:${value}\r\n`)
      const edited = edit(Buffer.from(`GET / HTTP/1.1\r\n${wire.join('')}\r\n`), name, 'v').toString()
      const others = (all: readonly string[]): string[] => all.filter((line) => !line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
      const after = edited.split('\r\n').slice(1, -2)
      assert.deepEqual(others(after), others(wire.map((line) => line.trimEnd())))
      const [had, has] = [wire.length - others(wire).length, after.length - others(after).length]
      assert.equal(has, edit === removeField ? 0 : edit === setField ? 1 : had + 1)
      assert.equal(requestOf(edited).raw.toString(), edited)
    }), { numRuns: 500 })
  })
})
