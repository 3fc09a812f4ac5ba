import assert from 'node:assert/strict'
import { HEAD_MAX } from '../../../src/protocols/codec.ts'
import { RedisConversation, UNANSWERED_MAX } from '../../../src/protocols/redis/conversation.ts'
import { Talk } from './talk.ts'
import { array, bulk, command, push } from './wire.ts'

const confirmed = (word: string, channel: string | null, count: number): string[] => [bulk(word), channel === null ? '$-1\r\n' : bulk(channel), `:${count}\r\n`]

describe('redis conversation', () => {
  it('pairs a pipeline in order', () => {
    new Talk().ask('SET k v', 'GET k', 'INCR k').answer('+OK\r\n', bulk('v'), '-ERR value is not an integer or out of range\r\n')
      .says('> SET 1', '> GET 2', '> INCR 3', '< SimpleString SET 1!', '< BulkString GET 2!', '< SimpleError INCR 3!')
  })

  it('expects nothing of what asks for nothing', () => {
    new Talk().askRaw(Buffer.from('\r\n*0\r\n*-1\r\nPING\r\n')).answer('+PONG\r\n')
      .says('> Nothing 1', '> Nothing 2', '> Nothing 3', '> PING 4', '< SimpleString PING 4!')
  })

  it('counts what was sent, not what the client meant', () => {
    const talk = new Talk()
    const [first, second] = talk.conversation.toServer.feed(Buffer.concat([command('GET', 'a'), command('GET', 'b')]))
    assert.ok(first && second)
    talk.conversation.asked(first)
    talk.conversation.sent(second, talk.conversation.asked(second).exchange, null)
    talk.answer(bulk('b')).says('< BulkString GET 2!')
  })

  it('a reply in parts belongs to one exchange, and ends it with its last byte', () => {
    const talk = new Talk().ask('GET big', 'PING')
    talk.lines = []
    talk.answer(`$${2 * HEAD_MAX}\r\n`, 'x'.repeat(HEAD_MAX)).answer('x'.repeat(HEAD_MAX - 1)).answer('x\r', '\n+PONG\r\n')
      .says('< BulkString GET 1', '< BulkString GET 1', '< BulkString GET 1', '< BulkString GET 1!', '< SimpleString PING 2!')
  })

  it('a greeting of the server belongs to nobody', () => {
    new Talk().answer('-ERR max number of clients reached\r\n').says('< SimpleError -')
  })

  it('RESP2: one confirmation a channel; messages belong to none', () => {
    new Talk().ask('GET k', 'SUBSCRIBE a b').answer('$-1\r\n', array(...confirmed('subscribe', 'a', 1)), array(bulk('message'), bulk('a'), bulk('hello')), array(...confirmed('subscribe', 'b', 2)))
      .says('> GET 1', '> SUBSCRIBE 2', '< BulkString GET 1!', '< Array SUBSCRIBE 2', '< Array -', '< Array SUBSCRIBE 2!')
      .ask('PING').answer(array(bulk('pmessage'), bulk('*'), bulk('a'), bulk('x')), array(bulk('pong'), bulk(''))).says('> PING 3', '< Array -', '< Array PING 3!')
      .ask('UNSUBSCRIBE').answer(array(...confirmed('unsubscribe', 'b', 1)), array(...confirmed('unsubscribe', 'a', 0))).says('> UNSUBSCRIBE 4', '< Array UNSUBSCRIBE 4', '< Array UNSUBSCRIBE 4!')
      .ask('LRANGE k 0 -1').answer(array(bulk('message'), bulk('a'), bulk('b'))).says('> LRANGE 5', '< Array LRANGE 5!')
  })

  it('UNSUBSCRIBE from nothing is answered once', () => {
    new Talk().ask('UNSUBSCRIBE', 'PUNSUBSCRIBE', 'GET k').answer(array(...confirmed('unsubscribe', null, 0)), array(...confirmed('punsubscribe', null, 0)), bulk('v'))
      .says('> UNSUBSCRIBE 1', '> PUNSUBSCRIBE 2', '> GET 3', '< Array UNSUBSCRIBE 1!', '< Array PUNSUBSCRIBE 2!', '< BulkString GET 3!')
  })

  it('channels and patterns share a count, and end apart', () => {
    new Talk().ask('SUBSCRIBE a', 'PSUBSCRIBE p*', 'SSUBSCRIBE s', 'UNSUBSCRIBE', 'PUNSUBSCRIBE', 'SUNSUBSCRIBE')
      .answer(...[confirmed('subscribe', 'a', 1), confirmed('psubscribe', 'p*', 2), confirmed('ssubscribe', 's', 1), confirmed('unsubscribe', 'a', 1), confirmed('punsubscribe', 'p*', 0), confirmed('sunsubscribe', 's', 0)].map((one) => array(...one)))
      .says('> SUBSCRIBE 1', '> PSUBSCRIBE 2', '> SSUBSCRIBE 3', '> UNSUBSCRIBE 4', '> PUNSUBSCRIBE 5', '> SUNSUBSCRIBE 6',
        '< Array SUBSCRIBE 1!', '< Array PSUBSCRIBE 2!', '< Array SSUBSCRIBE 3!', '< Array UNSUBSCRIBE 4!', '< Array PUNSUBSCRIBE 5!', '< Array SUNSUBSCRIBE 6!')
  })

  it('a refused SUBSCRIBE is answered once, whatever it asked for', () => {
    new Talk().ask('SUBSCRIBE a b c', 'GET k').answer('-NOPERM no\r\n', bulk('v')).says('> SUBSCRIBE 1', '> GET 2', '< SimpleError SUBSCRIBE 1!', '< BulkString GET 2!')
  })

  it('RESP3: confirmations are pushes, and so are messages amid replies', () => {
    new Talk().ask('HELLO 3').answer('%1\r\n+proto\r\n:3\r\n').says('> HELLO 1', '< Map HELLO 1!')
      .ask('GET a', 'SUBSCRIBE x y', 'LRANGE l 0 -1')
      .answer(push(bulk('invalidate'), array(bulk('k'))), bulk('v'), push(...confirmed('subscribe', 'x', 1)), push(bulk('message'), bulk('x'), bulk('1')), push(...confirmed('subscribe', 'y', 2)), array(bulk('message'), bulk('x'), bulk('1')))
      .says('> GET 2', '> SUBSCRIBE 3', '> LRANGE 4', '< Push -', '< BulkString GET 2!', '< Push SUBSCRIBE 3', '< Push -', '< Push SUBSCRIBE 3!', '< Array LRANGE 4!')
  })

  it('the server unsubscribes on its own: nobody asked', () => {
    new Talk().ask('SSUBSCRIBE s').answer(array(...confirmed('ssubscribe', 's', 1)), array(...confirmed('sunsubscribe', 's', 0))).says('> SSUBSCRIBE 1', '< Array SSUBSCRIBE 1!', '< Array -')
      .ask('GET k').answer(bulk('v')).says('> GET 2', '< BulkString GET 2!')
  })

  it('a transaction is answered command by command, and once more', () => {
    new Talk().ask('MULTI', 'SET a 1', 'SUBSCRIBE x y', 'EXEC', 'GET a').answer('+OK\r\n', '+QUEUED\r\n', '+QUEUED\r\n', array('+OK\r\n', array(...confirmed('subscribe', 'x', 1))), array(...confirmed('subscribe', 'y', 2)), '-ERR no\r\n')
      .says('> MULTI 1', '> SET 2', '> SUBSCRIBE 3', '> EXEC 4', '> GET 5', '< SimpleString MULTI 1!', '< SimpleString SET 2!', '< SimpleString SUBSCRIBE 3!', '< Array EXEC 4', '< Array EXEC 4!', '< SimpleError GET 5!')
  })

  it('MONITOR streams amid replies until RESET', () => {
    const seen = '+1700000000.123456 [0 127.0.0.1:5000] "get" "k"\r\n'
    new Talk().ask('MONITOR', 'PING').answer('+OK\r\n', seen, '+PONG\r\n', seen).says('> MONITOR 1', '> PING 2', '< SimpleString MONITOR 1!', '< SimpleString -', '< SimpleString PING 2!', '< SimpleString -')
      .ask('RESET').answer(seen, '+RESET\r\n').says('> RESET 3', '< SimpleString -', '< SimpleString RESET 3!')
      .ask('GET k').answer(seen).says('> GET 4', '< SimpleString GET 4!')
  })

  it('CLIENT REPLY OFF: nothing is answered until ON', () => {
    new Talk().ask('CLIENT REPLY OFF', 'SET a 1', 'GET a', 'CLIENT REPLY SKIP', 'CLIENT REPLY ON', 'PING').answer('+OK\r\n', '+PONG\r\n')
      .says('> CLIENT REPLY 1', '> SET 2', '> GET 3', '> CLIENT REPLY 4', '> CLIENT REPLY 5', '> PING 6', '< SimpleString CLIENT REPLY 5!', '< SimpleString PING 6!')
  })

  it('CLIENT REPLY SKIP: the next command is not answered', () => {
    new Talk().ask('CLIENT REPLY SKIP', 'SET a 1', 'GET a', 'client reply maybe').answer(bulk('1'), '-ERR syntax error\r\n')
      .says('> CLIENT REPLY 1', '> SET 2', '> GET 3', '> CLIENT REPLY 4', '< BulkString GET 3!', '< SimpleError CLIENT REPLY 4!')
  })

  it('CLIENT REPLY OFF that was refused does not silence for ever', () => {
    new Talk().ask('CLIENT REPLY OFF').answer('-NOAUTH Authentication required.\r\n').says('> CLIENT REPLY 1', '< SimpleError -')
      .ask('PING').answer('-NOAUTH Authentication required.\r\n').says('> PING 2', '< SimpleError PING 2!')
  })

  it('a replication stream passes untouched', () => {
    const talk = new Talk().ask('REPLCONF listening-port 6380').answer('+OK\r\n').ask('PSYNC ? -1').answer('+FULLRESYNC 8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb 0\r\n', '$5\r\nREDIS0011')
      .says('> REPLCONF 1', '< SimpleString REPLCONF 1!', '> PSYNC 2', '< Opaque -')
    assert.equal(talk.conversation.lost, true)
    assert.equal(talk.conversation.toClient.broken, 'replication')
  })

  it('knows what waits for data, and only while it is its turn', () => {
    const talk = new Talk()
    const { conversation } = talk
    assert.equal(conversation.blocked, false)
    talk.ask('GET k', 'BLPOP q 0')
    assert.equal(conversation.blocked, false)
    talk.answer(bulk('v'))
    assert.equal(conversation.blocked, true)
    talk.answer('*-1\r\n').ask('XREAD STREAMS s 0')
    assert.equal(conversation.blocked, false)
    talk.answer('*-1\r\n').ask('XREADGROUP GROUP g c block 0 STREAMS s >')
    assert.equal(conversation.blocked, true)
  })

  it('RESP version, database and name are those that the next command will find', () => {
    const talk = new Talk()
    const { conversation } = talk
    const session = (): unknown[] => {
      const [message] = conversation.toServer.feed(command('PING'))
      assert.ok(message)
      const { db, client_name } = conversation.facets(message)
      return [conversation.resp, db, client_name]
    }
    assert.deepEqual(session(), [2, 0, undefined])
    talk.ask('HELLO 3 AUTH SETNAME secret SETNAME app', 'SELECT 4')
    assert.deepEqual(session(), [3, 4, 'app'])
    talk.answer('%0\r\n', '-ERR DB index is out of range\r\n')
    assert.deepEqual(session(), [3, 0, 'app'], 'what was refused is taken back')
    talk.ask('CLIENT SETNAME other', 'SELECT 2').answer('+OK\r\n', '+OK\r\n')
    assert.deepEqual(session(), [3, 2, 'other'])
    talk.ask('MULTI', 'SELECT 7', 'DISCARD').answer('+OK\r\n', '+QUEUED\r\n', '+OK\r\n')
    assert.deepEqual(session(), [3, 2, 'other'], 'what was queued and discarded is taken back')
    talk.ask('MULTI', 'SELECT 7', 'EXEC').answer('+OK\r\n', '+QUEUED\r\n', array('+OK\r\n'))
    assert.deepEqual(session(), [3, 7, 'other'])
    talk.ask('CLIENT REPLY SKIP', 'SELECT 1')
    assert.deepEqual(session(), [3, 1, 'other'])
    talk.ask('RESET').answer('+RESET\r\n')
    assert.deepEqual(session(), [2, 0, undefined])
    talk.ask('HELLO 4').answer('-NOPROTO unsupported protocol version\r\n')
    assert.deepEqual(session(), [2, 0, undefined])
  })

  it('a pipeline of 100,000 is paired in order', () => {
    const conversation = new RedisConversation()
    const COUNT = 100_000
    for (const message of conversation.toServer.feed(Buffer.alloc(14 * COUNT, '*1\r\n$4\r\nPING\r\n'))) conversation.sent(message, conversation.asked(message).exchange, null)
    assert.equal(conversation.unanswered, COUNT)
    const exchanges = conversation.toClient.feed(Buffer.alloc(7 * COUNT, '+PONG\r\n')).map((message) => conversation.received(message)?.exchange)
    assert.deepEqual(exchanges, Array.from({ length: COUNT }, (_, n) => n + 1))
    assert.equal(conversation.unanswered, 0)
  })

  it(`past ${UNANSWERED_MAX} unanswered commands pairing is given up, and said so`, () => {
    const conversation = new RedisConversation()
    const [message] = conversation.toServer.feed(command('PING'))
    assert.ok(message)
    for (let n = 0; n < UNANSWERED_MAX; n++) conversation.sent(message, n, null)
    assert.equal(conversation.lost, false)
    conversation.sent(message, UNANSWERED_MAX, null)
    assert.deepEqual([conversation.lost, conversation.unanswered], [true, 0])
    assert.deepEqual(conversation.toClient.feed(Buffer.from('+PONG\r\n')).map((reply) => conversation.received(reply)), [null])
  })
})
