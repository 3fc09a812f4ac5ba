import assert from 'node:assert/strict'
import fc from 'fast-check'
import { registry } from '../../faults/index.ts'
import { ManualClock } from '../../src/core/clock.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS, type AnyFault } from '../../src/fault.ts'
import { DIRECTIONS, perDirection, type Direction } from '../../src/protocols/codec.ts'
import { RedisConversation } from '../../src/protocols/redis/conversation.ts'
import { RedisDecoder } from '../../src/protocols/redis/decoder.ts'
import { PlainRequest } from '../../src/protocols/redis/plain.ts'
import { commandOf } from '../../src/protocols/redis/words.ts'
import { Accounts } from '../../src/proxy/accounts/accounts.ts'
import { ArmedRule } from '../../src/proxy/armed.ts'
import { Dialogue } from '../../src/proxy/dialogue.ts'
import { Grips } from '../../src/proxy/grips.ts'
import { Link } from '../../src/proxy/link.ts'
import type { LinkOwner } from '../../src/proxy/link-owner.ts'
import { plainMatcher } from '../../src/proxy/plain-matcher.ts'
import { faultNamed, withDefaults, type Rule, type Where } from '../../src/rule.ts'
import { inPieces } from '../protocols/cuts.ts'
import { array, bulk, command, push } from '../protocols/redis/wire.ts'

/** Means none, and wants to see all: with it nothing slips past. */
const watcher = defineFault({
  name: 'watcher', summary: 's', tests: 't', correct: 'c', on: ['message'], protocols: ['redis'], direction: 'both', params: {}, example: 'e',
  concerns: () => false, observe: () => undefined, decide: () => PASS,
}) as AnyFault

type Step = { readonly kind: 'ask'; readonly bytes: Buffer } | { readonly kind: 'serve'; readonly size: number } | { readonly kind: 'push' } | { readonly kind: 'wait'; readonly time: number } | { readonly kind: 'disarm' }

const REPLIES: Readonly<Record<string, string>> = { GET: bulk('value'), SET: '+OK\r\n', MGET: array(bulk('1'), '$-1\r\n'), INCR: ':1\r\n', DEL: ':2\r\n', HGET: '$-1\r\n', PING: '+PONG\r\n', PUBLISH: ':0\r\n', MULTI: '+OK\r\n', EXEC: '*0\r\n', TYPE: '-ERR no\r\n' }

