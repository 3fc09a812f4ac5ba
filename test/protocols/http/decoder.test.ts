import assert from 'node:assert/strict'
import fc from 'fast-check'
import { HEAD_MAX, type Direction } from '../../../src/protocols/codec.ts'
import { CHUNK_LINE_MAX } from '../../../src/protocols/http/scanner.ts'
import { decode, decodeEveryCut, inPieces } from '../cuts.ts'
import { ANSWERS, REQUESTS, type Case } from './cases.ts'
import { codecOf, decoderOf, head, read } from './wire.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
const CHUNKED = head('POST / HTTP/1.1', 'Host: h', 'Transfer-Encoding: chunked')
const CASES = [['to-server', REQUESTS], ['to-client', ANSWERS]] as const satisfies readonly (readonly [Direction, readonly Case[]])[]

describe('http decoder', () => {
  it('has at least 150 cases, no two alike, each with its section', () => {
    const all = [...REQUESTS, ...ANSWERS]
    assert.ok(all.length >= 150, `${all.length} cases`)
    assert.equal(new Set(all.map(({ rfc, name, requests }) => `${rfc} ${name} ${requests}`)).size, all.length)
    for (const { rfc } of all) assert.match(rfc, /^(\d{4} )?\d+(\.\d+)*$/)
  })

  for (const [direction, cases] of CASES) {
    for (const { rfc, name, wire, reads, requests } of cases) {
      it(`${direction}, RFC ${rfc.includes(' ') ? rfc : `9112 ${rfc}`}: ${name}`, () => {
        const input = bytes(wire)
        assert.deepEqual(read(decoderOf(direction, requests), [input]), reads)
        decodeEveryCut(codecOf(direction, requests), input, input.length <= 1024 ? input.keys() : [1, 200, 4096])
        for (const cut of input.length <= 1024 ? input.keys() : [1, 200, 4096]) assert.deepEqual(read(decoderOf(direction, requests), [input.subarray(0, cut), input.subarray(cut)]), reads, `cut at ${cut}`)
        assert.deepEqual(read(decoderOf(direction, requests), Array.from(input, (byte) => Buffer.from([byte]))), reads, 'byte by byte')
      })
    }
  }

  it('gives out views of what it was fed, the chunk itself where it is one head, and copies only what spans chunks', () => {
    const [request, body] = [head('POST /a HTTP/1.1', 'Content-Length: 3'), 'abc']
    const chunk = bytes(`${request}${body}${request}`)
    const messages = decoderOf('to-server').feed(chunk)
    assert.deepEqual(messages.map(({ type, raw }) => [type, raw.buffer === chunk.buffer, raw.byteOffset - chunk.byteOffset]), [['RequestHead', true, 0], ['BodyData', true, request.length], ['RequestHead', true, request.length + 3]])
    const alone = bytes(request)
    assert.equal(decoderOf('to-server').feed(alone)[0]?.raw, alone)
  })

  for (const size of [HEAD_MAX - 1, HEAD_MAX, HEAD_MAX + 1]) {
    it(`a head of ${size} bytes ${size > HEAD_MAX ? 'is given up' : 'is read'}, however it is cut`, () => {
      const request = head('GET / HTTP/1.1', `X: ${'x'.repeat(size - 'GET / HTTP/1.1\r\nX: \r\n\r\n'.length)}`)
      assert.equal(request.length, size)
      const input = bytes(`${request}${head('GET /next HTTP/1.1')}`)
      const reads = size > HEAD_MAX ? [`! a head of more than ${HEAD_MAX} bytes`] : ['GET /', 'GET /next']
      for (const lengths of [[input.length], [1, size - 1], [511], [512], [513], [1000, 7], [65_536, 1], [HEAD_MAX - 1, 1, 1]]) assert.deepEqual(read(decoderOf('to-server'), inPieces(input, lengths)), reads, lengths.join())
    })
  }

  it('a line before a chunk may be as long as it is said, and no longer', () => {
    for (const [extra, reads] of [[0, ['POST / <ab>']], [1, ['POST / <', `! a line before a chunk of more than ${CHUNK_LINE_MAX} bytes`]]] as const) {
      const line = `2;${'x'.repeat(CHUNK_LINE_MAX - 4 + extra)}\r\n`
      for (const lengths of [[10_000], [1], [511], [CHUNK_LINE_MAX]]) assert.deepEqual(read(decoderOf('to-server'), inPieces(bytes(`${CHUNKED}${line}ab\r\n0\r\n\r\n`), lengths)), reads)
    }
  })

  it('a body comes in parts as it arrives, and none of it is held', () => {
    const decoder = decoderOf('to-server')
    const parts = [head('POST / HTTP/1.1', `Content-Length: ${3 * 70_000}`), ...Array.from({ length: 3 }, () => 'x'.repeat(70_000))].flatMap((text) => {
      const messages = decoder.feed(bytes(text))
      assert.equal(decoder.rest.length, 0)
      return messages.map(({ type, part, raw }) => [type, part, raw.length])
    })
    assert.deepEqual(parts, [['RequestHead', 'first', parts[0]?.[2]], ['BodyData', 'middle', 70_000], ['BodyData', 'middle', 70_000], ['BodyData', 'last', 70_000]])
  })

  it('of a chunk the line comes whole and the data as they arrive; the last chunk comes whole', () => {
    const decoder = decoderOf('to-server')
    const feed = (text: string): unknown[] => decoder.feed(bytes(text)).map(({ type, part, raw, dataAt, dataEnd }) => [type, part, raw.toString(), raw.toString('latin1', dataAt, dataEnd)])
    assert.deepEqual(feed(`${CHUNKED}2;x\r\nab\r\n5`), [['RequestHead', 'first', CHUNKED, ''], ['BodyData', 'middle', '2;x\r\nab\r\n', 'ab']])
    assert.deepEqual(feed('\r\nh'), [['BodyData', 'middle', '5\r\n', ''], ['BodyData', 'middle', 'h', 'h']])
    assert.deepEqual(feed('ello\r'), [['BodyData', 'middle', 'ello\r', 'ello']])
    assert.deepEqual(feed('\n3\r\nx'), [['BodyData', 'middle', '\n', ''], ['BodyData', 'middle', '3\r\nx', 'x']])
    assert.deepEqual(feed('yz\r\n0\r\nX: '), [['BodyData', 'middle', 'yz\r\n', 'yz']])
    const [last] = decoder.feed(bytes('y\r\n\r\n'))
    assert.deepEqual([last?.type, last?.part, last?.raw.toString(), last?.raw.toString('latin1', last.dataAt)], ['LastChunk', 'last', '0\r\nX: y\r\n\r\n', 'X: y\r\n\r\n'])
  })

  it('an answer that ends with the connection ends with a message of no bytes', () => {
    const decoder = decoderOf('to-client', ['GET'])
    decoder.feed(bytes(`${head('HTTP/1.1 200 OK')}ab`))
    assert.deepEqual(decoder.end().map(({ type, part, raw }) => [type, part, raw.length]), [['BodyData', 'last', 0]])
  })

  it('of endless heads, lines and trailers it holds no more than a head', () => {
    for (const [start, more] of [['GET / HTTP/1.1\r\n', 'X: y\r\n'], ['GET /', 'x'], ['GET / HTTP/1.1\r\nX', 'x'], ['GET / HTTP/1.1\r\nX: ', 'x'], ['\r\n', '\r\n'], [`${CHUNKED}0\r\n`, 'X: y\r\n'], [`${CHUNKED}1;`, 'x'], ['', 'G']] as const) {
      const decoder = decoderOf('to-server')
      decoder.feed(bytes(start))
      let most = 0
      for (let n = 0; n < 200; n++) {
        decoder.feed(bytes(more.repeat(1000)))
        most = Math.max(most, decoder.rest.buffer.byteLength)
      }
      assert.match(decoder.broken ?? '', / of more than /, start)
      assert.ok(most <= HEAD_MAX, `${most} bytes held`)
    }
  })

  it('makes no room for what was only declared', () => {
    for (const declared of [head('POST / HTTP/1.1', 'Content-Length: 9007199254740991'), `${CHUNKED}1fffffffffffff\r\n`]) {
      const decoder = decoderOf('to-server')
      decoder.feed(bytes(declared))
      assert.deepEqual([decoder.broken, decoder.rest.length], [undefined, 0])
    }
  })

  it('a head that comes byte by byte costs what it has bytes', () => {
    const input = bytes(`GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(5000)}Z: ${'z'.repeat(30_000)}\r\n\r\n`)
    const decoder = decoderOf('to-server')
    const started = performance.now()
    const messages = Array.from(input, (_, at) => decoder.feed(input.subarray(at, at + 1))).flat()
    const took = performance.now() - started
    assert.equal(messages.length, 1)
    assert.ok(took < 2000, `${took} ms`)
  })

  it('never writes into what it was fed', () => {
    for (const [direction, cases] of CASES) {
      for (const { wire, requests } of cases) {
        const input = bytes(wire)
        decode(codecOf(direction, requests), inPieces(input, [3, 11]))
        assert.equal(input.toString('latin1'), wire)
      }
    }
  })

  for (const [direction, cases] of CASES) {
    it(`${direction}: any bytes, however cut, are given back, and mean the same`, () => {
      const noise = fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...cases).map(({ wire }) => bytes(wire)) },
        { weight: 3, arbitrary: fc.constantFrom('\r\n', '\r', '\n', ' ', ':', '0', '5', ';', 'GET / HTTP/1.1\r\n', 'HTTP/1.1 200 OK\r\n', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close\r\n', 'X: y\r\n', '5\r\nhello\r\n', '0\r\n\r\n').map(bytes) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((some) => Buffer.from(some)) },
      )
      const stream = fc.array(noise, { maxLength: 12 }).map((parts) => Buffer.concat(parts))
      const pieces = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 })
      const requests = ['GET', 'HEAD', 'GET', 'GET', 'CONNECT']
      fc.assert(fc.property(stream, pieces, (input, lengths) => {
        assert.deepEqual(decode(codecOf(direction, requests), inPieces(input, lengths)), decode(codecOf(direction, requests), [input]))
        assert.deepEqual(read(decoderOf(direction, requests), inPieces(input, lengths)), read(decoderOf(direction, requests), [input]))
      }), { numRuns: 1000 })
    })
  }
})
