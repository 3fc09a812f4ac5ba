import assert from 'node:assert/strict'
import { ms } from '../../../src/core/units.ts'
import { CONTROL_EVERY, Reactions, WATCHED_FOR, WATCHED_MAX } from '../../../src/proxy/accounts/reactions.ts'
import { Accounts } from '../../../src/proxy/accounts/accounts.ts'
import type { ReactionRecord } from '../../../src/record/figures.ts'
import { errorResponse } from '../../../src/protocols/postgres/reply.ts'
import { AUTHENTICATION_OK, READY, STARTUP, typed } from '../../protocols/postgres/wire.ts'
import { bulk, command } from '../../protocols/redis/wire.ts'
import { Books } from './books.ts'

/** `GET user:* error: retry after 20, 3 attempts, elsewhere`. */
const lineOf = ({ operation, did, next, afterMs, attempts, elsewhere }: ReactionRecord): string =>
  `${operation} ${did}: ${next}${afterMs === undefined ? '' : ` after ${afterMs}`}, ${attempts} attempt${attempts === 1 ? '' : 's'}${elsewhere ? ', elsewhere' : ''}`
const GET = command('GET', 'user:7')

describe('reactions of clients', () => {
  const told = (books: Books): string[] => books.take().reactions.map(lineOf)

  it('the same request again is a retry, however often', () => {
    const books = new Books('redis')
    const said = books.session().lose(GET)
    said.accounts.altered('flaky', said.exchange, 'replace', books.now)
    said.wait(20).ask(GET)
    said.accounts.altered('flaky', said.exchange, 'replace', books.now)
    said.wait(40).ask(GET).wait(1).answer(bulk('x'))
    assert.deepEqual(told(books), ['GET user:* replace: retry after 20, 3 attempts'])
  })

  it('over another connection of the same client too', () => {
    const books = new Books('redis')
    const said = books.session().lose(GET)
    said.accounts.altered('gone', said.exchange, 'close', books.now)
    said.wait(1).close()
    books.session('10.0.0.2').ask(GET)
    books.wait(9).session().ask(GET)
    assert.deepEqual(told(books), ['GET user:* close: retry after 10, 2 attempts, elsewhere'])
  })

  it('another connection without the request is a reconnect, also where it came before the old one was closed', () => {
    const books = new Books('redis')
    const [early, late] = [books.session(), books.session('10.0.0.2')]
    for (const said of [early, late]) {
      said.lose(GET)
      said.accounts.altered('gone', said.exchange, 'close', books.now)
    }
    books.wait(3).session()
    early.wait(1).close()
    late.close()
    books.wait(5).session('10.0.0.2')
    assert.deepEqual(told(books), ['GET user:* close: reconnect after 3, 1 attempt', 'GET user:* close: reconnect after 9, 1 attempt'])
  })

  it('a connection that was closed by the rule before that was told reconnects all the same', () => {
    const books = new Books('redis')
    books.session().lose(GET).close().altered('close', 'gone')
    books.wait(7).session()
    // What its operation was has gone with the connection.
    assert.deepEqual(told(books), [' close: reconnect after 7, 1 attempt'])
  })

  it('something else on the connection is going on, nothing is giving up', () => {
    const books = new Books('redis')
    const [busy, mute, gone] = [books.session(), books.session(), books.session('10.0.0.3')]
    for (const said of [busy, mute, gone]) said.lose(command('GET', `user:${said === busy ? 1 : said === mute ? 2 : 3}`)).accounts.altered('slow', said.exchange, 'delay', books.now)
    busy.wait(50).ask(command('PING'))
    gone.close()
    assert.deepEqual(told(books), ['GET user:* delay: went-on after 50, 1 attempt', 'GET user:* delay: gave-up, 1 attempt', 'GET user:* delay: gave-up, 1 attempt'])
  })

  it('another key, and the same past the time that is watched, are no retries', () => {
    const books = new Books('redis')
    const said = books.session().lose(GET)
    said.accounts.altered('flaky', said.exchange, 'replace', books.now)
    said.wait(10).ask(command('GET', 'user:8')).wait(WATCHED_FOR).ask(GET)
    assert.deepEqual(told(books), ['GET user:* replace: went-on after 10, 1 attempt'])
  })

  it('an answer altered long after its request belongs to that request', () => {
    const books = new Books('redis')
    const said = books.session().ask(GET)
    const { exchange } = said
    said.ask(command('GET', 'other')).wait(5)
    said.accounts.altered('stale', exchange, 'replace', books.now)
    said.wait(5).ask(GET)
    assert.deepEqual(told(books), ['GET user:* replace: retry after 5, 2 attempts'])
  })

  it('of Postgres a retry has the same values', () => {
    const bind = (value: string): Buffer => typed('B', `\0\0\0\0\0\x01\0\0\0\x01${value}\0\0`)
    const batch = (value: string): Buffer => Buffer.concat([typed('P', '\0select $1\0\0\0'), bind(value), typed('E', '\0\0\0\0\0'), typed('S')])
    const books = new Books('postgres')
    const said = books.session().ask(STARTUP).answer(AUTHENTICATION_OK, READY())
    for (const value of ['1', '2']) {
      said.ask(batch(value))
      said.accounts.altered(`rule-${value}`, said.exchange, 'error', books.now)
      said.answer(errorResponse({ severity: 'ERROR', code: '40001', message: 'no' }), READY())
    }
    said.wait(10).ask(batch('3')).wait(10).ask(batch('2'))
    assert.deepEqual(books.take().reactions.map((one) => [one.rule, lineOf(one)]), [['rule-1', 'select ? error: went-on after 0, 1 attempt'], ['rule-2', 'select ? error: retry after 20, 2 attempts']])
  })

  it('of bytes that nobody reads a session is watched as a whole', () => {
    const accounts = new Accounts('plain', 'tcp')
    const [one, two] = [accounts.session(1, 'a', ms(0)), accounts.session(2, 'b', ms(0))]
    for (const at of [10, 20, 30]) one.altered('cut', 0, 'drop', ms(at))
    two.altered('cut', 0, 'close', ms(10))
    two.closed(ms(10))
    accounts.session(3, 'b', ms(25))
    one.spoke(ms(40))
    const { reactions, totals } = accounts.take(ms(10_000))
    assert.deepEqual(reactions.map(lineOf), [' drop: went-on after 30, 1 attempt', ' close: reconnect after 15, 1 attempt'])
    assert.deepEqual(totals.map(({ altered: { watched, moves } }) => [watched, moves]), [[2, { retry: 0, reconnect: 1, 'went-on': 1, 'gave-up': 0 }]])
  })

  it('tells how often the same comes again with no fault at all', () => {
    const books = new Books('redis')
    const said = books.session()
    for (let n = 0; n < 40 * CONTROL_EVERY; n++) said.ask(command('GET', `user:${n % 10}`)).wait(20).answer(bulk('x'))
    said.lose(command('GET', 'once'))
    said.accounts.altered('flaky', said.exchange, 'replace', books.now)
    const [totals] = books.take().totals
    assert.ok(totals)
    assert.deepEqual(totals.altered, { watched: 1, attempts: 1, moves: { retry: 0, reconnect: 0, 'went-on': 0, 'gave-up': 1 } })
    const { watched, moves, attempts } = totals.control
    assert.ok(watched >= 10 && moves.retry === watched && attempts > 10 * watched, `${watched} watched, ${moves.retry} again, ${attempts} attempts`)
  })

  it('watches so many at once and counts the rest; tells the first of a rule and counts all', () => {
    const books = new Books('redis')
    const said = books.session()
    for (let n = 0; n < WATCHED_MAX + 50; n++) {
      said.lose(command('GET', `user:${n}`))
      said.accounts.altered('flaky', said.exchange, 'replace', books.now)
    }
    const { reactions, totals: [totals] } = books.take()
    assert.deepEqual([reactions.length, totals?.altered.watched, totals?.unwatched], [200, WATCHED_MAX, 50])
    assert.deepEqual(books.take().totals, [], 'told once')
  })

  it('is not taken in by clients without number', () => {
    const reactions = new Reactions()
    for (let n = 0; n < 5000; n++) reactions.connected(n, `10.${n}`, ms(n)).altered(`rule-${n}`, n, 'GET', 'delay', ms(n))
    const { totals } = reactions.take(ms(100_000))
    assert.deepEqual([totals.length, totals.reduce((sum, { altered }) => sum + altered.watched, 0)], [1000, 1000])
  })
})
