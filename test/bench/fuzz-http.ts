/** `node fuzz-http.js [COUNT] [SEED]`: COUNT damaged sessions, cut at random, through codec and conversation. Ends with 1 at the first law that is broken, and prints the seed and the bytes. */

import assert from 'node:assert/strict'
import { randomStream } from '../../src/core/random.ts'
import { HEAD_MAX, type Direction } from '../../src/protocols/codec.ts'
import { HttpConversation } from '../../src/protocols/http/conversation.ts'
import { duplicateField, removeField, setField } from '../../src/protocols/http/edit.ts'
import type { HttpMessage } from '../../src/protocols/http/message.ts'
import { response } from '../../src/protocols/http/reply.ts'
import { decode, inPieces } from '../protocols/cuts.ts'
import { ANSWERS, ATTACKS, REQUESTS } from '../protocols/http/cases.ts'
import { codecOf, decoderOf, head, read } from '../protocols/http/wire.ts'

const COUNT = Number(process.argv[2] ?? 20_000)
const SEED = Number(process.argv[3] ?? 1)
const PLAIN: Readonly<Record<Direction, readonly string[]>> = {
  'to-server': [head('GET /orders/7?x=1 HTTP/1.1', 'Host: h', 'Accept: */*'), head('HEAD / HTTP/1.1', 'Host: h'), `${head('POST / HTTP/1.1', 'Host: h', 'Content-Length: 3')}abc`, `${head('POST / HTTP/1.1', 'Host: h', 'Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`],
  'to-client': [`${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`, `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n`, head('HTTP/1.1 204 No Content'), head('HTTP/1.1 100 Continue')],
}
const ODD: Readonly<Record<Direction, readonly string[]>> = { 'to-server': [...REQUESTS, ...ATTACKS].map(({ wire }) => wire), 'to-client': ANSWERS.map(({ wire }) => wire) }
const REQUESTED = ['GET', 'HEAD', 'GET', 'GET/1.0', 'GET', 'CONNECT', 'GET+websocket']

interface Round { readonly wire: Readonly<Record<Direction, Buffer>>; readonly lengths: readonly number[]; readonly sends: number }

function round(n: number): Round {
  const random = randomStream(SEED, `fuzz-http ${n}`)
  const below = (limit: number): number => Math.floor(random() * limit)
  const one = (from: readonly string[]): string => from[below(from.length)] ?? ''
  const stream = (direction: Direction): Buffer => {
    const oddity = random() < 0.5 ? 0 : 0.3
    const bytes = Buffer.from(Array.from({ length: 1 + below(10) }, () => one(random() < oddity ? ODD[direction] : PLAIN[direction])).join(''), 'latin1')
    // One of three is damaged: a byte turned into any, or into one that stands elsewhere; a piece cut out.
    for (let damage = Math.max(0, below(6) - 3); damage > 0 && bytes.length > 0; damage--) bytes[below(bytes.length)] = random() < 0.5 ? below(256) : (bytes[below(bytes.length)] ?? 0)
    const cut = random() < 0.1 ? below(bytes.length) : bytes.length
    return Buffer.concat([bytes.subarray(0, cut), bytes.subarray(Math.min(bytes.length, cut + below(20)))])
  }
  return { wire: { 'to-server': stream('to-server'), 'to-client': stream('to-client') }, lengths: Array.from({ length: 5 }, () => 1 + below(random() < 0.5 ? 20 : 2000)), sends: below(12) }
}

let [understood, ended, broken] = [0, 0, 0]

/** Both directions in turn, and every facet of everything; now and then a fault has dropped a request. */
function converse({ wire, lengths, sends }: Round): void {
  const conversation = new HttpConversation()
  const given: Record<Direction, Buffer[]> = { 'to-server': [], 'to-client': [] }
  const ask = (chunk: Buffer): void => {
    for (const message of conversation.toServer.feed(chunk)) {
      given['to-server'].push(message.raw)
      const { exchange, operation } = conversation.asked(message)
      if (message.raw.length % 11 !== sends) conversation.sent(message, exchange, operation)
      look(conversation, message)
    }
  }
  let latest = 0
  const answer = (chunk: Buffer): void => {
    for (const message of conversation.toClient.feed(chunk)) {
      given['to-client'].push(message.raw)
      const paired = conversation.received(message)
      if (paired) {
        understood++
        assert.ok(paired.exchange >= latest, 'answers go back')
        latest = paired.exchange
        if (paired.last) ended++
      }
      look(conversation, message)
    }
    for (const decoder of [conversation.toServer, conversation.toClient]) assert.ok(conversation.upgraded === 'websocket' || decoder.rest.length <= HEAD_MAX, 'too much is held')
  }
  // A server speaks when it was asked, most of the time.
  const answers = inPieces(wire['to-client'], lengths)
  for (const chunk of inPieces(wire['to-server'], lengths)) {
    ask(chunk)
    while (conversation.unanswered > 0 && answers.length > 0) answer(answers.shift() ?? Buffer.alloc(0))
  }
  for (const chunk of answers) answer(chunk)
  if (conversation.broken !== undefined) broken++
  assert.deepEqual(Buffer.concat([...given['to-server'], conversation.toServer.rest]), wire['to-server'])
  assert.deepEqual(Buffer.concat([...given['to-client'], conversation.toClient.rest]), wire['to-client'])
}

function look(conversation: HttpConversation, message: HttpMessage): void {
  const facets = conversation.facets(message)
  const texts = [facets.method, facets.path, facets.query, facets.route, facets.host, facets.header('host'), facets.header('x')]
  assert.ok(texts.every((text) => text === undefined || typeof text === 'string'))
  if (message.type !== 'RequestHead' || !message.head) return
  for (const edited of [setField(message.raw, 'X-New', 'y'), removeField(message.raw, 'accept'), duplicateField(message.raw, 'host')]) assert.equal(decoderOf('to-server').feed(edited)[0]?.type, 'RequestHead')
  assert.ok(response(message.head, { status: 503, body: 'no' }).length > 0)
}

let at = 0
try {
  for (; at < COUNT; at++) {
    const made = round(at)
    for (const direction of ['to-server', 'to-client'] as const) {
      const input = made.wire[direction]
      const pieces = inPieces(input, made.lengths)
      assert.deepEqual(decode(codecOf(direction, REQUESTED), pieces), decode(codecOf(direction, REQUESTED), [input]))
      assert.deepEqual(read(decoderOf(direction, REQUESTED), pieces), read(decoderOf(direction, REQUESTED), [input]))
    }
    converse(made)
  }
  console.log(`fuzz-http: ${COUNT} sessions of seed ${SEED}, no law broken; ${understood} messages paired, ${ended} exchanges ended, ${broken} sessions given up`)
} catch (error) {
  const { wire, lengths } = round(at)
  console.error(`session ${at} of seed ${SEED}, cut at ${lengths.join(' ')}\n${JSON.stringify(wire['to-server'].toString('latin1'))}\n${JSON.stringify(wire['to-client'].toString('latin1'))}`)
  console.error(error)
  process.exitCode = 1
}
