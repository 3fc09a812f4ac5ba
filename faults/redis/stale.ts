import { duration } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import type { ExchangeId } from '../../src/protocols/codec.ts'
import { begins } from '../../src/protocols/redis/message.ts'
import { Remembered } from '../../src/protocols/redis/remembered.ts'
import { errorOf } from '../../src/protocols/redis/reply.ts'
import { commandOf, waits } from '../../src/protocols/redis/words.ts'
import type { SpokenRedis } from '../../src/protocols/spoken.ts'

/** Longer requests are not remembered. */
const QUESTION_MAX = 4096

const isRead = ({ message, conversation }: SpokenRedis): boolean => {
  const command = commandOf(message)
  return command.does === 'read' && command.keys.at !== 'none' && message.part === 'whole' && message.raw.length <= QUESTION_MAX && conversation.ordinary && !waits(command, message.raw)
}

/** The same question from any connection: database, version of RESP, and the command as it was written. */
const questionOf = ({ message, conversation }: SpokenRedis): string => `${conversation.facets(message).db}/${conversation.resp}/${message.raw.toString('latin1')}`

/** The read is sent, so that what is remembered goes on; its answer is replaced. */
export const stale = defineFault({
  name: 'redis.stale',
  summary: 'Answer reads as they were answered some time ago, as a replica that lags does.',
  tests: 'Whether anything reads its own write back and relies on seeing it, and whether versions ever run backwards.',
  correct: 'Reads from the primary what it has just written, carries a version or a time in the value where order matters, and never overwrites newer with older.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'both',
  params: { age: duration('How old the answer is at least; what was not seen so long ago since the arming is answered as it is.', '5s', { min: '1ms', max: '1h' }) },
  example: '{ step: lag, at: 0s, fault: redis.stale, on: cache, params: { age: 1s }, for: 30s }',
  corruption: true,
  /** `asked`: by conversation, the questions that are not answered in full. */
  open: () => ({ seen: new Remembered(), asked: new WeakMap<object, Map<ExchangeId, string>>() }),
  concerns: (message) => message.protocol === 'redis' && message.exchange !== null && isRead(message),
  observe: (unit, { seen, asked }, { now }) => {
    if (unit.protocol !== 'redis' || unit.exchange === null || !begins(unit.message)) return
    const { conversation, exchange, message, raw } = unit
    const questions = asked.get(conversation) ?? new Map<ExchangeId, string>()
    asked.set(conversation, questions)
    if (unit.direction === 'to-server') {
      if (isRead(unit)) questions.set(exchange, questionOf(unit))
      return
    }
    for (const [older] of questions) {
      if (older >= exchange) break
      questions.delete(older)
    }
    const question = questions.get(exchange)
    if (question !== undefined && message.part === 'whole' && errorOf(message) === undefined) seen.add(question, Buffer.from(raw), now())
  },
  decide: (unit, { age }, { now }, _state, { seen, asked }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis' || unit.direction !== 'to-client' || unit.exchange === null || !begins(unit.message)) return PASS
    const question = asked.get(unit.conversation)?.get(unit.exchange)
    const old = question === undefined || errorOf(unit.message) !== undefined ? undefined : seen.asOf(question, ms(now() - age))
    return old === undefined || old.equals(unit.raw) ? PASS : inPlace(old)
  },
})