/** Plays `steps` with the rules armed; everything that can be seen of it from outside, a line each. `slips`: how much went past the rules. */
function played(rules: readonly Rule[], steps: readonly Step[], seesAll: boolean): { readonly lines: string[]; readonly slips: number } {
  const clock = new ManualClock(ms(1000))
  const context = { seed: 7, now: () => clock.now(), connections: () => 1 }
  const armed = rules.map((rule) => new ArmedRule(faultNamed(registry, rule.fault), rule, context))
  const all = seesAll ? [...armed, new ArmedRule(watcher, { id: 'watcher', fault: 'watcher', on: 'cache', params: {}, standing: true }, context)] : armed
  const accounts = new Accounts('cache', 'redis')
  accounts.cut(clock.now(), ms(20))
  const session = accounts.session(1, '10.0.0.1', clock.now())
  const conversation = new RedisConversation()
  const grips = new Grips(1, { client: '10.0.0.1' }, conversation)
  grips.renew(all)
  const lines: string[] = []
  const written = perDirection((): Buffer[] => [])
  let [slips, pending, over] = [0, Buffer.alloc(0), false]
  const server = new RedisDecoder('to-server')
  const dialogue = new Dialogue(conversation, session, clock, {
    say: (raw) => links['to-client'].say(raw), over: (exchange) => void grips.over(exchange), answeredLast: () => undefined, stoodAlone: () => undefined, opaque: (why) => lines.push(`opaque ${why}`),
  })
  const { slip } = dialogue
  dialogue.slip = (...given): number => { const end = slip.apply(dialogue, given); slips += end - given[2]; return end }
  const owner: LinkOwner = {
    arrived: () => undefined, passed: (direction, size) => { sizes[direction] += size }, held: () => undefined, expire: () => undefined, ended: () => undefined,
    judged: (direction, { did, broken }, unit) => lines.push(JSON.stringify([clock.now(), direction, did.map((one) => [one.armed.rule.id, one.did, one.note]), broken?.problem, 'exchange' in unit && unit.exchange])),
    closing: ({ how, side }) => { lines.push(`closed ${how} ${side}`); over = true; for (const link of Object.values(links)) link.abandon() },
  }
  const sizes = { 'to-server': 0, 'to-client': 0 }
  const links: Readonly<Record<Direction, Link>> = { 'to-server': new Link('to-server', clock, owner, dialogue), 'to-client': new Link('to-client', clock, owner, dialogue) }
  const serve = (raw: Buffer): void => {
    for (const message of server.feed(raw)) pending = Buffer.concat([pending, Buffer.from(REPLIES[commandOf(message).name] ?? '-ERR unknown\r\n')])
  }
  for (const direction of DIRECTIONS) {
    links[direction].to({ writable: true, writableNeedDrain: false, on: () => undefined, write: (raw) => { written[direction].push(raw); if (direction === 'to-server') serve(raw); return true } })
    links[direction].from({ on: () => undefined, pause: () => undefined, resume: () => undefined })
  }
  const link = (): void => { for (const direction of DIRECTIONS) links[direction].arm(grips.on(direction), true) }
  link()
  const play = (step: Step): void => {
    switch (step.kind) {
      case 'ask': return links['to-server'].onData(step.bytes)
      case 'push': pending = Buffer.concat([pending, Buffer.from(push(bulk('message'), bulk('news'), bulk('hi')))]); return
      case 'wait': return clock.advance(ms(step.time))
      case 'disarm': {
        const [first] = armed.splice(0, 1)
        const grip = first && grips.of(first)
        if (!first || !grip) return
        for (const one of Object.values(links)) one.release(first)
        grips.retire(grip)
        return link()
      }
      case 'serve': {
        const said = pending.subarray(0, step.size)
        pending = pending.subarray(step.size)
        if (said.length > 0) links['to-client'].onData(said)
      }
    }
  }
  const state = (): string => JSON.stringify([clock.now(), conversation.unanswered, conversation.latest, sizes, DIRECTIONS.map((direction) => Buffer.concat(written[direction]).toString('latin1')), armed.map(({ matched, altered }) => [matched, altered])])
  for (const step of [...steps, ...Array.from({ length: 4 }, (): Step[] => [{ kind: 'serve', size: 1e6 }, { kind: 'wait', time: 100 }]).flat()]) {
    if (over) break
    play(step)
    lines.push(state())
  }
  session.closed(clock.now())
  return { lines: [...lines, JSON.stringify(accounts.take(ms(clock.now() + 100))), JSON.stringify(accounts.figures())], slips }
}

const rule = (id: string, fault: string, params: Readonly<Record<string, unknown>>, more: Partial<Rule>): Rule =>
  ({ id, fault, on: 'cache', standing: true, params: withDefaults(faultNamed(registry, fault), params), ...more })
const asks = (...requests: readonly string[]): Step => ({ kind: 'ask', bytes: Buffer.concat(requests.map((request) => command(...request.split(' ')))) })

const FAULTS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['redis.error', { error: 'LOADING' }], ['redis.error', {}], ['redis.latency', { delay: ms(5), jitter: ms(3) }], ['redis.cache_miss', { keys: 0.5 }], ['redis.write_loss', {}],
  ['redis.reply_shift', { how: 'doubled' }], ['redis.reply_shift', {}], ['redis.cut_reply', {}], ['redis.executed_reply_lost', { unsent: 0.5 }],
]
const REQUESTS = ['GET user:1', 'GET user:2', 'get a', 'SET user:1 x', 'SET a 1', 'MGET a user:1', 'DEL a', 'INCR n', 'HGET user:3 f', 'PING', 'PUBLISH news hi', 'MULTI', 'EXEC', 'TYPE user:1', 'NOTHING a']
const WHERES: readonly Where[] = [
  {}, { key: 'user:*' }, { key: ['a', 'n'] }, { key: '/^user:[12]$/' }, { command: 'GET' }, { command: ['set', 'DEL'], key: '*:1' }, { command: 'M*' }, { channel: 'news' }, { db: 0 }, { db: 1, key: 'a' }, { command: 'PING', key: '*' }, { key: 'us?r:1' }, { client_name: 'x' }, { key: 'nobody:*' },
]

