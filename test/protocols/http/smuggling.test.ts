/** What we take for the boundaries of requests and answers is what others take for them, or we have given up: on every framing case, and on attacks as they were published. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import fc from 'fast-check'
import { Client } from 'undici'
import type { Contender } from '../../bench/contender.ts'
import { haproxy } from '../../bench/peers.ts'
import { ANSWERS, ATTACKS, NEXT, REQUESTS } from './cases.ts'
import { decoderOf, read } from './wire.ts'

const RUNS = Number(process.env['SMUGGLING_RUNS'] ?? 300)
/** A run that CI has seen is seen again by everybody; other seeds are for who looks for more. */
const SEED = Number(process.env['SMUGGLING_SEED'] ?? 1)
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
const understood = (lines: readonly string[]): string[] => lines.filter((line) => !/^[!~]/.test(line))
const gaveUp = (lines: readonly string[]): boolean => lines.some((line) => line.startsWith('!'))

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Requests as node:http sees them, in the lines of `read`. */
class Recorder {
  lines: string[] = []
  readonly server: HttpServer

  /** `lenient`: much of what should be refused is read somehow. */
  constructor(lenient: boolean) {
    this.server = createServer({ insecureHTTPParser: lenient }, (message, reply) => this.#record(message, reply))
    // Else it answers an Expect that it does not know by itself.
    this.server.on('checkExpectation', (message: IncomingMessage, reply: ServerResponse) => this.#record(message, reply))
    Object.assign(this.server, { httpAllowHalfOpen: true })
  }

  /** What comes here of `wire`, said to `port`. */
  async hear(port: number, wire: Buffer): Promise<readonly string[]> {
    const lines: string[] = []
    this.lines = lines
    await say(port, wire)
    await say(port, bytes(`GET ${BARRIER} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`))
    return lines.filter((line) => line !== `GET ${BARRIER}`)
  }

  #record(message: IncomingMessage, reply: ServerResponse): void {
    const { lines } = this
    const n = lines.length
    const line = `${message.method} ${message.url}`
    const framed = message.headers['transfer-encoding'] !== undefined || Number(message.headers['content-length'] ?? 0) > 0
    let body = ''
    const tell = (end: string): void => { lines[n] = framed ? `${line} <${body}${end}` : line }
    tell('')
    message.on('data', (chunk: Buffer) => { body += chunk.toString('latin1'); tell('') })
    message.on('error', () => reply.destroy())
    message.on('end', () => {
      const trailers = message.rawTrailers.map((word, at) => ` ${word.toLowerCase()}${at % 2 === 0 ? ':' : ''}`).join('').trimEnd()
      tell(`>${trailers}`)
      reply.end('seen')
    })
  }
}

/** What was said before it has been heard when it is: a proxy may close before its server has read what it was sent. */
const BARRIER = '/barrier'

/** Says `wire` and FIN, and waits until the other side has closed too. */
async function say(port: number, wire: Buffer): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.resume().on('error', () => socket.destroy())
  socket.end(wire)
  await once(socket, 'close')
}

/** It breaks off. */
const isOpen = (line: string): boolean => line.includes(' <') && !line.includes('>')
/** One line is what the other is, or its beginning where it breaks off. */
const isOf = (line: string, other: string): boolean => line === other || [[line, other], [other, line]].some(([part = '', all = '']) => isOpen(part) && all.startsWith(part))
/** Where both have read something, it is the same. */
const compatible = (some: readonly string[], others: readonly string[]): boolean => some.every((line, n) => n >= others.length || isOf(line, others[n] ?? ''))

/** They may stop earlier than we do, and go on only where we have given up. */
function agree(ours: readonly string[], theirs: readonly string[]): void {
  const told = JSON.stringify({ ours, theirs })
  assert.ok(compatible(understood(ours), theirs), told)
  if (gaveUp(ours)) return
  assert.ok(theirs.length <= understood(ours).length, told)
  assert.ok(theirs.every((line, n) => isOpen(line) || !isOpen(ours[n] ?? '')), told)
}

const REQUEST_WIRES = [...REQUESTS.map(({ rfc, name, wire }) => ({ name: `${rfc} ${name}`, wire })), ...ATTACKS]

