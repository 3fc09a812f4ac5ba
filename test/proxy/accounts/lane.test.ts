import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ms } from '../../../src/core/units.ts'
import { HEAD_MAX } from '../../../src/protocols/codec.ts'
import { RedisConversation } from '../../../src/protocols/redis/conversation.ts'
import { Accounts } from '../../../src/proxy/accounts/accounts.ts'
import { laneOf } from '../../../src/proxy/accounts/lane.ts'
import { array, bulk, command, push } from '../../protocols/redis/wire.ts'
import { inPieces } from '../../protocols/cuts.ts'
import { sameBothWays, sameUnderEveryCut, type Passed } from './ways.ts'

const asks = (...requests: readonly string[]) => ['to-server', Buffer.concat(requests.map((request) => command(...request.split(' '))))] as const
const answers = (...replies: readonly string[]) => ['to-client', Buffer.from(replies.join(''))] as const
const large = 'x'.repeat(HEAD_MAX)

/** Sessions in which plain messages stand beside all that is not. */
const SESSIONS: Readonly<Record<string, Passed>> = {
  'every plain reply': [
    asks('GET user:1', 'get user:2', 'SET user:1 x', 'INCR n', 'PING', 'HGET h f', 'ZSCORE z m', 'MSET a 1 b 2', 'EXISTS a b', 'SISMEMBER s m', 'INCRBYFLOAT f 1'),
    answers(bulk('ada'), '$-1\r\n', '+OK\r\n', ':1\r\n', '+PONG\r\n', '_\r\n', ',1.5\r\n', '+OK\r\n', ':2\r\n', '#t\r\n', '(123\r\n'),
  ],
  'errors, aggregates, attributes, empty and odd replies between': [
    asks('GET user:1', 'INCR name', 'MGET a b', 'GET user:1', 'HGETALL h', 'GET user:2', 'LRANGE l 0 -1', 'GET user:3', 'GET user:4', 'GET user:5'),
    answers(bulk('ada'), '-WRONGTYPE no\r\n', array(bulk('1'), '$-1\r\n'), bulk(''), '%1\r\n+a\r\n+b\r\n', '!9\r\nERR ababa\r\n', '*0\r\n', '|1\r\n+ttl\r\n:1\r\n$1\r\nx\r\n', '=5\r\ntxt:a\r\n', '+a\rb\r\r\n'),
  ],
  'a transaction': [
    asks('GET a', 'MULTI', 'GET user:1', 'SET user:1 x', 'EXEC', 'GET a'), answers('$-1\r\n', '+OK\r\n', '+QUEUED\r\n', '+QUEUED\r\n', array(bulk('x'), '+OK\r\n')),
    answers(bulk('q')), asks('WATCH a', 'MULTI', 'SELECT 3', 'EXEC', 'GET a'), answers('+OK\r\n', '+OK\r\n', '+QUEUED\r\n', array('+OK\r\n'), bulk('QUEUED')),
  ],
  'pub/sub of RESP2, and after it': [
    asks('GET a', 'SUBSCRIBE x y', 'PING'), answers(bulk('1'), array(bulk('subscribe'), bulk('x'), ':1\r\n'), array(bulk('subscribe'), bulk('y'), ':2\r\n'), array(bulk('pong'), bulk(''))),
    answers(array(bulk('message'), bulk('x'), bulk('hi'))), asks('UNSUBSCRIBE', 'GET a'),
    answers(array(bulk('unsubscribe'), bulk('x'), ':1\r\n'), array(bulk('unsubscribe'), bulk('y'), ':0\r\n'), bulk('1')),
  ],
  'RESP3, a name, a database, pushes': [
    asks('HELLO 3 SETNAME me', 'SELECT 2', 'CLIENT TRACKING ON', 'GET a'), answers('%1\r\n+server\r\n+redis\r\n', '+OK\r\n', '+OK\r\n', bulk('1'), push(bulk('invalidate'), array(bulk('a')))),
    asks('GET a', 'CLIENT SETNAME you', 'GET b', 'RESET', 'GET a'), answers('_\r\n', '+OK\r\n', push(bulk('message'), bulk('x'), bulk('hi')), bulk('2'), '+RESET\r\n', bulk('1')),
  ],
  'answers that were not wanted': [
    asks('CLIENT REPLY SKIP', 'GET a', 'GET b', 'CLIENT REPLY OFF', 'SET a 1', 'SET b 1', 'CLIENT REPLY ON', 'GET c'), answers(bulk('b'), '+OK\r\n', bulk('c')),
  ],
  'MONITOR': [asks('GET a', 'MONITOR', 'GET b'), answers(bulk('1'), '+OK\r\n', '+1700000000.123456 [0 127.0.0.1:5000] "get" "k"\r\n', bulk('2'), '+1700000001.123456 [0 lua] "get" "k"\r\n')],
  'what waits, and stands behind what waits': [
    asks('BLPOP q 0', 'GET a', 'XREAD BLOCK 0 STREAMS s $', 'GET b', 'WAIT 1 0'), answers(array(bulk('q'), bulk('j')), bulk('1')), asks('GET c'), answers('*-1\r\n', bulk('2'), ':1\r\n', bulk('3')),
  ],
  'inline commands, nothing, containers, modules, what is unknown, keys that are not there': [
    ['to-server', Buffer.from('GET a\r\nPING\n\r\n*0\r\n*1\r\n$4\r\nPING\r\n')], asks('OBJECT ENCODING a', 'CONFIG GET x', 'JSON.GET d', 'hunter2 x', 'GET', 'GETX a', 'EVAL x 0', 'SORT l', 'EVALSHA x 1 k', 'CLIENT ID'),
    answers(bulk('1'), '+PONG\r\n', '+PONG\r\n', bulk('raw'), '*0\r\n', bulk('{}'), '-ERR unknown\r\n', '-ERR args\r\n', '-ERR unknown\r\n', ':1\r\n', '*0\r\n', '_\r\n', ':7\r\n'),
  ],
  'a reply that nobody asked for': [answers('+OK\r\n', bulk('x')), asks('GET a'), answers(bulk('1'), ':1\r\n')],
  'a client that asks again': [asks('GET a', 'GET a', 'GET b'), answers(bulk('1'), bulk('1'), bulk('2')), asks('GET a'), answers(bulk('1'))],
  'no Redis, from the client': [asks('GET a'), ['to-server', Buffer.from('*2\r\n$3\r\nGET\r\n$x\r\na\r\n')], asks('GET a'), answers(bulk('1'), bulk('1'))],
  'no Redis, from the server': [asks('GET a', 'GET b'), answers(bulk('1'), '$3\r\nabcd\r\n'), answers('+OK\r\n'), asks('GET a')],
  'replication': [asks('GET a', 'PSYNC ? -1'), asks('GET b'), answers(bulk('1'), '+FULLRESYNC a 0\r\n', bulk('2'))],
}

