/** HTTP and WebSocket, for the laws for faults on messages. */

import assert from 'node:assert/strict'
import { request as ask } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { Agent, request, type Dispatcher } from 'undici'
import { WebSocket, type ClientOptions } from 'ws'
import { ends } from '../../../src/protocols/codec.ts'
import { HttpConversation } from '../../../src/protocols/http/conversation.ts'
import { closeFrame, frameOf } from '../../../src/protocols/websocket/build.ts'
import { head } from '../../protocols/http/wire.ts'
import { BIG, web } from '../../support/web.ts'
import type { Nonces, Round, Talk } from '../talk.ts'

const pause = (time: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, time) })
const urlOf = (port: number, path: string, scheme = 'http'): string => `${scheme}://127.0.0.1:${port}${path}`

/** One kept-alive connection at a time. */
interface Browser { get(path: string, options?: Partial<Dispatcher.RequestOptions>): Promise<string>; close(): void }

function browse(port: number): Browser {
  const agent = new Agent({ connections: 1, pipelining: 1, headersTimeout: 1000, bodyTimeout: 1000, connectTimeout: 1000 })
  return {
    async get(path, options = {}) {
      const { body } = await request(urlOf(port, path), { dispatcher: agent, ...options } as Parameters<typeof request>[1])
      return await body.text()
    },
    close() { void agent.destroy().catch(() => undefined) },
  }
}

async function* slowly(pieces: number): AsyncGenerator<Buffer> {
  for (let n = 0; n < pieces; n++) {
    yield Buffer.alloc(10_000, 'u')
    await pause(1)
  }
}

/** With Expect: 100-continue: the body follows when the server has agreed, or not at all. */
const expecting = (port: number): Promise<unknown> => new Promise((resolve, reject) => {
  const asked = ask(urlOf(port, '/echo'), { method: 'POST', agent: false, headers: { Expect: '100-continue', 'Content-Length': 4 }, timeout: 300 })
  asked.on('continue', () => asked.end('body')).on('timeout', () => asked.destroy()).on('error', reject)
  asked.on('response', (answer) => answer.on('error', reject).on('end', resolve).resume())
})

/** What one client does over and over; a refusal or a broken connection is part of the game. */
const HABITS: readonly ((browser: Browser, n: number, port: number) => Promise<unknown>)[] = [
  ({ get }, n) => get(`/json?${n}`),
  ({ get }, n) => get(`/orders/${n}`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `${n}` }, body: `{"n":${n}}` }),
  ({ get }) => get('/chunks'),
  ({ get }) => get('/echo', { method: 'PUT', body: BIG }),
  ({ get }) => get('/json', { method: 'HEAD' }),
  ({ get }) => get('/echo', { method: 'POST', body: Readable.from(slowly(6)) }),
  ({ get }) => get('/big'),
  ({ get }, n) => get(['/empty', '/same', '/none', '/moved', '/hints', '/events', '/close'][n % 7] ?? '/'),
  (_browser, _n, port) => expecting(port),
]

/** Opens a WebSocket again and again while `stopped` does not say otherwise; `act` is called once each is open, and ends with it. */
async function sockets(port: number, path: string, options: ClientOptions, over: Promise<void>, stopped: () => boolean, act: (socket: WebSocket, n: number) => void): Promise<void> {
  while (!stopped()) {
    const socket = new WebSocket(urlOf(port, path, 'ws'), { handshakeTimeout: 1000, perMessageDeflate: false, ...options })
    const closed = new Promise<void>((resolve) => { socket.on('close', () => resolve()) })
    let timer: NodeJS.Timeout | undefined
    let n = 0
    socket.on('error', () => undefined)
    socket.on('open', () => { timer = setInterval(() => act(socket, n++), 3) })
    await Promise.race([closed, over])
    clearInterval(timer)
    socket.terminate()
    await pause(1)
  }
}

/** What is said on a WebSocket: text, binary, fragments with a ping between, bursts. */
const chatter = (socket: WebSocket, n: number): void => {
  if (socket.readyState !== WebSocket.OPEN) return
  for (let i = 0; i < 3; i++) socket.send(`{"id":${n},"i":${i}}`)
  if (n % 3 === 0) socket.send(Buffer.alloc(3000, n))
  if (n % 4 === 0) {
    socket.send('a message ', { fin: false })
    socket.ping('between')
    socket.send('in fragments', { fin: true })
  }
}

