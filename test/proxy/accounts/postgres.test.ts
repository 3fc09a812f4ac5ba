import assert from 'node:assert/strict'
import { ms } from '../../../src/core/units.ts'
import { errorResponse } from '../../../src/protocols/postgres/reply.ts'
import { AUTHENTICATION_OK, READY, SSL_REQUEST, STARTUP, typed } from '../../protocols/postgres/wire.ts'
import { Books, longest, type Said } from './books.ts'

const query = (sql: string): Buffer => typed('Q', `${sql}\0`)
const parse = (name: string, sql: string): Buffer => typed('P', `${name}\0${sql}\0\0\0`)
const bind = (name: string, value = ''): Buffer => typed('B', `\0${name}\0\0\0\0\x01\0\0\0${String.fromCharCode(value.length)}${value}\0\0`)
const EXECUTE = typed('E', '\0\0\0\0\0')
const SYNC = typed('S')
const FLUSH = typed('H')
const PARSED = typed('1')
const BOUND = typed('2')
const ROW = typed('D', '\0\0')
const done = (tag: string): Buffer => typed('C', `${tag}\0`)
const error = (code: string, severity = 'ERROR'): Buffer => errorResponse({ severity, code, message: 'no' })

/** Its session begins with a login that took a millisecond. */
const login = (books: Books): Said => books.session().ask(STARTUP).wait(1).answer(AUTHENTICATION_OK, READY())
const LOGIN = '(login): 1/1 ok, 1ms'

