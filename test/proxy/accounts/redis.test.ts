import assert from 'node:assert/strict'
import { ms } from '../../../src/core/units.ts'
import { HEAD_MAX } from '../../../src/protocols/codec.ts'
import { NAMES_MAX } from '../../../src/proxy/accounts/register.ts'
import { array, bulk, command, push } from '../../protocols/redis/wire.ts'
import { Books, lineOf, type Said } from './books.ts'

const words = (...requests: readonly string[]): Buffer[] => requests.map((request) => command(...request.split(' ')))
const says = (...requests: readonly string[]) => (said: Said): Said => said.ask(...words(...requests))

describe('accounts of redis', () => {
  it('times each command of a pipeline from its first byte to the last of its answer', () => {
    const books = new Books('redis')
    const said = says('GET user:1', 'GET user:2')(books.session())
    said.wait(3).answer(bulk('ada')).wait(4)
    says('INCR hits')(said).answer('$-1\r\n').wait(2).answer(':1\r\n')
    assert.deepEqual(books.lines(), ['GET user:*: 2/2 ok, 3ms 7ms, 1 hit 1 miss', 'INCR hits: 1/1 ok, 2ms'])
  })

  it('counts errors by their code, and leaves them out of the times', () => {
    const books = new Books('redis')
    says('INCR name', 'GET name', 'INCR name')(books.session()).wait(1).answer('-WRONGTYPE no\r\n', bulk('x'), '-something else\r\n')
    assert.deepEqual(books.lines(), ['INCR name: 0/2 ok, 1 WRONGTYPE, 1 ERR', 'GET name: 1/1 ok, 1ms, 1 hit 0 miss'])
  })

  it('takes what a command in MULTI waits for QUEUED for no time of its own: EXEC has it', () => {
    const books = new Books('redis')
    const said = says('MULTI', 'GET user:1', 'SET user:1 x', 'EXEC')(books.session())
    said.wait(1).answer('+OK\r\n', '+QUEUED\r\n', '+QUEUED\r\n').wait(5).answer(array(bulk('a'), '+OK\r\n'))
    assert.deepEqual(books.lines(), ['MULTI: 1/1 ok, 1ms', 'GET user:*: 1/1 ok', 'SET user:*: 1/1 ok', 'EXEC: 1/1 ok, 6ms'])
  })

  it('leaves pushes and messages of channels alone, and ends a SUBSCRIBE with its last confirmation', () => {
    const books = new Books('redis')
    const said = says('SUBSCRIBE a b')(books.session())
    said.wait(1).answer(array(bulk('subscribe'), bulk('a'), ':1\r\n'), array(bulk('message'), bulk('a'), bulk('hello'))).wait(1).answer(array(bulk('subscribe'), bulk('b'), ':2\r\n'))
    said.answer(array(bulk('message'), bulk('b'), bulk('late')), push(bulk('invalidate'), array(bulk('k'))))
    assert.deepEqual(books.lines(), ['SUBSCRIBE: 1/1 ok, 2ms'])
  })

  it('does not time what waits for data, nor what stands behind it', () => {
    const books = new Books('redis')
    const said = says('BLPOP queue 0', 'GET user:1')(books.session())
    said.wait(60_000).answer(array(bulk('queue'), bulk('job')), bulk('ada'))
    says('GET user:1', 'XREAD COUNT 1 STREAMS log 0', 'XREAD BLOCK 0 STREAMS log $')(said).wait(2).answer(bulk('ada'), '*-1\r\n').wait(500).answer('*-1\r\n')
    assert.deepEqual(books.lines(), ['BLPOP queue: 1/1 ok', 'GET user:*: 2/2 ok, 2ms, 2 hit 0 miss', 'XREAD log: 2/2 ok, 2ms'])
  })

  it('tells what we held back from what the server took', () => {
    const books = new Books('redis')
    const said = says('GET user:1')(books.session())
    said.wait(20).accounts.heldBack(said.exchange, ms(20))
    said.wait(10).answerHeld(5, bulk('ada'))
    says('GET user:1')(said).wait(2).answer(bulk('ada'))
    assert.deepEqual(books.lines(), ['GET user:*: 2/2 ok, 2ms 30ms, server 2ms 5ms, held 25, 2 hit 0 miss'])
  })

  it('counts a fault that answers in the server\'s place, and lets go of what a fault took away', () => {
    const books = new Books('redis')
    const said = books.session().lose(...words('GET user:1'))
    said.wait(1).accounts.replied(said.exchange, 'LOADING', books.now)
    said.lose(...words('SET user:1 x')).ask(...words('GET user:1')).wait(1).answer(bulk('ada'))
    assert.deepEqual(books.lines(), ['GET user:*: 1/2 ok, 1 LOADING, 1ms, 1 hit 0 miss', 'SET user:*: 0/1 ok'])
    assert.equal(books.accounts.figures().named.reduce((sum, { inFlight }) => sum + inFlight, 0), 0)
  })

  it('CLIENT REPLY OFF: nothing is owed', () => {
    const books = new Books('redis')
    const said = says('CLIENT REPLY OFF', 'SET a 1', 'SET b 1', 'CLIENT REPLY ON', 'PING')(books.session())
    said.wait(1).answer('+OK\r\n', '+PONG\r\n')
    assert.deepEqual(books.lines(), ['CLIENT REPLY: 1/2 ok, 1ms', 'SET a: 0/1 ok', 'SET b: 0/1 ok', 'PING: 1/1 ok, 1ms'])
    assert.equal(books.accounts.figures().named.reduce((sum, { inFlight }) => sum + inFlight, 0), 0)
  })

  it('counts as failed what was open when its session ended, once', () => {
    const books = new Books('redis')
    says('GET user:1', 'GET user:2')(books.session()).wait(1).answer(bulk('ada')).close().close()
    assert.deepEqual(books.lines(), ['GET user:*: 1/2 ok, 1 closed, 1ms, 1 hit 0 miss'])
  })

  it('ends with the last part of a large answer, a hit all the same', () => {
    const books = new Books('redis')
    const said = says('GET blob', 'PING')(books.session())
    said.wait(1).answer(`$${2 * HEAD_MAX}\r\n`, 'x'.repeat(HEAD_MAX)).wait(2).answer('x'.repeat(HEAD_MAX), '\r\n+PONG\r\n')
    assert.deepEqual(books.lines(), ['GET blob: 1/1 ok, 3ms, 1 hit 0 miss', 'PING: 1/1 ok, 3ms'])
  })

  it('knows hits and misses of what reads one value, many, or all of them', () => {
    const books = new Books('redis')
    const said = says('MGET a b c', 'HMGET h x y', 'HGETALL h', 'HGETALL none', 'HGET h x', 'SMEMBERS s', 'GET k', 'LRANGE l 0 -1', 'STRLEN k')(books.session())
    said.answer(array(bulk('1'), '$-1\r\n', bulk('3')), array('$-1\r\n', '$-1\r\n'), array(bulk('x'), bulk('1')), '*0\r\n', '$-1\r\n', array(bulk('m')), '_\r\n', '*0\r\n', ':0\r\n')
    const found = new Map(books.figures().parts.map((part) => [`${part.of['command']} ${part.of['key']}`, [part.hits ?? 0, part.misses ?? 0]]))
    assert.deepEqual(Object.fromEntries(found), {
      'MGET a': [2, 1], 'HMGET h': [0, 2], 'HGETALL h': [1, 0], 'HGETALL none': [0, 1], 'HGET h': [0, 1], 'SMEMBERS s': [1, 0], 'GET k': [0, 1], 'LRANGE l': [0, 0], 'STRLEN k': [0, 0],
    })
  })

  it('keeps so many names, and for more of them the command at least', () => {
    const books = new Books('redis')
    const word = (n: number): string => String.fromCharCode(103 + Math.floor(n / 20), 103 + (n % 20))
    const said = books.session()
    for (let n = 0; n < 2 * NAMES_MAX; n++) said.ask(command('GET', `${word(n)}:1`)).answer(bulk('x'))
    const { parts } = books.figures()
    assert.equal(parts.length, NAMES_MAX + 1)
    assert.equal(lineOf(parts.at(-1) ?? assert.fail()).replace(/, 0ms.*/, ''), `GET other: ${NAMES_MAX}/${NAMES_MAX} ok`)
  })

  it('shows no word that may be a value: what is no command is unknown', () => {
    const books = new Books('redis')
    const said = says('hunter2', 'JSON.GET doc:7 $', 'CONFIG s3kret', 'SET token:ab12cd34ef s3cr3t')(books.session())
    said.ask(Buffer.from('swordfish please\r\n')).answer('-ERR unknown\r\n', bulk('{}'), '-ERR no\r\n', '+OK\r\n', '-ERR unknown\r\n')
    assert.deepEqual(books.lines().map((line) => line.split(':').slice(0, -1).join(':')), ['unknown command', 'JSON.GET', 'CONFIG', 'SET token:*'])
  })

  it('keeps nothing of a pipeline of a hundred thousand, once it is answered', () => {
    const books = new Books('redis')
    const said = books.session()
    for (let n = 0; n < 100; n++) said.ask(Buffer.concat(Array.from({ length: 1000 }, () => command('GET', 'k'))))
    assert.equal(books.accounts.figures().named[0]?.inFlight, 100_000)
    said.wait(9)
    for (let n = 0; n < 100; n++) said.answer('+v\r\n'.repeat(1000))
    const { named } = books.accounts.figures()
    assert.deepEqual([named[0]?.inFlight, named[0]?.ok, books.figures().inFlight], [0, 100_000, 100_000])
  })

  it('cuts buckets where it was told, with what was open in each', () => {
    const books = new Books('redis')
    books.accounts.cut(ms(1000), ms(100))
    const said = says('GET k')(books.session())
    said.wait(250).answer(bulk('x')).wait(100)
    says('GET k')(said).answer(bulk('x'))
    const { figures } = books.accounts.take(ms(1400))
    assert.deepEqual(figures.map(({ start, parts }) => [start, ...parts.map((part) => `${part.offered} ${part.ok} ${part.inFlight ?? 0}`)]), [[1000, '1 0 1'], [1100, '0 0 1'], [1200, '0 1 1'], [1300, '1 1 1']])
    assert.deepEqual(books.accounts.take(ms(1400)).figures, [])
    const [total] = books.accounts.figures().named
    assert.deepEqual([total?.offered, total?.ok, total?.durations.counts.reduce((sum, one) => sum + one, 0), total?.durations.sum], [2, 2, 2, 250])
  })
})
