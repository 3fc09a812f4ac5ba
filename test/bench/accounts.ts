/** `node accounts.js [MILLIONS]`: what the accounts cost for each exchange, beside its codec: GET in pipelines of 16, a SELECT of both kinds, requests of HTTP, and an echo of a WebSocket. */

import { ms } from '../../src/core/units.ts'
import { Accounts } from '../../src/proxy/accounts/accounts.ts'
import { laneOf } from '../../src/proxy/accounts/lane.ts'
import type { Conversation, Framed } from '../../src/protocols/codec.ts'
import { HttpConversation } from '../../src/protocols/http/conversation.ts'
import { PostgresConversation } from '../../src/protocols/postgres/conversation.ts'
import { RedisConversation } from '../../src/protocols/redis/conversation.ts'
import type { AnyConversation } from '../../src/protocols/spoken.ts'
import { frameOf } from '../../src/protocols/websocket/build.ts'
import { WebSocketConversation } from '../../src/protocols/websocket/conversation.ts'
import { AUTHENTICATION_OK, READY, STARTUP, typed } from '../protocols/postgres/wire.ts'
import { command } from '../protocols/redis/wire.ts'

interface Talk { readonly protocol: keyof typeof CONVERSATIONS; readonly before: readonly (readonly [Buffer, Buffer])[]; readonly asked: readonly Buffer[]; readonly answer: Buffer; readonly exchanges: number }

const MILLIONS = Number(process.argv[2] ?? 1)
const VARIED = 1000
const PIPELINE = 16
const varied = (make: (n: number) => Buffer): Buffer[] => Array.from({ length: VARIED }, (_, n) => make(n))
const LOGIN = [STARTUP, Buffer.concat([AUTHENTICATION_OK, READY()])] as const
const ROW = Buffer.concat([typed('D', '\0\0'), typed('C', 'SELECT 1\0'), READY()])
const FIELDS = 'Host: shop.internal:8080\r\nConnection: keep-alive\r\nAccept: application/json\r\nAccept-Encoding: gzip, deflate\r\nUser-Agent: bench\r\n'
const OK = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\nhello')
const SQL = 'SELECT abalance FROM pgbench_accounts WHERE aid = '

const TALKS: Readonly<Record<string, Talk>> = {
  'GET, 16 at once': {
    protocol: 'redis', before: [], exchanges: PIPELINE, answer: Buffer.from('$3\r\nabc\r\n'.repeat(PIPELINE)),
    asked: varied((n) => Buffer.concat(Array.from({ length: PIPELINE }, (_, m) => command('GET', `user:${1_000_000 + n * PIPELINE + m}:cart`)))),
  },
  'SELECT, simple': { protocol: 'postgres', before: [LOGIN], exchanges: 1, asked: varied((n) => typed('Q', `${SQL}${n * 97}\0`)), answer: Buffer.concat([typed('T', '\0\0'), ROW]) },
  'SELECT, prepared': {
    protocol: 'postgres', exchanges: 1, before: [LOGIN, [Buffer.concat([typed('P', `s\0${SQL}$1\0\0\0`), typed('S')]), Buffer.concat([typed('1'), READY()])]],
    asked: varied((n) => Buffer.concat([typed('B', `\0s\0\0\0\0\x01\0\0\0\x05${10_000 + n}\0\0`), typed('E', '\0\0\0\0\0'), typed('S')])), answer: Buffer.concat([typed('2'), ROW]),
  },
  'GET /orders/:id': { protocol: 'http', before: [], exchanges: 1, asked: varied((n) => Buffer.from(`GET /orders/${n} HTTP/1.1\r\n${FIELDS}\r\n`)), answer: OK },
  'GET /orders': { protocol: 'http', before: [], exchanges: 1, asked: varied(() => Buffer.from(`GET /orders HTTP/1.1\r\n${FIELDS}\r\n`)), answer: OK },
  'POST /orders': { protocol: 'http', before: [], exchanges: 1, asked: varied((n) => Buffer.from(`POST /orders HTTP/1.1\r\n${FIELDS}Content-Length: 4\r\n\r\n${1000 + n}`)), answer: OK },
  'echo': { protocol: 'websocket', before: [], exchanges: 1, asked: varied((n) => frameOf({ opcode: 'text', payload: Buffer.from(`order ${n}`), key: n })), answer: frameOf({ opcode: 'text', payload: Buffer.from('order') }) },
}

/** A WebSocket without its handshake. */
const CONVERSATIONS: Readonly<Record<'redis' | 'postgres' | 'http' | 'websocket', () => Conversation<Framed>>> = {
  redis: () => new RedisConversation(), postgres: () => new PostgresConversation(), http: () => new HttpConversation(), websocket: () => new WebSocketConversation(),
}

/** Nanoseconds of this process's time an exchange, after warming up: of the codec, with the accounts, or of the short way past the codec. */
function measure({ protocol, before, asked, answer, exchanges }: Talk, what: 'codec' | 'both' | 'short'): number {
  const conversation = CONVERSATIONS[protocol]()
  const session = new Accounts('target', protocol).session(1, '127.0.0.1', ms(0))
  const lane = what === 'short' ? laneOf(conversation as AnyConversation, session) : undefined
  const accounted = what !== 'codec'
  let now = 0
  const exchange = (request: Buffer, reply: Buffer): void => {
    now += 0.2
    if (lane) {
      const [asked, answered] = [lane.skim('to-server', request, 0, ms(now)), lane.skim('to-client', reply, 0, ms(now + 0.1))]
      if (asked !== request.length || answered !== reply.length) throw new Error('not plain')
      return
    }
    for (const message of conversation.toServer.feed(request)) {
      const { exchange: id, operation } = conversation.asked(message)
      if (accounted) session.opened(id, message, ms(now))
      conversation.sent(message, id, operation)
    }
    for (const message of conversation.toClient.feed(reply)) {
      const paired = conversation.received(message)
      if (accounted) session.answered(message, paired, ms(now + 0.1))
    }
  }
  const round = (times: number): void => { for (let n = 0; n < times; n++) exchange(asked[n % VARIED] ?? answer, answer) }
  for (const [request, reply] of before) exchange(request, reply)
  round(20_000)
  const times = Math.ceil((MILLIONS * 1e6) / exchanges)
  const started = process.cpuUsage()
  round(times)
  return (process.cpuUsage(started).user * 1000) / (times * exchanges)
}

for (const [name, talk] of Object.entries(TALKS)) {
  const [codec, both] = [measure(talk, 'codec'), measure(talk, 'both')]
  const short = talk.protocol === 'redis' ? `, the short way ${measure(talk, 'short').toFixed(0).padStart(5)} ns in all` : ''
  console.log(`${name.padEnd(18)} codec ${codec.toFixed(0).padStart(5)} ns, accounts ${(both - codec).toFixed(0).padStart(5)} ns an exchange${short}`)
}