describe('http: where requests begin and end', () => {
  const recorders = { strict: new Recorder(false), lenient: new Recorder(true) }
  const ports = { 'node:http': 0, 'node:http, lenient': 0, HAProxy: 0 }
  let proxy: Contender | undefined
  const seen = new Map<string, Map<string, readonly string[]>>()

  before(async () => {
    ports['node:http'] = await listening(recorders.strict.server)
    ports['node:http, lenient'] = await listening(recorders.lenient.server)
    proxy = await haproxy(ports['node:http'], 'http')
    ports.HAProxy = proxy?.port ?? 0
  })
  after(() => {
    for (const { server } of Object.values(recorders)) {
      server.close()
      server.closeAllConnections()
    }
    proxy?.stop()
  })

  for (const who of ['node:http', 'node:http, lenient', 'HAProxy'] as const) {
    const recorder = who === 'node:http, lenient' ? recorders.lenient : recorders.strict
    for (const { name, wire } of REQUEST_WIRES) {
      it(`${who}: ${name}`, async function () {
        if (ports[who] === 0) return this.skip()
        const theirs = await recorder.hear(ports[who], bytes(wire))
        seen.set(name, (seen.get(name) ?? new Map<string, readonly string[]>()).set(who, theirs))
        agree(read(decoderOf('to-server'), [bytes(wire)]), theirs)
      })
    }
  }

  it('requests of odd pieces: nobody reads another one than we do', async function () {
    this.timeout(RUNS * 100)
    const one = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts)
    const space = one('', '', ' ', ' ', '\t', '  ', ' \t')
    const odd = one(...['\n', '\r', '\0', '\x0b', '\x0c', '\x7f', '\xa0', ',', ';', '"', '+', '-', '_', '0x', '\r\n '])
    const value = (...texts: readonly string[]): fc.Arbitrary<string> => fc.tuple(space, fc.oneof({ weight: 5, arbitrary: one(...texts) }, { weight: 1, arbitrary: fc.tuple(one(...texts), odd, one(...texts)).map((parts) => parts.join('')) }), space).map((parts) => parts.join(''))
    const colon = fc.oneof({ weight: 12, arbitrary: one(':') }, { weight: 1, arbitrary: one(' :', '\t:', '\0:', '\r:', '\n:', '') })
    const eol = fc.oneof({ weight: 30, arbitrary: one('\r\n') }, { weight: 1, arbitrary: one('\n', '\r', '\r\r\n', '\n\r\n') })
    const field = fc.tuple(fc.oneof(
      fc.tuple(one('Content-Length', 'content-length'), colon, value('0', '5', '05', '10', '36')), fc.tuple(one('Transfer-Encoding', 'transfer-encoding'), colon, value('chunked', 'Chunked', 'identity', 'gzip, chunked', 'chunked, chunked', '')),
      fc.tuple(one('Connection'), colon, value('close', 'keep-alive', 'Upgrade', 'close, x', 'Content-Length')), fc.tuple(one('Expect', 'X', 'TE', 'Upgrade'), colon, value('100-continue', 'x', 'h2c')),
    ).map((parts) => parts.join('')), eol).map((parts) => parts.join(''))
    const start = one('POST / HTTP/1.1', 'POST / HTTP/1.1', 'POST / HTTP/1.1', 'GET /a HTTP/1.1', 'POST /b HTTP/1.0')
    const chunks = one('0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n', '5;a\r\nhello\r\n0\r\nx: y\r\n\r\n', '05\r\nhello\r\n0;b\r\n\r\n', '5 \r\nhello\r\n0\r\n\r\n', '5\nhello\r\n0\r\n\r\n', '5\r\nhello\n0\r\n\r\n', '5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n', 'hello', 'hello', '')
    const message = fc.tuple(start, eol, fc.array(field, { maxLength: 3 }).map((lines) => lines.join('')), eol, chunks).map(([line, end, fields, last, body]) => `${line}${end}Host: h\r\n${fields}${last}${body}`)
    let [full, refused] = [0, 0]
    await fc.assert(fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 3 }).map((parts) => bytes(`${parts.join('')}${NEXT}`)), async (wire) => {
      const ours = read(decoderOf('to-server'), [wire])
      if (gaveUp(ours)) refused++
      for (const [who, port] of Object.entries(ports).filter(([, listens]) => listens !== 0)) {
        const theirs = await (who === 'node:http, lenient' ? recorders.lenient : recorders.strict).hear(port, wire)
        agree(ours, theirs)
        if (theirs.length === understood(ours).length) full++
      }
    }), { numRuns: RUNS, seed: SEED })
    assert.ok(full > RUNS / 5 && refused > RUNS / 5, `${full} read in full, ${refused} given up`)
  })

  it('attacks are given up, all but those that are plain HTTP', () => {
    for (const { name, wire, plain = false } of ATTACKS) {
      const ours = read(decoderOf('to-server'), [bytes(wire)])
      assert.deepEqual([gaveUp(ours), plain || understood(ours).length <= 1], [!plain, true], `${name}: ${JSON.stringify(ours)}`)
    }
  })

  it('these are no idle words: many they read in full, and where any two of them differ we have given up', function () {
    const full = REQUEST_WIRES.filter(({ name, wire }) => {
      const ours = read(decoderOf('to-server'), [bytes(wire)])
      return !gaveUp(ours) && understood(ours).length > 1 && [...(seen.get(name)?.values() ?? [])].every((theirs) => theirs.length === understood(ours).length)
    })
    assert.ok(full.length >= 12, `${full.length} pipelines read in full by all`)
    if (!proxy) return this.skip()
    const differ = REQUEST_WIRES.filter(({ name }) => new Set([...(seen.get(name)?.values() ?? [])].map((lines) => JSON.stringify(lines))).size > 1)
    assert.ok(differ.length >= 20, `${differ.length} differ`)
    for (const { name, wire } of differ) {
      const all = [...(seen.get(name)?.values() ?? [])]
      assert.ok(all.every((one) => all.every((other) => compatible(one, other))) || gaveUp(read(decoderOf('to-server'), [bytes(wire)])), name)
    }
  })
})