describe('accounts of postgres', () => {
  it('keeps a simple query by its fingerprint, up to ReadyForQuery', () => {
    const books = new Books('postgres')
    const said = login(books).ask(query('SELECT * FROM orders WHERE id = 7'))
    said.wait(2).answer(ROW, done('SELECT 1')).wait(1).answer(READY()).ask(query('select * from Orders where id=8 -- x')).wait(5).answer(done('SELECT 0'), READY())
    assert.deepEqual(books.lines(), [LOGIN, 'select * from orders where id = ? SELECT orders: 2/2 ok, 3ms 5ms'])
  })

  it('keeps each execution of a batch, the last with the commit at its end', () => {
    const books = new Books('postgres')
    const said = login(books).ask(parse('a', 'insert into a values ($1)'), bind('a')).wait(1).ask(EXECUTE, parse('b', 'select b'), bind('b'), EXECUTE, SYNC)
    said.wait(2).answer(PARSED, BOUND, done('INSERT 0 1')).wait(3).answer(PARSED, BOUND, ROW, done('SELECT 1')).wait(4).answer(READY())
    assert.deepEqual(books.lines(), [LOGIN, 'insert into a values (?) INSERT a: 1/1 ok, 3ms', 'select b SELECT: 1/1 ok, 9ms'])
  })

  it('does not count as the server\'s time what a client lets pass between an answer and its Sync', () => {
    const books = new Books('postgres')
    const said = login(books).ask(parse('', 'select 1'), bind(''), EXECUTE, FLUSH).wait(2).answer(PARSED, BOUND, ROW, done('SELECT 1'))
    said.wait(500).ask(bind(''), EXECUTE, FLUSH).wait(3).answer(BOUND, done('SELECT 1')).wait(500).ask(SYNC).wait(1).answer(READY())
    assert.deepEqual(books.lines(), [LOGIN, 'select ? SELECT: 2/2 ok, 2ms 3ms'])
  })

  it('an error in a batch is its statement\'s; what the server passes over has failed too', () => {
    const books = new Books('postgres')
    const said = login(books).ask(parse('a', 'select a'), bind('a'), EXECUTE, parse('b', 'select b'), bind('b'), EXECUTE, parse('c', 'select c'), bind('c'), EXECUTE, SYNC)
    said.wait(2).answer(PARSED, BOUND, done('SELECT 1'), PARSED, error('22012'), READY())
    assert.deepEqual(books.lines(), [LOGIN, 'select a SELECT: 1/1 ok, 2ms', 'select b SELECT: 0/1 ok, 1 22012', 'select c SELECT: 0/1 ok, 1 passed over'])
  })

  it('a query passed over after an error that is not synced ends with the next exchange', () => {
    const books = new Books('postgres')
    const said = login(books).ask(parse('', 'select broken'), bind(''), EXECUTE).wait(1).answer(error('42703'))
    said.ask(query('select lost')).wait(1).ask(SYNC).wait(1).answer(READY()).ask(query('select found')).wait(4).answer(done('SELECT 1'), READY())
    assert.deepEqual(books.lines(), [LOGIN, 'select broken SELECT: 0/1 ok, 1 42703', 'select lost SELECT: 0/1 ok, 1 passed over', 'select found SELECT: 1/1 ok, 4ms'])
    assert.equal(books.accounts.figures().named.reduce((sum, { inFlight }) => sum + inFlight, 0), 0)
  })

  it('an error of a simple query, and what else it holds', () => {
    const books = new Books('postgres')
    login(books).ask(query('select 1; select 1/0; select 2')).wait(1).answer(ROW, done('SELECT 1'), error('22012'), READY())
    assert.deepEqual(books.lines(), [LOGIN, 'select ?; select ? / ?; select ? SELECT: 0/1 ok, 1 22012'])
  })

  it('a batch that only prepares is no execution', () => {
    const books = new Books('postgres')
    const said = login(books).ask(parse('a', 'select a'), SYNC).wait(2).answer(PARSED, READY()).ask(parse('', 'selec'), FLUSH).wait(1).answer(error('42601')).ask(SYNC).wait(1).answer(READY())
    said.ask(SYNC).answer(READY())
    assert.deepEqual(books.lines(), [LOGIN, '(prepare): 1/2 ok, 1 42601, 2ms'])
  })

  it('COPY, in and out, from its statement to ReadyForQuery', () => {
    const books = new Books('postgres')
    const said = login(books).ask(query('copy orders from stdin')).wait(1).answer(typed('G', '\0\0\0'))
    said.ask(typed('d', '1\n'), typed('d', '2\n'), typed('c')).wait(7).answer(done('COPY 2'), READY())
    said.ask(query('copy orders to stdout')).wait(1).answer(typed('H', '\0\0\0'), typed('d', '1\n'), typed('d', '2\n'), typed('c')).wait(1).answer(done('COPY 2'), READY())
    assert.deepEqual(books.lines(), [LOGIN, 'copy orders from stdin COPY orders: 1/1 ok, 8ms', 'copy orders to stdout COPY orders: 1/1 ok, 2ms'])
  })

  it('notices, notifications and parameters are nobody\'s', () => {
    const books = new Books('postgres')
    const said = login(books).answer(typed('A', '\0\0\0\x07ch\0payload\0'), typed('S', 'a\0b\0')).ask(query('select 1')).wait(1)
    said.answer(typed('N', 'SNOTICE\0C00000\0\0'), ROW, done('SELECT 1'), READY())
    assert.deepEqual(books.lines(), [LOGIN, 'select ? SELECT: 1/1 ok, 1ms'])
  })

  it('a login that is refused, and a session that ends in a statement', () => {
    const books = new Books('postgres')
    books.session().ask(SSL_REQUEST).answer('N').ask(STARTUP).wait(1).answer(error('28P01', 'FATAL')).close()
    login(books).ask(query('select 1'), query('select 2')).wait(1).answer(error('57P01', 'FATAL')).close()
    assert.deepEqual(books.lines(), ['(login): 1/2 ok, 1 28P01, 1ms', 'select ? SELECT: 0/2 ok, 1 57P01, 1 closed'])
  })

  it('tells what we held back from what the server took, in batches too', () => {
    const books = new Books('postgres')
    const said = login(books).ask(parse('', 'select 1'), bind(''), EXECUTE, SYNC)
    for (const _ of ['Parse', 'Bind', 'Execute', 'Sync']) said.accounts.heldBack(said.exchange, ms(10))
    said.wait(12).answer(PARSED, BOUND, done('SELECT 1')).wait(5).answerHeld(5, READY())
    said.ask(query('select 1')).wait(1).accounts.replied(said.exchange, '40001', books.now)
    assert.deepEqual(books.lines(), [LOGIN, 'select ? SELECT: 1/2 ok, 1 40001, 17ms, server 2ms, held 15'])
  })

  it('a statement that nobody remembers has no name', () => {
    const books = new Books('postgres')
    login(books).ask(bind('forgotten'), EXECUTE, SYNC).wait(1).answer(BOUND, done('SELECT 1'), READY())
    assert.deepEqual(books.lines(), [LOGIN, '(unknown statement): 1/1 ok, 1ms'])
  })

  it('counts a statement that comes right after one of its own name, and those that the server had to parse', () => {
    const books = new Books('postgres')
    const one = (said: Said): Said => said.ask(bind('a'), EXECUTE, SYNC).wait(1).answer(BOUND, done('SELECT 1'), READY())
    const said = login(books).ask(parse('a', 'select a where id = $1'), SYNC).wait(1).answer(PARSED, READY())
    one(one(one(said).wait(19)).wait(2)).wait(21)
    one(said).ask(query('select b')).wait(1).answer(done('SELECT 1'), READY())
    one(said).ask(parse('', 'select c'), bind(''), EXECUTE, SYNC).wait(1).answer(PARSED, BOUND, done('SELECT 1'), READY())
    assert.deepEqual(books.figures().parts.map(({ of, offered, again = 0, parsed = 0 }) => [of['statement'], offered, again, parsed]).filter(([name]) => !String(name).startsWith('(')), [
      ['select a where id = ?', 5, 2, 0], ['select b', 1, 0, 1], ['select c', 1, 0, 1],
    ])
  })

  it('shows the ends of a long fingerprint, and keeps two of them apart', () => {
    const books = new Books('postgres')
    const columns = Array.from({ length: 60 }, (_, n) => `t.column_${n}`).join(', ')
    login(books).ask(query(`select ${columns} from t where a = 1`), query(`select ${columns} from t where b = 1`)).answer(done('SELECT 1'), READY(), done('SELECT 1'), READY())
    const { parts, wholes = {} } = books.figures()
    const names = parts.map(({ of }) => of['statement'] ?? '')
    assert.deepEqual(names.slice(1).map((name) => wholes[name]), ['a', 'b'].map((by) => `select ${columns} from t where ${by} = ?`))
    assert.deepEqual(names.slice(1).map((name) => [name.length, name.slice(0, 20), name.slice(-18)]), [[283, 'select t.column_0, t', 'from t where a = ?'], [283, 'select t.column_0, t', 'from t where b = ?']])
  })
})

