/** A command that a server was sent and has not answered in full. */

import type { ExchangeId, OperationId } from '../codec.ts'
import type { Command } from './commands.ts'
import type { Change } from './state.ts'

export interface Expected {
  readonly exchange: ExchangeId
  readonly operation: OperationId | null
  readonly command: Command
  readonly blocking: boolean
  /** Answers still to come; without an end where the server answers once for each channel that it knows of. */
  left: number
  /** What its answer makes of the connection. */
  readonly change: Change | undefined
}
