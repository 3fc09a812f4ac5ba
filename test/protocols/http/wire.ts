/** HTTP/1.1 on the wire, as tests write it and read it. */

import { ends, type Direction } from '../../../src/protocols/codec.ts'
import type { HttpConversation } from '../../../src/protocols/http/conversation.ts'
import { HttpDecoder } from '../../../src/protocols/http/decoder.ts'
import { Exchanges } from '../../../src/protocols/http/exchanges.ts'
import type { Head } from '../../../src/protocols/http/head.ts'
import type { HttpMessage } from '../../../src/protocols/http/message.ts'
import type { Codec } from '../cuts.ts'

/** A head of these lines. */
export const head = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`

/** The request head that `raw` is. */
export function requestOf(raw: string): Head {
  const [message] = new HttpDecoder('to-server').feed(Buffer.from(raw, 'latin1'))
  if (message?.type !== 'RequestHead' || !message.head) throw new Error(`no request: ${raw}`)
  return message.head
}

/** What a server was sent: `GET`, `HEAD`, `GET/1.0`, `GET+websocket` (with that Upgrade). */
export function sentRequest(word: string): string {
  const [, method = '', version = '1.1', upgrade] = /^([^/+]+)(?:\/([\d.]+))?(?:\+(.+))?$/.exec(word) ?? []
  return head(`${method} ${method === 'CONNECT' ? 'h:443' : '/'} HTTP/${version}`, 'Host: h', ...(upgrade ? ['Connection: Upgrade', `Upgrade: ${upgrade}`] : []))
}

/** A decoder of one direction; the server's has been sent `requests`, and a client's goes to a server that is sent all of it and says nothing. */
export function decoderOf(direction: Direction, requests: readonly string[] = []): HttpDecoder {
  const exchanges = new Exchanges()
  const decoder = new HttpDecoder(direction, exchanges)
  if (direction === 'to-client') {
    exchanges.requests = 1
    requests.forEach((word, n) => exchanges.sent(requestOf(sentRequest(word)), n + 1, n + 1))
    return decoder
  }
  const feed = decoder.feed.bind(decoder)
  decoder.feed = (chunk) => {
    const messages = feed(chunk)
    for (const { type, head: request } of messages) if (type === 'RequestHead' && request) exchanges.sent(request, request.nth, request.nth)
    return messages
  }
  return decoder
}

export const codecOf = (direction: Direction, requests: readonly string[] = []): Codec<HttpMessage> => ({
  make: () => decoderOf(direction, requests),
  label: ({ type, head: of }) => (type === 'Opaque' ? type : `${direction} ${of?.status}`),
  isOpaque: ({ type }) => type === 'Opaque',
})

/**
 * What a decoder reads, a line a request or response: `GET /a`, `POST / <hello>`, `200 <hello>`; a body that is not all there lacks its `>`,
 * trailers stand behind it. `! why` once it has given up, `~ bytes` for what it passes on untouched.
 */
export function read(decoder: HttpDecoder, chunks: readonly Buffer[]): string[] {
  const lines: string[] = []
  let untouched = ''
  const take = (message: HttpMessage): void => {
    const { type, raw, head: of, dataAt, dataEnd } = message
    if (type === 'Opaque') untouched += raw.toString('latin1')
    else if (type === 'RequestHead' || type === 'ResponseHead') {
      const begins = type === 'RequestHead' ? raw.toString('latin1', of?.startAt, of?.targetEnd) : String(of?.status)
      lines.push(ends(message) ? begins : `${begins} <`)
    } else {
      const data = type === 'BodyData' ? raw.toString('latin1', dataAt, dataEnd) : ''
      const trailers = type === 'LastChunk' ? raw.toString('latin1', dataAt, raw.length - 2).replaceAll('\r\n', ' ').trimEnd() : ''
      lines.push(`${lines.pop() ?? ''}${data}${ends(message) ? '>' : ''}${trailers ? ` ${trailers}` : ''}`)
    }
  }
  for (const chunk of chunks) for (const message of decoder.feed(chunk)) take(message)
  for (const message of decoder.end()) take(message)
  if (decoder.broken !== undefined) lines.push(`! ${decoder.broken}`)
  else if (untouched !== '') lines.push(`~ ${untouched}`)
  return lines
}

/** The server is sent what the client said. */
export function send(conversation: HttpConversation, message: HttpMessage): void {
  const { exchange, operation } = conversation.asked(message)
  conversation.sent(message, exchange, operation)
}
