import assert from 'node:assert/strict'
import fc from 'fast-check'
import { HEAD_MAX } from '../../../src/protocols/codec.ts'
import { RedisConversation } from '../../../src/protocols/redis/conversation.ts'
import type { RedisFacets } from '../../../src/protocols/redis/facets.ts'
import { elementsOf, errorOf, errorReply, isNil, OK } from '../../../src/protocols/redis/reply.ts'
import { countOf, wordsOf } from '../../../src/protocols/redis/words.ts'
import { command, one } from './wire.ts'

const conversation = new RedisConversation()
const facetsOf = (raw: Buffer | string): RedisFacets => conversation.facets(one('to-server', raw))
const shown = ({ command: name, key, db, client_name, type, error, nil, keys }: RedisFacets): string => JSON.stringify([name, key, db, client_name, type, error, nil, keys])
const everything = (facets: RedisFacets): string => shown(facets) + JSON.stringify(facets.keys())

describe('redis facets', () => {
  const NAMES: readonly (readonly [words: readonly string[], name: string | undefined])[] = [
    [['get', 'k'], 'GET'], [['GeT', 'k'], 'GET'], [['config', 'get', '*'], 'CONFIG GET'], [['CLIENT', 'setname', 'x'], 'CLIENT SETNAME'], [['client', 'setinfo', 'lib-name', 'x'], 'CLIENT SETINFO'],
    [['CLIENT'], 'CLIENT'], [['json.get', 'k'], 'JSON.GET'], [['CLIENT', 'no word, it is a p4ssword'], 'CLIENT'], [['x'.repeat(500)], 'X'.repeat(64)], [[''], undefined], [['GET\0', 'k'], 'GET\0'],
  ]
  for (const [words, name] of NAMES) {
    it(`${JSON.stringify(words).slice(0, 50)} is ${JSON.stringify(name)?.slice(0, 20)}`, () => assert.equal(facetsOf(command(...words)).command, name))
  }

  for (const words of [
    ['AUTH', 's3cr3t'], ['AUTH', 'user', 's3cr3t'], ['HELLO', '3', 'AUTH', 'user', 's3cr3t'], ['ACL', 'SETUSER', 'u', '>s3cr3t'], ['CONFIG', 'SET', 'requirepass', 's3cr3t'],
    ['MIGRATE', 'h', '1', 'k', '0', '10', 'AUTH', 's3cr3t'], ['MIGRATE', 'h', '1', '', '0', '10', 'AUTH2', 'u', 's3cr3t', 'KEYS', 'a'], ['SET', 'k', 's3cr3t'], ['EVAL', 's3cr3t', '1', 'k', 's3cr3t'],
  ]) {
    it(`${words.slice(0, 2).join(' ')}: no facet shows the password`, () => {
      const facets = facetsOf(command(...words))
      assert.ok(everything(facets).includes(words[0] ?? ''), 'it shows the command')
      assert.ok(!everything(facets).includes('s3cr3t'), everything(facets))
      assert.ok(!everything(facetsOf(`${words.map((word) => `"${word}"`).join(' ')}\r\n`)).includes('s3cr3t'), 'inline')
    })
  }

  it('keys of a request past the head are those that lie in it, and none is cut', () => {
    const wire = command('MGET', ...Array.from({ length: 10_000 }, (_, n) => `key:${n}`))
    const keys = facetsOf(wire).keys()
    assert.ok(wire.length > HEAD_MAX && keys.length > 1000 && keys.length < 10_000)
    assert.deepEqual(keys, keys.map((_, n) => `key:${n}`))
    assert.deepEqual(facetsOf(command('SET', 'x'.repeat(70_000), 'v')).keys(), [])
    assert.equal(facetsOf(command('BLPOP', ...Array.from({ length: 10_000 }, (_, n) => `key:${n}`), '0')).keys()[0], 'key:0')
  })

  it('a request that makes no sense names no keys, and throws nothing', () => {
    for (const words of [['EVAL'], ['EVAL', 'x', 'many'], ['EVAL', 'x', '99999999999', 'a'], ['EVAL', 'x', '-1', 'a'], ['XREAD'], ['XREAD', 'STREAMS'], ['MSET'], ['GET'], ['MIGRATE'], ['BLPOP'], ['ZUNIONSTORE']]) {
      assert.ok(facetsOf(command(...words)).keys().every((key) => words.includes(key)), words.join(' '))
    }
  })

  it('any request gives facets', () => {
    const word = fc.oneof(fc.constantFrom('EVAL', 'XREAD', 'STREAMS', 'CLIENT', 'REPLY', 'OFF', 'HELLO', '3', 'AUTH', 'SETNAME', 'SUBSCRIBE', 'UNSUBSCRIBE', 'MULTI', 'EXEC', 'RESET', 'SELECT', 'MIGRATE', 'SORT', 'STORE', '2', '-1', ''), fc.string({ unit: 'binary', maxLength: 8 }))
    fc.assert(fc.property(fc.array(fc.array(word, { maxLength: 6 }), { maxLength: 8 }), fc.uint8Array({ maxLength: 60 }), (requests, replies) => {
      const session = new RedisConversation()
      for (const message of session.toServer.feed(Buffer.concat(requests.map((words) => command(...words))))) {
        everything(session.facets(message))
        session.sent(message, session.asked(message).exchange, null)
      }
      for (const message of session.toClient.feed(Buffer.concat([Buffer.from('*2\r\n$9\r\nsubscribe\r\n$1\r\na\r\n>1\r\n$7\r\nmessage\r\n+OK\r\n'), Buffer.from(replies)]))) {
        session.received(message)
        everything(session.facets(message))
      }
    }), { numRuns: 1000 })
  })
})