async function mix(port: number): ReturnType<Talk['mix']> {
  let over = false
  let finish = (): void => undefined
  const finished = new Promise<void>((resolve) => { finish = resolve })
  const stopped = (): boolean => over
  const browsers = [0, 3, 6].map(() => browse(port))
  const [idle, fresh] = [browse(port), new Set<Browser>()]
  const act = async (browser: Browser, from: number): Promise<void> => {
    for (let n = from; !over; n++) {
      await Promise.race([HABITS[n % HABITS.length]?.(browser, n, port).catch(() => undefined), finished])
      await pause(1)
    }
  }
  // One whose connection rests between two requests, and one that opens a connection for each.
  const rest = async (): Promise<void> => { while (!over) { await Promise.race([idle.get('/json').catch(() => undefined), finished]); await pause(25) } }
  const come = async (): Promise<void> => {
    while (!over) {
      const browser = browse(port)
      fresh.add(browser)
      await Promise.race([browser.get('/json').catch(() => undefined), finished])
      fresh.delete(browser)
      browser.close()
      await pause(10)
    }
  }
  const acts = [
    ...browsers.map((browser, i) => act(browser, i * 3)), rest(), come(),
    sockets(port, '/live', {}, finished, stopped, chatter),
    sockets(port, '/live?push', {}, finished, stopped, (socket) => socket.ping('alive?')),
    sockets(port, '/free', { perMessageDeflate: { threshold: 0 } }, finished, stopped, chatter),
    sockets(port, '/deflate', { perMessageDeflate: { threshold: 0 } }, finished, stopped, chatter),
    // One that comes and goes, and offers each time what is not taken.
    sockets(port, '/live', { perMessageDeflate: true }, finished, stopped, (socket, n) => { if (n === 5) socket.close(1000, 'done') }),
  ]
  return {
    async stop() {
      over = true
      finish()
      for (const browser of [...browsers, idle, ...fresh]) browser.close()
      await Promise.all(acts)
    },
  }
}

/** Requests, the last of them one that is answered `mark`. */
const round = (mark: string, ...requests: readonly string[]): Round => ({
  send: Buffer.from([...requests, head('POST /echo HTTP/1.1', 'Host: h', `Content-Length: ${mark.length}`), mark].join(''), 'latin1'),
  answered: (got) => got.includes(`\r\n\r\n${mark}`),
})
const KEYS = [0x01020304, 0xa0b0c0d0, 0, 0x7f8081ff, 0x11223344, 0xdeadbeef, 0x55aa55aa]
const chunks = (...parts: readonly string[]): string => `${parts.map((part) => `${part.length.toString(16)};ext=1\r\n${part}\r\n`).join('')}0\r\nX-Sum: 42\r\n\r\n`
const frame = (opcode: Parameters<typeof frameOf>[0]['opcode'], payload: string, n: number, fin = true): Buffer => frameOf({ opcode, payload: Buffer.from(payload), fin, key: KEYS[n] })

