import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PostgresConversation, UNANSWERED_MAX } from '../../../src/protocols/postgres/conversation.ts'
import { errorResponse } from '../../../src/protocols/postgres/reply.ts'
import { AUTHENTICATION_OK, GSSENC_REQUEST, READY, SSL_REQUEST, STARTUP, startup, typed } from './wire.ts'
import { Talk } from './talk.ts'

const query = (sql: string): Buffer => typed('Q', `${sql}\0`)
const parse = (name: string, sql: string): Buffer => typed('P', `${name}\0${sql}\0\0\0`)
const bind = (name: string, portal = ''): Buffer => typed('B', `${portal}\0${name}\0\0\0\0\0\0\0`)
const describePortal = typed('D', 'P\0')
const execute = (portal = ''): Buffer => typed('E', `${portal}\0\0\0\0\0`)
const SYNC = typed('S')
const PARSED = typed('1')
const BOUND = typed('2')
const DESCRIBED = typed('T', '\0\0')
const ROW = typed('D', '\0\0')
const done = (tag: string): Buffer => typed('C', `${tag}\0`)
const error = (code = '42601', severity = 'ERROR'): Buffer => errorResponse({ severity, code, message: 'no' })

describe('postgres conversation', () => {
  it('takes a login for one exchange, negotiation apart', () => {
    const talk = new Talk().ask(GSSENC_REQUEST).answer(Buffer.from('N')).ask(SSL_REQUEST).answer(Buffer.from('N')).ask(STARTUP)
    talk.answer(typed('R', '\0\0\0\x03')).ask(typed('p', 'secret\0')).answer(AUTHENTICATION_OK, typed('S', 'a\0b\0'), typed('K', 'xxxxyyyy'), READY())
    assert.deepEqual(talk.lines, [
      '> GSSENCRequest 1', '< EncryptionResponse 1!', '> SSLRequest 2', '< EncryptionResponse 2!', '> StartupMessage 3', '< Authentication 3', '> PasswordMessage 3',
      '< Authentication 3', '< ParameterStatus 3', '< BackendKeyData 3', '< ReadyForQuery 3!',
    ])
    const { user, database, application, phase, sql } = talk.facets[6] ?? assert.fail()
    assert.deepEqual({ user, database, application, phase, sql }, { user: 'ada', database: 'shop', application: 'till', phase: 'startup', sql: undefined })
    assert.equal(talk.conversation.unanswered, 0)
  })

  it('reads nothing after the server has said S', () => {
    const talk = new Talk().ask(SSL_REQUEST).answer(Buffer.from('S')).ask(Buffer.from('\x16\x03\x01', 'latin1')).answer(Buffer.from('\x16\x03\x03', 'latin1'))
    assert.deepEqual(talk.lines, ['> SSLRequest 1', '< EncryptionResponse 1!', '> Opaque 1', '< Opaque -'])
    assert.equal(talk.conversation.encrypted, true)
  })

  it('ends a login that is refused', () => {
    const talk = new Talk().ask(STARTUP).answer(error('28P01', 'FATAL'))
    assert.deepEqual(talk.lines, ['> StartupMessage 1', '< ErrorResponse 1!'])
    assert.deepEqual([talk.facets[1]?.code, talk.facets[1]?.phase], ['28P01', 'startup'])
  })

  it('takes a simple query up to ReadyForQuery, whatever number of statements', () => {
    const talk = new Talk().login().ask(query('select 1; select 2')).answer(DESCRIBED, ROW, done('SELECT 1'), DESCRIBED, ROW, done('SELECT 1'), READY())
    assert.deepEqual(talk.lines, [
      '> Query 2', ...Array.from({ length: 2 }, () => ['< RowDescription 2 select 1; select 2', '< DataRow 2 select 1; select 2', '< CommandComplete 2 select 1; select 2']).flat(),
      '< ReadyForQuery 2! select 1; select 2',
    ])
  })

  it('takes a batch up to Sync, and knows the statement of each answer', () => {
    const talk = new Talk().login().ask(parse('', 'insert into a values ($1)'), bind(''), describePortal, execute(), parse('b', 'select b'), bind('b', 'p'), execute('p'), SYNC)
    talk.answer(PARSED, BOUND, typed('n'), done('INSERT 0 1'), PARSED, BOUND, ROW, done('SELECT 1'), READY())
    assert.deepEqual(talk.lines.slice(0, 8), ['> Parse 2', '> Bind 2', '> Describe 2', '> Execute 2', '> Parse 2', '> Bind 2', '> Execute 2', '> Sync 2'])
    assert.deepEqual(talk.lines.slice(8), [
      ...['ParseComplete', 'BindComplete', 'NoData', 'CommandComplete'].map((type) => `< ${type} 2 insert into a values ($1)`),
      ...['ParseComplete', 'BindComplete', 'DataRow', 'CommandComplete'].map((type) => `< ${type} 2 select b`), '< ReadyForQuery 2!',
    ])
    assert.deepEqual(talk.facets.slice(0, 4).map(({ phase, tag, table }) => [phase, tag, table]), [['parse', 'INSERT', 'a'], ['bind', 'INSERT', 'a'], ['describe', 'INSERT', 'a'], ['execute', 'INSERT', 'a']])
    assert.deepEqual(talk.facets.slice(8, 12).map(({ phase, tag }) => [phase, tag]), [['parse', 'INSERT'], ['bind', 'INSERT'], ['describe', 'INSERT'], ['execute', 'INSERT']])
  })

  it('follows a prepared statement from batch to batch', () => {
    const talk = new Talk().login().ask(parse('s', 'update t set a = $1'), SYNC).answer(PARSED, READY()).forget()
    talk.ask(bind('s'), execute(), SYNC).answer(BOUND, done('UPDATE 1'), READY())
    assert.equal(talk.lines[4], '< CommandComplete 3 update t set a = $1')
    assert.deepEqual([talk.facets[1]?.sql, talk.facets[1]?.fingerprint], ['update t set a = $1', 'update t set a = ?'])
    talk.ask(typed('C', 'Ss\0'), SYNC).answer(typed('3'), READY()).forget().ask(bind('s'))
    assert.equal(talk.facets[0]?.sql, undefined)
  })

  it('lets a name stand for what it stood for, where a Parse was refused or passed over', () => {
    const talk = new Talk().login().ask(parse('s', 'first'), SYNC).answer(PARSED, READY())
    talk.ask(parse('s', 'second'), SYNC).answer(error('42P05'), READY())
    talk.ask(parse('x', 'bad'), parse('s', 'third'), SYNC).answer(error(), READY()).forget()
    talk.ask(bind('s'), bind('x'))
    assert.deepEqual(talk.facets.map(({ sql }) => sql), ['first', undefined])
  })

  it('gives each answer of a pipeline to its own exchange, whatever was sent ahead', () => {
    const batch = (sql: string): Buffer[] => [parse('', sql), bind(''), execute(), SYNC]
    const talk = new Talk().login().ask(...batch('a'), ...batch('b'), query('c')).forget()
    talk.answer(PARSED, BOUND, done('A'), READY(), PARSED, BOUND, done('B'), READY(), done('C'), READY())
    assert.deepEqual(talk.lines, [
      '< ParseComplete 2 a', '< BindComplete 2 a', '< CommandComplete 2 a', '< ReadyForQuery 2!',
      '< ParseComplete 3 b', '< BindComplete 3 b', '< CommandComplete 3 b', '< ReadyForQuery 3!', '< CommandComplete 4 c', '< ReadyForQuery 4! c',
    ])
  })

  it('skips with the server up to Sync after an error', () => {
    const batch = (sql: string): Buffer[] => [parse('', sql), bind(''), execute(), parse('', `${sql} 2`), bind(''), execute(), SYNC]
    const talk = new Talk().login().ask(...batch('a'), ...batch('b')).forget().answer(PARSED, error(), READY(), PARSED, BOUND, done('B'))
    assert.deepEqual(talk.lines, ['< ParseComplete 2 a', '< ErrorResponse 2 a', '< ReadyForQuery 2!', '< ParseComplete 3 b', '< BindComplete 3 b', '< CommandComplete 3 b'])
  })

  it('skips what is sent after the error came, up to the Sync', () => {
    const talk = new Talk().login().ask(parse('', 'bad'), typed('H')).answer(error()).ask(bind(''), execute(), query('passed over'))
    assert.equal(talk.conversation.unanswered, 0)
    talk.ask(SYNC).forget().answer(READY()).ask(query('next')).answer(done('NEXT'), READY())
    assert.deepEqual(talk.lines, ['< ReadyForQuery 3!', '> Query 4', '< CommandComplete 4 next', '< ReadyForQuery 4! next'])
  })

  it('gives an error at Sync to the Sync', () => {
    const talk = new Talk().login().ask(bind(''), execute(), SYNC, query('next')).forget().answer(BOUND, done('INSERT 0 1'), error('23503'), READY(), done('NEXT'), READY())
    assert.deepEqual(talk.lines, ['< BindComplete 2', '< CommandComplete 2', '< ErrorResponse 2', '< ReadyForQuery 2!', '< CommandComplete 3 next', '< ReadyForQuery 3! next'])
  })

  it('pairs nothing that nobody asked for', () => {
    const talk = new Talk().login().answer(typed('A', '\0\0\0\x01news\0\0')).ask(query('q')).answer(typed('N', '\0'), typed('S', 'application_name\0bar\0'), typed('A', '\0\0\0\x01news\0\0'), done('Q'), READY())
    assert.deepEqual(talk.lines, ['< NotificationResponse -', '> Query 2', '< NoticeResponse -', '< ParameterStatus -', '< NotificationResponse -', '< CommandComplete 2 q', '< ReadyForQuery 2! q'])
    assert.deepEqual([talk.facets[0]?.phase, talk.facets[0]?.application], ['push', 'bar'])
    talk.forget().answer(error('57P01', 'FATAL'))
    assert.deepEqual([talk.lines, talk.facets[0]?.code], [['< ErrorResponse -'], '57P01'])
  })

  it('ends everything with a FATAL error', () => {
    const talk = new Talk().login().ask(query('a'), query('b')).forget().answer(error('57P01', 'FATAL'))
    assert.deepEqual([talk.lines, talk.conversation.unanswered], [['< ErrorResponse 2! a'], 0])
  })

  it('knows the state of the transaction, and a COMMIT', () => {
    const talk = new Talk().login().ask(query('begin')).answer(done('BEGIN'), READY('T')).ask(query('commit')).answer(done('COMMIT'), READY())
    assert.deepEqual(talk.facets.map(({ in_transaction, phase }) => [in_transaction, phase]), [
      [false, 'execute'], [false, 'execute'], [true, 'execute'], [true, 'commit'], [true, 'commit'], [false, 'commit'],
    ])
    assert.equal(talk.ask(query('x')).answer(error(), READY('E')).conversation.status, 'E')
  })

  describe('COPY', () => {
    const copyIn = typed('G', '\0\0\0')
    const data = typed('d', '1\n')
    const copyDone = typed('c')
    const next = ['> Query 3', '< CommandComplete 3 next', '< ReadyForQuery 3! next']
    const goOn = (talk: Talk): string[] => talk.forget().ask(query('next')).answer(done('NEXT'), READY()).lines

    it('in, by a simple query', () => {
      const talk = new Talk().login().ask(query('copy t from stdin')).answer(copyIn).ask(data, data, copyDone).answer(done('COPY 2'), READY())
      assert.deepEqual(talk.lines.slice(2), ['> CopyData 2', '> CopyData 2', '> CopyDone 2', '< CommandComplete 2 copy t from stdin', '< ReadyForQuery 2! copy t from stdin'])
      assert.deepEqual(goOn(talk), next)
    })

    it('in, by a batch whose Sync the server has taken for nothing', () => {
      const talk = new Talk().login().ask(parse('', 'copy t from stdin'), bind(''), execute(), SYNC).answer(PARSED, BOUND, copyIn)
      talk.ask(data, copyDone, SYNC).answer(done('COPY 1'), READY())
      assert.deepEqual(talk.lines.slice(7), ['> CopyData 2', '> CopyDone 2', '> Sync 2', '< CommandComplete 2 copy t from stdin', '< ReadyForQuery 2!'])
      assert.deepEqual([goOn(talk), talk.conversation.unanswered], [next, 0])
    })

    it('in, by a simple query that a Sync of its own follows', () => {
      const talk = new Talk().login().ask(query('copy t from stdin')).answer(copyIn).ask(data, copyDone).answer(done('COPY 1'), READY()).forget().ask(SYNC).answer(READY())
      assert.deepEqual(talk.lines, ['> Sync 3', '< ReadyForQuery 3!'])
    })

    it('in, with a Sync among the data, which no server answers', () => {
      const talk = new Talk().login().ask(bind(''), execute()).answer(BOUND, copyIn).ask(data, SYNC, data, copyDone, SYNC).answer(done('COPY 2'), READY())
      assert.deepEqual([talk.lines.at(-1), goOn(talk), talk.conversation.unanswered], ['< ReadyForQuery 2!', next, 0])
      const ahead = new Talk().login().ask(bind(''), execute(), SYNC).answer(BOUND, copyIn).ask(data, SYNC, copyDone, SYNC).answer(done('COPY 1'), READY())
      assert.deepEqual([goOn(ahead), ahead.conversation.unanswered], [next, 0])
    })

    it('in, all of it sent ahead', () => {
      const talk = new Talk().login().ask(bind(''), execute(), SYNC, data, copyDone, SYNC).answer(BOUND, copyIn, done('COPY 1'), READY())
      assert.deepEqual([goOn(talk), talk.conversation.unanswered], [next, 0])
    })

    it('in, failing while the client still sends', () => {
      const talk = new Talk().login().ask(query('copy t from stdin')).answer(copyIn).ask(data).answer(error('22P04'), READY()).ask(data, copyDone)
      assert.deepEqual([goOn(talk), talk.conversation.unanswered], [next, 0])
    })

    it('given up by the client', () => {
      const talk = new Talk().login().ask(query('copy t from stdin')).answer(copyIn).ask(typed('f', 'no\0')).answer(error('57014'), READY())
      assert.deepEqual(goOn(talk), next)
    })

    it('out', () => {
      const talk = new Talk().login().ask(query('copy t to stdout')).answer(typed('H', '\0\0\0'), data, copyDone, done('COPY 1'), READY())
      assert.deepEqual(talk.lines.slice(1).map((line) => line.replace(' copy t to stdout', '')), ['< CopyOutResponse 2', '< CopyData 2', '< CopyDone 2', '< CommandComplete 2', '< ReadyForQuery 2!'])
      assert.deepEqual(talk.facets.map(({ phase, tag }) => `${phase} ${tag}`), ['execute COPY', 'execute COPY', 'copy COPY', 'execute COPY', 'execute COPY', 'execute COPY'])
    })

    it('both ways', () => {
      const talk = new Talk().login().ask(query('START_REPLICATION 0/0')).answer(typed('W', '\0\0\0'), data).ask(data).answer(data).ask(copyDone).answer(copyDone, done('COPY 0'), READY())
      assert.ok(talk.lines.every((line) => / 2!?( START_REPLICATION 0\/0)?$/.test(line)))
      assert.deepEqual(goOn(talk), next)
    })
  })

  it('gives all parts of a large row to its exchange', () => {
    const talk = new Talk().login().ask(query('q')).forget()
    const row = typed('D', Buffer.alloc(200_000))
    for (let at = 0; at < row.length; at += 50_000) talk.answer(row.subarray(at, at + 50_000))
    talk.answer(done('SELECT 1'), READY())
    assert.deepEqual(new Set(talk.lines.slice(0, -2)), new Set(['< DataRow 2 q']))
    assert.equal(talk.lines.at(-1), '< ReadyForQuery 2! q')
  })

  it('takes the head of a statement of 50 MiB, and pairs it', () => {
    const talk = new Talk().login()
    const sql = typed('Q', Buffer.concat([Buffer.from('insert into big values ('), Buffer.alloc(50 * 2 ** 20, '1'), Buffer.from(')\0')]))
    for (let at = 0; at < sql.length; at += 2 ** 20) talk.ask(sql.subarray(at, at + 2 ** 20))
    assert.deepEqual([talk.facets[0]?.table, talk.facets[30]?.table, talk.facets[0]?.fingerprint], ['big', 'big', 'insert into big values (?…'])
    assert.deepEqual(talk.forget().answer(done('INSERT 0 1'), READY()).lines.map((line) => line.slice(0, 20)), ['< CommandComplete 2 ', '< ReadyForQuery 2! i'])
  })

  it('keeps 100,000 of a pipeline apart', () => {
    const conversation = new PostgresConversation()
    conversation.toServer.feed(STARTUP)
    conversation.toClient.feed(AUTHENTICATION_OK)
    const many = 100_000
    const client = Buffer.concat(Array.from({ length: many }, () => Buffer.concat([bind(''), execute(), SYNC])))
    for (const message of conversation.toServer.feed(client)) conversation.sent(message, conversation.asked(message).exchange, null)
    const server = Buffer.concat(Array.from({ length: many }, (_, n) => (n % 7 === 3 ? Buffer.concat([error(), READY()]) : Buffer.concat([BOUND, done('OK'), READY()]))))
    const ended = conversation.toClient.feed(server).map((message) => conversation.received(message)).filter((paired) => paired?.last).map((paired) => paired?.exchange)
    assert.deepEqual(ended, Array.from({ length: many }, (_, n) => n + 1))
  })

  it('gives up pairing, and says so, rather than hold without bound', () => {
    const conversation = new PostgresConversation()
    conversation.toServer.feed(STARTUP)
    const [sync] = conversation.toServer.feed(SYNC)
    assert.ok(sync)
    for (let n = 0; n <= UNANSWERED_MAX; n++) conversation.sent(sync, n, null)
    assert.deepEqual([conversation.lost, conversation.unanswered], [true, 0])
    conversation.toClient.feed(AUTHENTICATION_OK)
    const [ready] = conversation.toClient.feed(READY())
    assert.equal(ready && conversation.received(ready), null)
  })

  it('remembers no more than so many statements', () => {
    const talk = new Talk().login()
    for (let n = 0; n < 2500; n++) talk.ask(parse(`s${n}`, `select ${n}`))
    talk.forget().ask(bind('s0'), bind('s2499'))
    assert.deepEqual(talk.facets.map(({ sql }) => sql), [undefined, 'select 2499'])
  })

  it('does not count a statement twice that is prepared anew, and forgets the oldest past 4 MiB', () => {
    const long = 'x'.repeat(60_000)
    const talk = new Talk().login().ask(parse('kept', 'select kept'))
    for (let n = 0; n < 100; n++) talk.ask(parse('again', long))
    assert.equal(talk.forget().ask(bind('kept')).facets[0]?.sql, 'select kept')
    for (let n = 0; n < 100; n++) talk.ask(parse(`long ${n}`, long))
    assert.deepEqual(talk.forget().ask(bind('kept'), bind('long 0'), bind('long 99')).facets.map(({ sql }) => sql?.length), [undefined, undefined, long.length])
  })

  it('has an exchange for a cancel request, and nothing to wait for', () => {
    const talk = new Talk().ask(startup(80877102, '\0\0\0\x2axxxx'))
    assert.deepEqual([talk.lines, talk.facets[0]?.phase, talk.conversation.unanswered], [['> CancelRequest 1'], 'cancel', 0])
  })

  it('pairs every order of requests and errors as a model of the server does', () => {
    type Step = 'query' | 'parse' | 'bind' | 'execute' | 'sync'
    const steps = fc.array(fc.tuple(fc.constantFrom<Step>('query', 'parse', 'bind', 'execute', 'sync'), fc.boolean()), { maxLength: 30 })
    fc.assert(fc.property(steps, fc.nat(), (plan, lag) => {
      const talk = new Talk().login()
      const pending: { bytes: Buffer[]; exchange: number }[] = []
      const expected: string[] = []
      const deliver = (): void => {
        const next = pending.shift()
        if (!next) return
        const from = talk.lines.length
        talk.answer(...next.bytes)
        expected.push(...talk.lines.slice(from).map((line) => line.replace(/ \d+(!?).*$/, ` ${next.exchange}$1`)))
        assert.deepEqual(talk.lines.slice(from).map((line) => line.replace(/(\d+!?).*$/, '$1')), expected.slice(-next.bytes.length))
        assert.ok(!talk.lines.slice(from).some((line) => line.endsWith('-')))
      }
      let skipping = false
      plan.forEach(([step, fails], n) => {
        const bytes = { query: query('q'), parse: parse('', 'p'), bind: bind(''), execute: execute(), sync: SYNC }[step]
        talk.ask(bytes)
        const exchange = Number(talk.lines.at(-1)?.split(' ')[2])
        if (step === 'sync') pending.push({ bytes: [READY()], exchange })
        else if (!skipping && step === 'query') pending.push({ bytes: fails ? [error(), READY()] : [done('Q'), READY()], exchange })
        else if (!skipping) {
          pending.push({ bytes: [fails ? error() : { parse: PARSED, bind: BOUND, execute: done('X') }[step as 'parse' | 'bind' | 'execute']], exchange })
          skipping = fails
        }
        if (step === 'sync') skipping = false
        if ((n + lag) % 3 === 0) deliver()
      })
      while (pending.length > 0) deliver()
    }), { numRuns: 500 })
  })
})
