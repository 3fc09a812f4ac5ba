/** One session's server, told otherwise: which messages are touched, what is collected, what is waited for. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HEAD_MAX } from '../../../src/protocols/codec.ts'
import { RedisConversation } from '../../../src/protocols/redis/conversation.ts'
import { COLLECTED_MAX, NodeRewriter } from '../../../src/protocols/redis/rewriter.ts'
import { rewriteNodes } from '../../../src/protocols/redis/topology.ts'
import type { NodeAddress } from '../../../src/protocols/redis/topology-text.ts'
import { inPieces } from '../cuts.ts'
import { ROOT } from '../../support/paths.ts'
import { array, bulk, command } from './wire.ts'

/** A session: what is asked, and what of an answer reaches the client. */
class Session {
  readonly conversation = new RedisConversation()
  readonly known = new Set<string>()
  readonly asked: NodeAddress[][] = []
  /** What was passed on as it came, or rewritten, message by message. */
  readonly how: ('same' | 'other' | 'later')[] = []
  readonly #rewriter: NodeRewriter

  constructor(discover: (session: Session, nodes: readonly NodeAddress[]) => Promise<void> = (session, nodes) => session.learn(nodes)) {
    this.#rewriter = new NodeRewriter({
      tls: false,
      map: ({ host, port }) => (this.known.has(`${host}:${port}`) ? { host: 'proxy', port: port + 1 } : undefined),
      discover: (nodes) => { this.asked.push([...nodes]); return discover(this, nodes) },
    })
  }

  learn(nodes: readonly NodeAddress[]): Promise<void> {
    for (const { host, port } of nodes) this.known.add(`${host}:${port}`)
    return Promise.resolve()
  }

  ask(...requests: readonly string[]): this {
    for (const message of this.conversation.toServer.feed(Buffer.concat(requests.map((request) => command(...request.split(' ')))))) {
      const { exchange, operation } = this.conversation.asked(message)
      this.conversation.sent(message, exchange, operation)
    }
    return this
  }

  async answer(...chunks: readonly (string | Buffer)[]): Promise<string> {
    const told: Buffer[] = []
    for (const chunk of chunks) {
      for (const message of this.conversation.toClient.feed(Buffer.from(chunk))) {
        this.conversation.received(message)
        const rewritten = this.#rewriter.rewrite(message)
        this.how.push(rewritten === undefined ? 'same' : rewritten instanceof Promise ? 'later' : 'other')
        told.push(await rewritten ?? message.raw)
      }
    }
    return Buffer.concat(told).toString('latin1')
  }
}

const slots = (count: number, host = '10.0.0.1', port = 7000): string =>
  array(...Array.from({ length: count }, (_, n) => array(`:${n}\r\n`, `:${n}\r\n`, array(bulk(host), `:${port + n % 3}\r\n`, bulk('i'.repeat(40)), array()))))

