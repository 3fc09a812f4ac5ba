import assert from 'node:assert/strict'
import { ms } from '../../../src/core/units.ts'
import { PostgresConversation } from '../../../src/protocols/postgres/conversation.ts'
import { Remembered } from '../../../src/protocols/postgres/remembered.ts'
import type { SpokenPostgres } from '../../../src/protocols/spoken.ts'
import { AUTHENTICATION_OK, READY, STARTUP, typed } from './wire.ts'

/** A session whose reads are remembered at times of our own. */
class Session {
  readonly #talk = new PostgresConversation()
  readonly #memory: Remembered
  constructor(memory: Remembered) {
    this.#memory = memory
    this.hear('to-server', STARTUP, 0)
    this.hear('to-client', Buffer.concat([AUTHENTICATION_OK, READY()]), 0)
  }

  hear(direction: 'to-server' | 'to-client', bytes: Buffer, now: number): SpokenPostgres | undefined {
    let latest: SpokenPostgres | undefined
    for (const message of (direction === 'to-server' ? this.#talk.toServer : this.#talk.toClient).feed(bytes)) {
      const of = direction === 'to-server' ? this.#talk.asked(message) : this.#talk.received(message)
      if (direction === 'to-server') this.#talk.sent(message, of?.exchange ?? 0, of?.operation ?? null)
      latest = { kind: 'message', protocol: 'postgres', message, raw: message.raw, direction, conversation: this.#talk, exchange: of?.exchange ?? null, operation: of?.operation ?? null, last: direction === 'to-client' && of?.last === true, own: false }
      this.#memory.observe(latest, ms(now))
    }
    return latest
  }

  /** What is remembered of `sql` at `time`; then the server answers with `rows`, at `now`. */
  read(sql: string, rows: readonly string[], now: number, time: number): readonly string[] | undefined {
    const asked = this.hear('to-server', typed('Q', `${sql}\0`), now)
    const answer = asked && this.#memory.asOf(asked, time)
    this.hear('to-client', Buffer.concat([typed('T', '\0\0'), ...rows.map((row) => typed('D', row)), typed('C', `SELECT ${rows.length}\0`), READY()]), now)
    return answer?.rows.map((row) => row.toString('latin1', 5))
  }
}

describe('answers that are remembered', () => {
  it('are those of the time that is asked for, of any session of the same user', () => {
    const memory = new Remembered()
    const [one, other] = [new Session(memory), new Session(memory)]
    assert.equal(one.read('select', ['a'], 10, 10), undefined)
    assert.deepEqual(other.read('select', ['b'], 20, 15), ['a'])
    assert.deepEqual(one.read('select', ['b'], 30, 25), ['b'])
    assert.deepEqual(one.read('select', ['c'], 40, 39), ['b'], 'the same again counts from when it was first so')
    assert.equal(one.read('select', ['c'], 50, 9), undefined)
  })

  it('are none of writes, of reads in a transaction and of what failed', () => {
    const memory = new Remembered()
    const session = new Session(memory)
    session.hear('to-server', typed('Q', 'select 1\0'), 1)
    session.hear('to-client', Buffer.concat([typed('T', '\0\0'), typed('D', 'x'), typed('E', 'SERROR\0C22012\0\0'), READY()]), 1)
    session.hear('to-server', typed('Q', 'begin\0'), 2)
    session.hear('to-client', Buffer.concat([typed('C', 'BEGIN\0'), READY('T')]), 2)
    session.hear('to-server', typed('Q', 'select 1\0'), 3)
    session.hear('to-client', Buffer.concat([typed('T', '\0\0'), typed('D', 'x'), typed('C', 'SELECT 1\0'), READY('T')]), 3)
    session.hear('to-server', typed('Q', 'commit\0'), 4)
    session.hear('to-client', Buffer.concat([typed('C', 'COMMIT\0'), READY()]), 4)
    assert.equal(session.read('select 1', [], 5, 5), undefined)
    session.read('insert into t', ['x'], 6, 6)
    assert.equal(session.read('insert into t', ['x'], 7, 7), undefined)
  })

  it('are bounded: large ones are not kept, and of many the first are forgotten', () => {
    const memory = new Remembered()
    const session = new Session(memory)
    session.read('select large', Array.from({ length: 40 }, () => 'x'.repeat(30_000)), 1, 1)
    assert.equal(session.read('select large', [], 2, 2), undefined)
    for (let n = 0; n < 30; n++) session.read(`select ${n}`, Array.from({ length: 30 }, () => 'x'.repeat(30_000)), 3, 3)
    assert.equal(session.read('select 0', [], 4, 4), undefined)
    assert.equal(session.read('select 29', [], 4, 4)?.length, 30)
  })
})