describe('the short way of redis', () => {
  for (const [name, passed] of Object.entries(SESSIONS)) {
    it(`comes to the same as the decoder under every cut: ${name}`, () => sameUnderEveryCut(passed))
  }

  it('comes to the same for messages past the head that is held, and at its bound', () => {
    const sized = (length: number): string => bulk('x'.repeat(length - 11 + 2))
    for (const value of [large + large, large, sized(HEAD_MAX - 1), sized(HEAD_MAX), sized(HEAD_MAX + 1)]) {
      const passed: Passed = [['to-server', Buffer.concat([command('SET', 'a', value.slice(0, 70_000)), command('GET', 'a'), command('GET', 'b')])], answers('+OK\r\n', value.startsWith('$') ? value : bulk(value), bulk('1'))]
      sameBothWays(passed)
      for (const size of [HEAD_MAX, 50_000, 1000]) sameBothWays(passed.flatMap(([direction, bytes]) => inPieces(bytes, [size]).map((piece) => [direction, piece] as const)))
    }
  })

  it('comes to the same whatever is said, in whatever pieces', () => {
    const requests = ['GET user:1', 'GET user:2', 'SET user:1 x', 'GET', 'MULTI', 'EXEC', 'SUBSCRIBE x', 'UNSUBSCRIBE', 'HELLO 3', 'RESET', 'MONITOR', 'CLIENT REPLY SKIP', 'CLIENT REPLY ON', 'BLPOP q 0', 'MGET a b', 'nothing', 'PING', 'SELECT 1']
    const replies = [bulk('ada'), '$-1\r\n', '_\r\n', ':1\r\n', '+OK\r\n', '+QUEUED\r\n', '-ERR no\r\n', '*-1\r\n', array(bulk('x'), '$-1\r\n'), array(bulk('subscribe'), bulk('x'), ':1\r\n'), push(bulk('message'), bulk('x'), bulk('y')), '%0\r\n', ',1\r\n', '#f\r\n', '$03\r\nabc\r\n', '$-01\r\n', '$?\r\n;1\r\na\r\n;0\r\n', '+1700000000.123456 [0 a] "get"\r\n', ' \r\n']
    const chunk = fc.oneof(
      { weight: 5, arbitrary: fc.array(fc.constantFrom(...requests), { minLength: 1, maxLength: 6 }).map((all) => asks(...all)) },
      { weight: 5, arbitrary: fc.array(fc.constantFrom(...replies), { minLength: 1, maxLength: 6 }).map((all) => answers(...all)) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('to-server', 'to-client'), fc.string({ unit: fc.constantFrom(...'*$12\r\nGETa+:'), minLength: 1, maxLength: 12 }).map((text) => Buffer.from(text))) },
    )
    fc.assert(fc.property(fc.array(chunk, { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }), (said, lengths) => {
      sameBothWays(said.flatMap(([direction, bytes]) => inPieces(bytes, lengths).map((piece) => [direction, piece] as const)))
    }), { numRuns: 300 })
  })

  it('is taken: of plain pipelines nothing is left to the decoder', () => {
    const conversation = new RedisConversation()
    const lane = laneOf(conversation, new Accounts('target', 'redis').session(1, '10.0.0.1', ms(0))) ?? assert.fail('no short way')
    const [[, asked], [, answered]] = [asks('GET user:1', 'SET user:1 x', 'DEL a b', 'PING'), answers(bulk('ada'), '+OK\r\n', ':2\r\n', '+PONG\r\n')]
    assert.equal(lane.skim('to-server', asked, 0, ms(1)), asked.length)
    assert.equal(conversation.unanswered, 4)
    assert.equal(lane.skim('to-client', answered, 0, ms(2)), answered.length)
    assert.deepEqual([conversation.unanswered, lane.answered], [0, 4])
  })
})
