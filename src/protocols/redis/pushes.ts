/** What a server says unasked, in RESP3, besides pub/sub. */

import { aggregate, bulk, integer, nilReply } from './reply.ts'

/** A key that somebody has changed, to those who have read it with CLIENT TRACKING on; null: all keys. */
export const invalidation = (key: string | undefined): Buffer => aggregate('>', [bulk('invalidate'), key === undefined ? nilReply(3) : aggregate('*', [bulk(key)])])

/** To those who have asked by CLIENT MAINT_NOTIFICATIONS: what will happen within `seconds`, and where to go. */
export const maintenance = (what: string, sequence: number, seconds: number, address?: string): Buffer =>
  aggregate('>', [bulk(what), integer(sequence), integer(seconds), ...(address === undefined ? [] : [bulk(address)])])

/** Of a kind that no client knows: it is to be passed over. (RESP3 specification) */
export const unheardOf = (): Buffer => aggregate('>', [bulk('brownout'), bulk('surprise')])
