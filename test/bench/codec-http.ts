/** `node codec-http.js [SECONDS]`: what the HTTP codec costs: an exchange as a client that waits has it, pipelines, bodies. CPU time, not the clock's: other processes do not count. */

import { HttpConversation } from '../../src/protocols/http/conversation.ts'
import { findField } from '../../src/protocols/http/fields.ts'
import { response } from '../../src/protocols/http/reply.ts'
import { setField } from '../../src/protocols/http/edit.ts'
import { head, requestOf, send } from '../protocols/http/wire.ts'

const SECONDS = Number(process.argv[2] ?? 1)

const GET = head('GET /orders/1234?expand=items HTTP/1.1', 'Host: shop.example.com:8080', 'Connection: keep-alive', 'User-Agent: undici', 'Accept: application/json, */*;q=0.1', 'Accept-Encoding: gzip, deflate, br', 'Accept-Language: en', 'X-Request-Id: 0123456789abcdef', 'Cache-Control: no-cache')
const OK = head('HTTP/1.1 200 OK', 'Content-Type: application/json; charset=utf-8', 'Content-Length: 27', 'ETag: "abcdef0123456789"', 'Cache-Control: no-store', 'Vary: Accept-Encoding', 'Date: Thu, 01 Jan 2026 00:00:00 GMT', 'Connection: keep-alive', 'Keep-Alive: timeout=5')
const BODY = '{"id":1234,"total":"12.50"}'
const [SHORT, SHORT_OK] = [head('GET / HTTP/1.1', 'Host: h'), `${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`]

/** Runs `once` for SECONDS, after warming up, and prints what one unit of it costs. */
function measure(name: string, unit: string, once: () => { readonly units: number; readonly bytes: number }): void {
  for (let n = 0; n < 200; n++) once()
  let [units, bytes] = [0, 0]
  const started = process.cpuUsage()
  let took = 0
  while (took < SECONDS * 1e6) {
    for (let n = 0; n < 20; n++) {
      const got = once()
      units += got.units
      bytes += got.bytes
    }
    const { user, system } = process.cpuUsage(started)
    took = user + system
  }
  console.log(`${name.padEnd(56)} ${((took * 1000) / units).toFixed(0).padStart(6)} ns/${unit.padEnd(9)} ${(bytes / took).toFixed(0).padStart(6)} MB/s`)
}

type Look = (conversation: HttpConversation, message: Parameters<HttpConversation['facets']>[0]) => void

function exchanging(name: string, request: string, reply: string, pipelined = 1, look: Look = () => undefined): void {
  const [asked, answered] = [Buffer.from(request.repeat(pipelined)), Buffer.from(reply.repeat(pipelined))]
  const conversation = new HttpConversation()
  measure(name, 'exchange', () => {
    let units = 0
    for (let n = 0; n < 100; n++) {
      for (const message of conversation.toServer.feed(asked)) {
        look(conversation, message)
        send(conversation, message)
      }
      for (const message of conversation.toClient.feed(answered)) if (conversation.received(message)?.last) units++
    }
    if (units !== 100 * pipelined) throw new Error(`${units} of ${100 * pipelined}: ${conversation.broken}`)
    return { units, bytes: 100 * (asked.length + answered.length) }
  })
}

exchanging('GET and 200, 8 fields each, framed and paired', GET, OK + BODY)
exchanging('the same, named: method and route', GET, OK + BODY, 1, (conversation, message) => {
  const { method, route } = conversation.facets(message)
  if (method !== 'GET' || route !== '/orders/:id') throw new Error(`${method} ${route}`)
})
exchanging('the same, and a field matched that is not there', GET, OK + BODY, 1, (conversation, message) => { if (conversation.facets(message).header('x-tenant') !== undefined) throw new Error('it is there') })
exchanging('GET and 200, 1 field each', SHORT, SHORT_OK)
exchanging('pipelines of 16, 1 field each', SHORT, SHORT_OK, 16)
exchanging('POST and 200 in chunks, 8 fields each', GET.replace('GET', 'POST').replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'), `${OK.replace('Content-Length: 27', 'Transfer-Encoding: chunked')}1b\r\n${BODY}\r\n0\r\n\r\n`)

function reading(name: string, unit: string, start: string, chunk: Buffer): void {
  measure(name, unit, () => {
    const conversation = new HttpConversation()
    for (const message of conversation.toServer.feed(Buffer.from(SHORT))) send(conversation, message)
    conversation.toClient.feed(Buffer.from(start))
    let units = 0
    for (let n = 0; n < 16; n++) units += conversation.toClient.feed(chunk).length
    if (conversation.broken !== undefined) throw new Error(conversation.broken)
    return { units, bytes: 16 * chunk.length }
  })
}

reading('a body of known length, in reads of 64 KiB', 'part', head('HTTP/1.1 200 OK', 'Content-Length: 1000000000'), Buffer.alloc(65_536, 'x'))
reading('chunks of 16 KiB, in reads of four', 'chunk', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'), Buffer.from(`4000\r\n${'x'.repeat(16_384)}\r\n`.repeat(4)))
reading('chunks of 32 bytes, in reads of 1,000', 'chunk', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'), Buffer.from(`20\r\n${'x'.repeat(32)}\r\n`.repeat(1000)))

const request = requestOf(GET)
measure('a field found, the last of 8', 'field', () => {
  for (let n = 0; n < 100; n++) if (!findField(request.raw, request.fieldsAt, 'cache-control')) throw new Error('not found')
  return { units: 100, bytes: 100 * request.raw.length }
})
measure('a field set', 'head', () => {
  for (let n = 0; n < 100; n++) setField(request.raw, 'accept', 'text/html')
  return { units: 100, bytes: 100 * request.raw.length }
})
measure('a reply made', 'reply', () => {
  for (let n = 0; n < 100; n++) response(request, { status: 503, fields: [['Retry-After', '1']], body: 'no' })
  return { units: 100, bytes: 0 }
})