/** A server that answers the first request of a connection with `wire`, whatever it is, and FIN. */
class Replayer {
  wire: Buffer = Buffer.alloc(0)
  readonly sockets = new Set<Socket>()
  readonly server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => socket.destroy())
    let heard = ''
    socket.on('data', (chunk: Buffer) => {
      if (heard.includes('\r\n\r\n')) return
      heard += chunk.toString('latin1')
      if (heard.includes('\r\n\r\n')) socket.end(this.wire)
    })
  })
}

/** The final answer as a client reads it: what it refused is no line, what broke off has no `>`. */
type Reader = (port: number, method: string) => Promise<readonly string[]>

const byNode: Reader = (port, method) => new Promise((resolve) => {
  const asked = request({ port, host: '127.0.0.1', method, agent: false })
  let line = ''
  const done = (end: string): void => resolve(line === '' ? [] : [`${line}${end}`])
  asked.on('error', () => done(''))
  asked.on('response', (answer) => {
    line = `${answer.statusCode} <`
    answer.on('data', (chunk: Buffer) => { line += chunk.toString('latin1') })
    answer.on('error', () => done(''))
    answer.on('end', () => done('>'))
  })
  asked.on('upgrade', (answer, socket) => { socket.destroy(); line = `${answer.statusCode}`; done('') })
  asked.end()
})

const byUndici: Reader = async (port, method) => {
  const client = new Client(`http://127.0.0.1:${port}`)
  let line = ''
  try {
    const answer = await client.request({ path: '/', method: method === 'HEAD' ? 'HEAD' : 'GET' })
    line = `${answer.statusCode} <`
    for await (const chunk of answer.body) line += Buffer.from(chunk).toString('latin1')
    return [`${line}>`]
  } catch {
    return line === '' ? [] : [line]
  } finally {
    await client.destroy()
  }
}

describe('http: where an answer begins and ends', () => {
  const replayer = new Replayer()
  let direct = 0
  let proxy: Contender | undefined
  let full = 0

  before(async () => {
    direct = await listening(replayer.server)
    proxy = await haproxy(direct, 'http')
  })
  after(() => {
    replayer.server.close()
    for (const socket of replayer.sockets) socket.destroy()
    proxy?.stop()
  })

  const readers: Readonly<Record<string, Reader>> = { 'node:http': byNode, undici: byUndici, HAProxy: async (port, method) => (await byNode(port, method)).filter((line) => !line.startsWith('502')) }
  for (const [who, reader] of Object.entries(readers)) {
    for (const { rfc, name, wire, requests: [method = ''] = [] } of ANSWERS.filter(({ requests = [] }) => /^(GET|HEAD)$/.test(requests[0] ?? ''))) {
      it(`${who}: ${rfc} ${name}`, async function () {
        const port = who === 'HAProxy' ? proxy?.port : direct
        if (port === undefined) return this.skip()
        replayer.wire = bytes(wire)
        const ours = read(decoderOf('to-client', [method]), [bytes(wire)])
        const final = understood(ours).filter((line) => !/^1(?!01)/.test(line)).slice(0, 1).map((line) => (line.includes(' <') ? line.replace(/> [^>]*$/, '>') : `${line} <>`))
        const theirs = await reader(port, method)
        if (final.length > 0 || !gaveUp(ours)) agree(final, theirs)
        if (final.length > 0 && theirs[0] === final[0]) full++
      })
    }
  }

  it('these are no idle words: most are read alike by all', () => assert.ok(full >= 60, `${full} answers read alike`))
})
