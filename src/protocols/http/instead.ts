/** An answer of a fault's in the place of the server's, before the server has heard of the request or after it has done what it was asked. */

import { ms, type Ms } from '../../core/units.ts'
import type { SpokenHttp } from '../spoken.ts'
import { UNSAID } from './head.ts'
import { answerOf, executed, requestOf } from './parts.ts'
import { response, type Response } from './reply.ts'

export type When = 'before' | 'after'
export type Instead = { readonly kind: 'answer'; readonly raw: Buffer } | { readonly kind: 'replace'; readonly parts: readonly { readonly raw: Buffer; readonly gap: Ms }[]; readonly note: string }

/** What becomes of a part of a request, or of its answer; undefined where that goes on as it is. */
export function instead({ message }: SpokenHttp, when: When, said: Response): Instead | undefined {
  const request = when === 'before' ? requestOf(message) : undefined
  if (request) return { kind: 'answer', raw: response(request, said) }
  const answer = when === 'after' ? answerOf(message) : undefined
  if (!answer) return undefined
  // Where the server closes behind its answer, or ends it so, ours is the last as well.
  const close = answer.head.close || answer.head.length === UNSAID
  return { kind: 'replace', parts: [{ raw: response(answer.request, { ...said, close }), gap: ms(0) }], note: executed(answer.head.status) }
}
