/** Reads bytes that a fault has put in the place of a message. */

import { ends } from '../codec.ts'
import { HttpDecoder } from './decoder.ts'
import { Exchanges } from './exchanges.ts'
import { Head, UNSAID } from './head.ts'
import type { HttpMessage } from './message.ts'

/**
 * In the place of a head: a head, whose body goes on as before, or as one that ends with the connection (whoever puts it there writes its data alone, and closes); or whole requests or answers. In the place of a part of a body: any bytes of a body;
 * what is longer than what it stands for may also be whole requests or answers, which were kept back until their last part. Empty where it is neither.
 */
export function reread(raw: Buffer, like: HttpMessage): HttpMessage[] {
  if (like.type === 'Opaque') return [{ ...like, raw }]
  const isBody = like.type === 'BodyData' || like.type === 'LastChunk'
  const messages = isBody && raw.length <= like.raw.length ? [] : wholeOnes(raw, like)
  if (!isBody || messages.length > 0) return messages
  const same = raw.length === like.raw.length
  return [{ ...like, type: same ? like.type : 'BodyData', raw, dataAt: same ? like.dataAt : 0, dataEnd: same ? like.dataEnd : raw.length }]
}

function wholeOnes(raw: Buffer, like: HttpMessage): HttpMessage[] {
  const { direction, head, answers } = like
  const exchanges = new Exchanges()
  if (answers) {
    exchanges.requests = answers.request.nth
    exchanges.expect(answers)
  }
  const decoder = new HttpDecoder(direction, exchanges)
  const messages = decoder.feed(raw)
  const last = messages.at(-1)
  if (decoder.broken !== undefined || decoder.rest.length > 0 || last === undefined) return []
  const goesOn = messages.length === 1 && like.part === 'first' && (last.head?.length === head?.length || (direction === 'to-client' && last.head?.length === UNSAID))
  if (!ends(last) && !goesOn) return []
  return direction === 'to-client' ? messages : messages.map((message) => ({ ...message, head: message.head && head && new Head(message.head.raw, message.head, head.nth) }))
}