describe('redis words', () => {
  const LINES: readonly (readonly [line: string, words: readonly string[]])[] = [
    ['PING\r\n', ['PING']], ['  set\tk  v \n', ['set', 'k', 'v']], ['"a b" \'c d\'\r\n', ['a b', 'c d']], ['"\\x41\\n\\q\\""\r\n', ['A\nq"']], ["'it\\'s \\n'\r\n", ["it's \\n"]],
    ['a"b c"\r\n', ['ab c']], ['"" x\r\n', ['', 'x']], ['"open\r\n', []], ['"a"b\r\n', []], ["'a\\'\r\n", []],
  ]
  for (const [line, words] of LINES) {
    it(`${JSON.stringify(line)} is ${JSON.stringify(words)}`, () => assert.deepEqual(wordsOf(Buffer.from(line)).map(String), words))
  }

  it('a line full of quotes and backslashes takes no time to refuse', () => {
    for (const piece of ['\\x41', "\\'", '"', '" "', "'", '\\"']) {
      for (const open of ['"', "'"]) {
        const started = performance.now()
        wordsOf(Buffer.from(open + piece.repeat(60_000 / piece.length)))
        const took = performance.now() - started
        assert.ok(took < 1000, `${open}${piece}… took ${took} ms`)
      }
    }
  })

  it('gives back what a client wrote, in views', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)), { minLength: 1, maxLength: 9 }), (words) => {
      const raw = command(...words)
      assert.deepEqual(wordsOf(raw), words)
      assert.equal(countOf(raw), words.length)
      assert.ok(wordsOf(raw).every(({ buffer }) => buffer === raw.buffer))
    }))
  })
})

describe('redis replies', () => {
  it('tells the code of an error, and no other word of it', () => {
    const CODES = { '-ERR no\r\n': 'ERR', '-WRONGTYPE x\r\n': 'WRONGTYPE', '-MOVED 1 h:1\r\n': 'MOVED', '!11\r\nOOM no more\r\n': 'OOM', '-unknown s3cr3t\r\n': 'ERR', '-\r\n': 'ERR', '-NOAUTH\r\n': 'NOAUTH', '+OK\r\n': undefined, '|1\r\n+a\r\n:1\r\n-BUSY x\r\n': 'BUSY' }
    for (const [wire, code] of Object.entries(CODES)) assert.equal(errorOf(one('to-client', wire)), code, wire)
  })

  it('tells null in each of its shapes', () => {
    for (const wire of ['$-1\r\n', '*-1\r\n', '_\r\n', '|1\r\n+a\r\n:1\r\n$-1\r\n']) assert.equal(isNil(one('to-client', wire)), true, wire)
    for (const wire of ['$0\r\n\r\n', '*0\r\n', ':0\r\n', '+-1\r\n', '$2\r\n-1\r\n']) assert.equal(isNil(one('to-client', wire)), false, wire)
  })

  it('reads the first elements, and stops at what is nested', () => {
    assert.deepEqual(elementsOf(one('to-client', '*4\r\n$1\r\na\r\n$-1\r\n:7\r\n*0\r\n'), 9).map((element) => element?.toString()), ['a', undefined, '7'])
    assert.deepEqual(elementsOf(one('to-client', '*-1\r\n'), 3), [])
  })

  it('builds errors that are one reply, whatever is in them', () => {
    assert.equal(errorReply('LOADING', 'Redis is loading the dataset in memory').toString(), '-LOADING Redis is loading the dataset in memory\r\n')
    assert.equal(errorReply('ERR', 'a\r\n+OK\r\nb').toString(), '-ERR a +OK b\r\n')
    assert.equal(one('to-client', OK).type, 'SimpleString')
  })
})
