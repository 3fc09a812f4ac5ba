/** Answers to reads, as servers have given them, by what was asked: text, values, database and user. Bounded. */

import type { Ms } from '../../core/units.ts'
import type { ExchangeId, OperationId } from '../codec.ts'
import type { SpokenPostgres } from '../spoken.ts'
import type { PostgresConversation } from './conversation.ts'
import { rowsOfExecute, valuesOfBind } from './fields.ts'
import { kindOf } from './kinds.ts'

/** Of one answer, and of all together: a larger one is not remembered, and the statements that were asked for first are forgotten. */
const ANSWER_MAX = 2 ** 20
const ALL_MAX = 2 ** 24

export interface Answer {
  readonly at: Ms
  /** The RowDescription, where the client asked for one with the statement. */
  readonly description: Buffer | undefined
  readonly rows: readonly Buffer[]
  readonly complete: Buffer
}

/** One that is under way. */
interface Asking { readonly exchange: ExchangeId; readonly key: string; description: Buffer | undefined; rows: Buffer[]; size: number }

export class Remembered {
  readonly #answers = new Map<string, Answer[]>()
  readonly #asking = new WeakMap<PostgresConversation, Map<OperationId, Asking>>()
  #size = 0

  /** Every message, in order, before anything is asked about it. */
  observe(unit: SpokenPostgres, now: Ms): void {
    if (unit.operation === null) { if (unit.last) this.#over(unit); return }
    if (unit.direction === 'to-server') this.#asked(unit, unit.operation)
    else this.#answered(unit, unit.operation, now)
    if (unit.last) this.#over(unit)
  }

  /** The latest answer to what this message of the client's runs that is no younger than `time`. Older ones are forgotten. */
  asOf({ conversation, operation }: SpokenPostgres, time: number): Answer | undefined {
    const asking = this.#asking.get(conversation)?.get(operation ?? -1)
    const answers = asking && this.#answers.get(asking.key)
    const index = answers?.findLastIndex(({ at }) => at <= time) ?? -1
    if (!answers || index < 0) return undefined
    for (const gone of answers.splice(0, index)) this.#size -= sizeOf(gone)
    return answers[0]
  }

  #asked({ conversation, message, exchange }: SpokenPostgres, operation: OperationId): void {
    const { type, part, statement } = message
    if (part !== 'whole' || !statement || kindOf(statement) !== 'read') return
    const asking = this.#asking.get(conversation) ?? new Map<OperationId, Asking>()
    this.#asking.set(conversation, asking)
    if (type === 'Execute' && rowsOfExecute(message) > 0) asking.delete(operation)
    if (type !== 'Query' && type !== 'Bind') return
    const { database, user } = conversation.facets(message)
    const values = type === 'Bind' ? valuesOfBind(message).toString('latin1') : ''
    asking.set(operation, { exchange: exchange ?? 0, key: [database, user, type, statement.sql, values].join('\0'), description: undefined, rows: [], size: 0 })
  }

  #answered({ conversation, message: { type, part, raw } }: SpokenPostgres, operation: OperationId, now: Ms): void {
    const all = this.#asking.get(conversation)
    const asking = all?.get(operation)
    if (!all || !asking) return
    asking.size += raw.length
    if (part !== 'whole' || asking.size > ANSWER_MAX || conversation.status !== 'I') return void all.delete(operation)
    switch (type) {
      case 'RowDescription': asking.description = Buffer.from(raw); break
      case 'DataRow': asking.rows.push(Buffer.from(raw)); break
      case 'CommandComplete':
        this.#remember(asking.key, { at: now, description: asking.description, rows: asking.rows, complete: Buffer.from(raw) })
        all.delete(operation)
        break
      case 'ErrorResponse': case 'PortalSuspended': case 'CopyOutResponse': all.delete(operation); break
    }
  }

  #remember(key: string, answer: Answer): void {
    const answers = this.#answers.get(key) ?? []
    const latest = answers.at(-1)
    // Nothing has changed: the one before stands for both.
    if (latest && isSame(latest, answer)) return
    answers.push(answer)
    this.#answers.set(key, answers)
    this.#size += sizeOf(answer)
    for (const [oldest, gone] of this.#answers) {
      if (this.#size <= ALL_MAX) return
      this.#answers.delete(oldest)
      for (const one of gone) this.#size -= sizeOf(one)
    }
  }

  #over({ conversation, exchange }: SpokenPostgres): void {
    const asking = this.#asking.get(conversation)
    for (const [operation, one] of asking ?? []) if (exchange !== null && one.exchange <= exchange) asking?.delete(operation)
  }
}

const sizeOf = ({ description, rows, complete }: Answer): number => rows.reduce((size, row) => size + row.length, (description?.length ?? 0) + complete.length)
const isSame = (one: Answer, other: Answer): boolean => one.complete.equals(other.complete) && hasSameColumns(one, other.description) &&
  one.rows.length === other.rows.length && one.rows.every((row, i) => other.rows[i]?.equals(row) === true)

/** Whether rows of that answer may stand in the place of rows that were described so. */
export const hasSameColumns = ({ description }: Pick<Answer, 'description'>, other: Buffer | undefined): boolean =>
  description === other || (description !== undefined && other !== undefined && description.equals(other))