describe('redis node rewriter', () => {
  it('a reply that names a node nobody knows waits until it is known; the next does not', async () => {
    const session = new Session().ask('GET a', 'GET a')
    assert.equal(await session.answer('-MOVED 1 10.0.0.1:7000\r\n'), '-MOVED 1 proxy:7001\r\n')
    assert.equal(await session.answer('-MOVED 1 10.0.0.1:7000\r\n'), '-MOVED 1 proxy:7001\r\n')
    assert.deepEqual([session.how, session.asked], [['later', 'other'], [[{ host: '10.0.0.1', port: 7000 }]]])
  })

  it('a node that cannot be made known is told as nowhere', async () => {
    assert.equal(await new Session(() => Promise.resolve()).ask('GET a').answer('-MOVED 1 10.0.0.1:7000\r\n'), '-MOVED 1 127.0.0.1:0\r\n')
  })

  it('what tells nothing of nodes is the very message', async () => {
    const session = new Session().ask('GET a', 'LRANGE a 0 -1', 'MULTI', 'GET a', 'EXEC', 'EVAL x 0')
    const wire = ['$4\r\nMOVE\r\n', array(bulk('message'), bulk('+switch-master'), bulk('m 1.1.1.1 1 2.2.2.2 2')), '+OK\r\n', '+QUEUED\r\n', array(bulk('-MOVED 1 10.0.0.1:7000')), '-ERR x\r\n']
    assert.equal(await session.answer(...wire), wire.join(''))
    assert.deepEqual(session.how, wire.map(() => 'same'))
  })

  it('replies are known by what was asked: the same bytes are rewritten for one command and not for the other', async () => {
    const wire = array(bulk('10.0.0.1'), bulk('6379'))
    const session = new Session().ask('LRANGE a 0 -1', 'SENTINEL get-master-addr-by-name m')
    assert.equal(await session.answer(wire, wire), wire + array(bulk('proxy'), bulk('6380')))
  })

  it('in a transaction: EXEC answers each of its commands in its place, DISCARD forgets them', async () => {
    const address = array(bulk('10.0.0.1'), bulk('6379'))
    const asked = ['MULTI', 'LRANGE a 0 -1', 'SENTINEL GET-MASTER-ADDR-BY-NAME m']
    const session = new Session().ask(...asked, 'EXEC', ...asked, 'DISCARD', 'MULTI', 'LRANGE a 0 -1', 'LRANGE b 0 -1', 'EXEC')
    const queued = ['+OK\r\n', '+QUEUED\r\n', '+QUEUED\r\n']
    assert.equal(await session.answer(...queued, array(address, address)), queued.join('') + array(address, array(bulk('proxy'), bulk('6380'))))
    assert.equal(await session.answer(...queued, '+OK\r\n', ...queued, array(address, address)), [...queued, '+OK\r\n', ...queued, array(address, address)].join(''))
  })

  it('a command that the server does not queue has no place in what EXEC answers', async () => {
    const address = array(bulk('10.0.0.1'), bulk('6379'))
    const session = new Session().ask('MULTI', 'GET a b', 'LRANGE a 0 -1', 'ROLE x', 'SENTINEL GET-MASTER-ADDR-BY-NAME m', 'MULTI', 'EXEC')
    const head = ['+OK\r\n', '-ERR wrong number\r\n', '+QUEUED\r\n', '-ERR wrong number\r\n', '+QUEUED\r\n', '-ERR MULTI calls can not be nested\r\n']
    assert.equal(await session.answer(...head, array(address, address)), head.join('') + array(address, array(bulk('proxy'), bulk('6380'))))
  })

  it('a real failover, as a subscriber is told of it', async () => {
    const { replies } = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/redis-topology.json'), 'utf8')) as { replies: { about: string; wire: string }[] }
    const wire = replies.find(({ about }) => about === 'a failover, told by pattern')?.wire ?? ''
    const session = new Session().ask('PSUBSCRIBE *')
    await session.answer(array(bulk('psubscribe'), bulk('*'), ':1\r\n'))
    const told = await session.answer(wire)
    assert.ok(wire.includes('127.0.0.1') && !told.includes('127.0.0.1'), told)
    assert.match(told, /\+switch-master\r\n\$\d+\r\nmymaster proxy \d+ proxy \d+\r\n/)
  })

  it('an answer of any size, in pieces of any size, is what it would be whole', async () => {
    for (const count of [10, 2000, 20_000]) {
      const wire = slots(count)
      assert.equal(wire.length > HEAD_MAX, count > 10)
      const { raw } = rewriteNodes(Buffer.from(wire), { command: 'CLUSTER SLOTS' }, ({ port }) => ({ host: 'proxy', port: port + 1 }))
      for (const lengths of [[wire.length], [1000], [65_536], [7919, 100_000]]) {
        const session = new Session().ask('CLUSTER SLOTS', 'GET a')
        const told = await session.answer(...inPieces(Buffer.from(wire), lengths), '+after\r\n')
        assert.ok(told === `${raw}+after\r\n`, `${count} in ${lengths[0]}`)
        assert.equal(session.asked.flat().length, 3)
      }
    }
  })

  it('a large value of another command is not held', async () => {
    const session = new Session().ask('GET a')
    const wire = bulk('x'.repeat(3 * HEAD_MAX))
    assert.equal(await session.answer(...inPieces(Buffer.from(wire), [10_000])), wire)
    assert.ok(session.how.every((how) => how === 'same'))
  })

  it('past the bound the client is told an error in its place, none of it goes through, and the session goes on', async () => {
    const wire = slots(Math.ceil(COLLECTED_MAX / 80))
    assert.ok(wire.length > COLLECTED_MAX)
    const session = new Session().ask('CLUSTER SLOTS', 'GET a', 'GET a')
    assert.equal(await session.answer(...inPieces(Buffer.from(wire), [60_000]), '+after\r\n', '-MOVED 1 10.0.0.1:7000\r\n'),
      `-ERR brownout: an answer to CLUSTER SLOTS of more than ${COLLECTED_MAX} bytes cannot be rewritten\r\n+after\r\n-MOVED 1 proxy:7001\r\n`)
  })
})