const script = (): readonly Round[] => [
  round('end-1', head('GET /json?a=1 HTTP/1.1', 'host: h', 'X-Twice: 1', 'x-twice: 2'), head('HEAD /json HTTP/1.1', 'Host: h'), head('GET /same HTTP/1.1', 'Host: h'), head('GET /empty HTTP/1.1', 'Host: h'), head('GET /chunks?9000 HTTP/1.1', 'Host: h'), head('GET /none HTTP/1.1', 'Host: h')),
  round('end-2', head('POST /echo HTTP/1.1', 'Host: h', 'Transfer-Encoding: chunked') + chunks('in', ' chunks', 'y'.repeat(500)), head('PUT /echo HTTP/1.1', 'Host: h', 'Content-Length: 20000') + 'z'.repeat(20_000), head('DELETE /seen HTTP/1.1', 'Host: h')),
  { send: Buffer.from(head('POST /echo HTTP/1.1', 'Host: h', 'Content-Length: 5', 'Expect: 100-continue')), answered: (got) => got.includes('100 Continue') },
  { send: Buffer.from('end-3'), answered: (got) => got.includes('\r\n\r\nend-3') },
  round('end-4', head('GET /hints HTTP/1.1', 'Host: h'), head('GET /events HTTP/1.1', 'Host: h'), head('GET /big HTTP/1.1', 'Host: h', 'Range: bytes=5-9'), head('GET /moved HTTP/1.1', 'Host: h')),
  { send: Buffer.from(head('GET /live HTTP/1.1', 'Host: h', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')), answered: (got) => got.includes('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n') },
  {
    send: Buffer.concat([frame('text', 'one', 0), frame('text', 'in ', 1, false), frame('ping', 'between', 2), frame('continuation', 'frag', 3, false), frame('continuation', 'ments', 4), frame('binary', 'z'.repeat(70_000), 5), frame('ping', 'end-5', 6)]),
    answered: (got) => got.includes('\x8a\x05end-5', 0, 'latin1'),
  },
  { send: closeFrame(1000, 'end-6', KEYS[1]), answered: (got) => got.subarray(-9).includes('end-6') || got.subarray(-2).equals(Buffer.from([0x03, 0xe8])) },
]

/** With so many ticks of silence a client gives up on what it was promised, as real ones do. */
const [PATIENCE, TICK] = [8, 25]

/** Questions of which none was answered yet, by nonce; given up after a time without any news. */
class Waiting {
  readonly #asks = new Map<string, (answer: string | undefined) => void>()
  readonly #lost: () => void
  #silent = 0
  readonly #timer = setInterval(() => { if (this.#asks.size === 0) this.#silent = 0; else if (++this.#silent > PATIENCE) this.#lost() }, TICK)

  constructor(lost: () => void) { this.#lost = lost }

  ask(nonce: string): Promise<string | undefined> { return new Promise((resolve) => { this.#asks.set(nonce, resolve) }) }
  get oldest(): string | undefined { return this.#asks.keys().next().value }
  get all(): readonly string[] { return [...this.#asks.keys()] }
  /** Something has come, if not an answer yet. */
  news(): void { this.#silent = 0 }

  answered(nonce: string | undefined, answer: string | undefined): void {
    this.#silent = 0
    if (nonce === undefined) return
    this.#asks.get(nonce)?.(answer)
    this.#asks.delete(nonce)
  }

  end(): void {
    clearInterval(this.#timer)
    for (const [nonce] of this.#asks) this.answered(nonce, undefined)
  }
}

/** Requests in pipelines on one connection, each of which must be answered with its nonce. */
class Requests {
  readonly #socket: Socket
  readonly #talk = new HttpConversation()
  readonly #waiting = new Waiting(() => this.#socket.destroy())
  #body = ''
  closed = false

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('error', () => undefined).on('data', (chunk: Buffer) => { this.#hear(chunk) })
    this.#socket.on('close', () => {
      this.closed = true
      this.#waiting.end()
    })
  }

  #hear(chunk: Buffer): void {
    this.#waiting.news()
    for (const message of this.#talk.toClient.feed(chunk)) {
      const { type, raw, dataAt, dataEnd, head: answer } = message
      if (type === 'Opaque') return void this.#socket.destroy()
      this.#talk.received(message)
      if (type === 'BodyData') this.#body += raw.toString('latin1', dataAt, dataEnd)
      if (!ends(message) || !answer || answer.interim) continue
      // A refusal is no answer to something else.
      this.#waiting.answered(this.#waiting.oldest, answer.status === 200 && this.#body !== '' ? this.#body : undefined)
      this.#body = ''
    }
  }

  ask(nonce: string, text: string): Promise<string | undefined> {
    if (this.closed) return Promise.resolve(undefined)
    const raw = Buffer.from(text, 'latin1')
    for (const message of this.#talk.toServer.feed(raw)) {
      const { exchange, operation } = this.#talk.asked(message)
      this.#talk.sent(message, exchange, operation)
    }
    this.#socket.write(raw)
    return this.#waiting.ask(nonce)
  }

  close(): void { this.#socket.destroy() }
}

/** Messages on a WebSocket, each of which must come back as it was; those are lost that have not when a ping behind them is answered. What comes that was never sent is the answer to the oldest. */
class Messages {
  readonly #socket: WebSocket
  readonly #waiting = new Waiting(() => this.#socket.terminate())
  readonly #sent = new Set<string>()
  /** Asked before the ping of that name. */
  readonly #before = new Map<string, readonly string[]>()
  closed = false

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => {
      const text = String(data)
      this.#waiting.answered(this.#sent.has(text) ? text : this.#waiting.oldest, text)
    })
    socket.on('pong', (data) => { for (const nonce of this.#before.get(String(data)) ?? []) this.#waiting.answered(nonce, undefined) })
    socket.on('close', () => {
      this.closed = true
      this.#waiting.end()
    })
  }

  /** Nothing more is asked in this burst. */
  end(): void {
    const name = `ping ${this.#before.size}`
    this.#before.set(name, this.#waiting.all)
    if (!this.closed) this.#socket.ping(name)
  }

  ask(nonce: string, n: number): Promise<string | undefined> {
    if (this.closed) return Promise.resolve(undefined)
    this.#sent.add(nonce)
    const answer = this.#waiting.ask(nonce)
    if (n % 3 === 0) {
      this.#socket.send(nonce.slice(0, 4), { fin: false })
      this.#socket.ping('between')
      this.#socket.send(nonce.slice(4), { fin: true })
    } else this.#socket.send(nonce)
    return answer
  }

  close(): void { this.#socket.terminate() }
}

/** Each asks for its nonce: in its path, in a body that is declared, in one that comes in chunks. */
const QUESTIONS: readonly ((nonce: string) => string)[] = [
  (nonce) => head(`POST /echo?${nonce} HTTP/1.1`, 'Host: h', `Content-Length: ${nonce.length}`) + nonce,
  (nonce) => head('PUT /echo HTTP/1.1', 'Host: h', 'Transfer-Encoding: chunked') + chunks(nonce),
]
const BETWEEN = ['/json', '/empty', '/same'].map((path) => head(`GET ${path} HTTP/1.1`, 'Host: h')).concat(head('HEAD /chunks HTTP/1.1', 'Host: h'))

async function opened(port: number): Promise<WebSocket> {
  for (;;) {
    const socket = new WebSocket(urlOf(port, '/live', 'ws'), { perMessageDeflate: false, handshakeTimeout: 1000 })
    const open = await new Promise((resolve) => { socket.on('error', () => resolve(false)).on('open', () => resolve(true)) })
    if (open) return socket
  }
}

async function nonces(port: number): Promise<Nonces> {
  const [requests, messages] = [new Requests(port), new Messages(await opened(port))]
  return {
    get closed() { return requests.closed || messages.closed },
    async burst(asks) {
      const answers = asks.map((nonce, n) => {
        if (n % 2 === 0) return messages.ask(nonce, n)
        if (n % 3 === 0) void requests.ask(`${nonce} between`, BETWEEN[n % BETWEEN.length] ?? '')
        return requests.ask(nonce, QUESTIONS[(n >> 1) % QUESTIONS.length]?.(nonce) ?? '')
      })
      messages.end()
      return Promise.all(answers)
    },
    close() {
      requests.close()
      messages.close()
    },
  }
}

async function healthy(port: number): Promise<void> {
  const browser = browse(port)
  try {
    assert.equal(await browser.get('/json'), '{"ok":true}')
    assert.equal(await browser.get('/echo', { method: 'POST', body: BIG }), BIG)
    assert.equal((await browser.get('/chunks')).length, BIG.length + 9)
  } finally {
    browser.close()
  }
  const socket = new WebSocket(urlOf(port, '/live', 'ws'), { handshakeTimeout: 3000 })
  const heard: string[] = []
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject).on('message', (data) => { heard.push(String(data)) }).on('pong', () => socket.close(1000)).on('close', () => resolve())
    socket.on('open', () => { socket.send('healthy'); socket.ping() })
  })
  assert.deepEqual(heard, ['healthy'])
}

export const webTalk: Talk = {
  protocol: 'http',
  missing: undefined,
  server: web, mix, script, nonces, healthy,
  plain: (said) => said.toString('latin1').replace(/\r\nDate: [^\r]*/g, ''),
}