describe('transactions of postgres', () => {
  const counts = (books: Books) => {
    const { transactions } = books.figures()
    return transactions && { ended: transactions.ended, rolledBack: transactions.rolledBack, longest: Math.round(longest(transactions.length) ?? 0) }
  }
  const run = (said: Said, sql: string, tag: string, status: string): Said => said.ask(query(sql)).wait(1).answer(done(tag), READY(status))

  it('last from the first byte of BEGIN to the answer of COMMIT', () => {
    const books = new Books('postgres')
    const said = run(login(books), 'begin', 'BEGIN', 'T').wait(10)
    run(run(said, 'update t set a = 1', 'UPDATE 1', 'T'), 'commit', 'COMMIT', 'I')
    assert.deepEqual(counts(books), { ended: 1, rolledBack: 0, longest: 13 })
    assert.deepEqual([books.accounts.figures().transactions, books.accounts.figures().rolledBack], [1, 0])
  })

  it('are rolled back by ROLLBACK, by a COMMIT of a failed one, and by the end of the session', () => {
    const books = new Books('postgres')
    const said = run(run(login(books), 'begin', 'BEGIN', 'T'), 'rollback', 'ROLLBACK', 'I')
    run(said, 'begin', 'BEGIN', 'T').ask(query('select 1/0')).wait(1).answer(error('22012'), READY('E'))
    run(run(said, 'commit', 'ROLLBACK', 'I'), 'begin', 'BEGIN', 'T').close()
    assert.deepEqual(counts(books), { ended: 3, rolledBack: 3, longest: 3 })
  })

  it('go on after ROLLBACK TO a savepoint', () => {
    const books = new Books('postgres')
    const said = run(run(login(books), 'begin', 'BEGIN', 'T'), 'rollback to a', 'ROLLBACK', 'T')
    run(said, 'commit', 'COMMIT', 'I')
    assert.deepEqual(counts(books), { ended: 1, rolledBack: 0, longest: 3 })
  })

  it('are counted in one query, in one batch and in a chain too', () => {
    const books = new Books('postgres')
    const said = login(books).ask(query('begin; commit; begin; rollback')).wait(2).answer(done('BEGIN'), done('COMMIT'), done('BEGIN'), done('ROLLBACK'), READY())
    said.ask(...['begin', 'commit'].flatMap((sql) => [parse('', sql), bind(''), EXECUTE]), SYNC).wait(3).answer(PARSED, BOUND, done('BEGIN'), PARSED, BOUND, done('COMMIT'), READY())
    run(run(run(said, 'begin', 'BEGIN', 'T'), 'commit and chain', 'COMMIT', 'T'), 'commit', 'COMMIT', 'I')
    assert.deepEqual(counts(books), { ended: 5, rolledBack: 1, longest: 3 })
  })

  it('statements outside of any are none', () => {
    const books = new Books('postgres')
    run(run(login(books), 'update t set a = 1', 'UPDATE 1', 'I'), 'rollback', 'ROLLBACK', 'I')
    assert.equal(counts(books), undefined)
  })
})