describe('what slips past rules that cannot mean it', () => {
  it('is most of a pipeline, and nothing of what a rule means', () => {
    const idle = rule('idle', 'redis.latency', { delay: ms(5) }, { where: { command: ['GET', 'SET'], key: 'user:1' } })
    const steps = [asks('GET user:2', 'SET a 1', 'PING', 'GET user:1', 'GET a'), { kind: 'serve', size: 1000 }] as const
    const { slips, lines } = played([idle], steps, false)
    const past = [command('GET', 'user:2'), command('SET', 'a', '1'), command('PING'), command('GET', 'a'), Buffer.from(`${bulk('value')}+OK\r\n+PONG\r\n`)]
    assert.equal(slips, Buffer.concat(past).length, 'all but the command that is meant, its reply, and what waits behind that')
    assert.ok(lines.some((line) => line.includes('"delay"')))
    assert.equal(played([idle], steps, true).slips, 0)
  })

  it('cannot be told from what every rule has seen: bytes, verdicts, counts, accounts', () => {
    const where = fc.constantFrom(...WHERES)
    const how = fc.constantFrom<Partial<Rule>>({}, { chance: 0.5 as NonNullable<Rule['chance']> }, { times: 2 }, { skip: 1 }, { sequence: { fail: 1, pass: 2 } }, { scope: 'connection' }, { direction: 'to-server' })
    const rules = fc.array(fc.tuple(fc.constantFrom(...FAULTS), where, how), { minLength: 1, maxLength: 3 })
      .map((all) => all.map(([[fault, params], named, more], n) => rule(`r${n}`, fault, params, { where: named, ...more })))
    const ask = fc.tuple(fc.array(fc.constantFrom(...REQUESTS), { minLength: 1, maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 3 }))
      .map(([requests, lengths]) => inPieces(Buffer.concat(requests.map((request) => command(...request.split(' ')))), lengths).map((bytes): Step => ({ kind: 'ask', bytes })))
    const step = fc.oneof(
      { weight: 6, arbitrary: ask },
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 60 }).map((size): Step[] => [{ kind: 'serve', size }]) },
      { weight: 1, arbitrary: fc.constant<Step[]>([{ kind: 'push' }]) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 8 }).map((time): Step[] => [{ kind: 'wait', time }]) },
      { weight: 1, arbitrary: fc.constant<Step[]>([{ kind: 'disarm' }]) },
    )
    let past = 0
    fc.assert(fc.property(rules, fc.array(step, { maxLength: 12 }).map((steps) => steps.flat()), (armed, steps) => {
      const { lines, slips } = played(armed, steps, false)
      past += slips
      assert.deepEqual(lines, played(armed, steps, true).lines)
    }), { numRuns: 100 })
    assert.ok(past > 1000, `${past} bytes slipped past`)
  })

  it('is told from the bytes of a request, where those suffice', () => {
    const might = (where: Where, ...words: string[]): boolean => {
      const chunk = command(...words)
      const request = new PlainRequest()
      assert.ok(request.read(chunk, 0), words.join(' '))
      return plainMatcher(where)(request, chunk)
    }
    assert.deepEqual([might({ key: 'a' }, 'GET', 'a'), might({ key: 'a' }, 'GET', 'ab'), might({ key: 'a*' }, 'GET', 'ab'), might({ key: ['x', 'é?'] }, 'GET', 'éa'), might({ key: 'a?' }, 'GET', 'b')], [true, false, true, true, false])
    assert.deepEqual([might({ key: 'a' }, 'PING'), might({ key: 'a' }, 'MGET', 'b', 'a'), might({ key: '/x/' }, 'GET', 'b'), might({ key: '\ufffd' }, 'GET', 'b')], [false, true, true, true])
    assert.deepEqual([might({ command: 'set' }, 'SET', 'a', '1'), might({ command: 'set' }, 'GET', 'a'), might({ command: 'S*', key: 'b' }, 'SET', 'a', '1'), might({ channel: 'c' }, 'GET', 'a'), might({ channel: 'c' }, 'PUBLISH', 'd', 'x'), might({ db: 3 }, 'GET', 'a')], [true, false, false, false, true, true])
  })
})
