/** Which sessions have a short way for what is only overheard: conversation and accounts are afterwards as if every message had gone through the decoder. */

import type { AnyConversation } from '../../protocols/spoken.ts'
import { RedisAccounts } from './redis.ts'
import { RedisLane } from './redis-lane.ts'
import type { SessionAccounts } from './session-accounts.ts'

export type Lane = RedisLane

export const laneOf = (conversation: AnyConversation, accounts: SessionAccounts): Lane | undefined =>
  (conversation.protocol === 'redis' && accounts instanceof RedisAccounts ? new RedisLane(conversation, accounts) : undefined)
