// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
import assert from 'node:assert/strict'
import { registry } from '../../faults/index.ts'
import { ms } from '../../src/core/units.ts'
import { loadExperiment } from '../../src/experiment/load.ts'
import type { Plan } from '../../src/experiment/plan.ts'
import { exportSteps, exportText, type StepText } from '../../src/gameday/export.ts'
import { requestOf, ruleOf } from '../../src/gameday/rule-text.ts'
import type { EventBody, JournalEvent } from '../../src/record/events.ts'
import { withDefaults } from '../../src/rule.ts'

const T0 = 7_000_000.5
const told = (...bodies: readonly (readonly [at: number, body: EventBody])[]): readonly JournalEvent[] =>
  bodies.map(([at, body], seq) => ({ seq, at: ms(T0 + at), wall: '2026-11-23T18:32:41.000Z', ...body }))
const arming = (rule: string, fault: string, target: string, params: Record<string, unknown>, detail: unknown): EventBody =>
  ({ kind: 'rule.arming', rule, step: rule, fault, target, params: withDefaults(registry.get(fault) ?? assert.fail(fault), params), detail })
const armed = (rule: string, at: number): EventBody => ({ kind: 'rule.armed', rule, step: rule, effectiveAt: ms(T0 + at) })
const cleared = (rule: string, at: number): EventBody => ({ kind: 'rule.cleared', rule, step: rule, reason: 'deadline', effectiveAt: ms(T0 + at), matched: 1, altered: 1 })

const SESSION = told(
  [0, { kind: 'phase', phase: 'baseline' }], [5000, { kind: 'phase', phase: 'method' }],
  [7000, arming('latency-cache', 'latency', 'cache', { delay: 312.5 }, { for: 10_000, chance: 0.2, direction: 'to-client' })], [7003, armed('latency-cache', 7004)],
  // Extended: one stretch still.
  [9000, arming('latency-cache', 'latency', 'cache', { delay: 312.5 }, { for: 20_000, chance: 0.2, direction: 'to-client' })], [9001, armed('latency-cache', 9001)],
  // Changed: another one.
  [12_000, arming('latency-cache', 'latency', 'cache', { delay: 500 }, { for: 10_000, chance: 0.2, direction: 'to-client' })], [12_002, armed('latency-cache', 12_002)],
  [17_000, cleared('latency-cache', 17_004)],
  [20_000, arming('redis.error-cache', 'redis.error', 'cache', { error: 'LOADING' }, { standing: true, where: { command: ['GET', 'SET'], key: '${x}*' }, times: 7, sequence: { fail: 2, pass: 8 } })], [20_001, armed('redis.error-cache', 20_001)],
  [24_000, { kind: 'note', text: 'over' }],
  // Never came to hold.
  [24_001, arming('cut', 'partition', 'cache', {}, { standing: true })],
)

describe('a session as an experiment', () => {
  it('makes a step of each stretch in which a fault was what it was', () => {
    const { steps, injections } = exportSteps(SESSION, registry)
    assert.deepEqual(steps, [
      { step: 'latency-cache', at: '2s', fault: 'latency', on: 'cache', params: { delay: '312.5ms' }, direction: 'to_client', chance: '20%', for: '5s' },
      { step: 'latency-cache-2', at: '7s', fault: 'latency', on: 'cache', params: { delay: '500ms' }, direction: 'to_client', chance: '20%', for: '5s' },
      { step: 'redis-error-cache', at: '15s', fault: 'redis.error', on: 'cache', params: { error: 'LOADING' }, where: { command: ['GET', 'SET'], key: '$${x}*' }, times: 7, sequence: { fail: 2, pass: 8 }, for: '4s' },
    ])
    assert.deepEqual([...injections], [['latency-cache', 'latency-cache'], ['latency-cache-2', 'latency-cache'], ['redis-error-cache', 'redis.error-cache']])
    assert.deepEqual(exportSteps([], registry).steps, [])
  })

  it('asks for the same again, exactly', () => {
    const event = SESSION.find((one) => one.kind === 'rule.arming' && one.rule === 'redis.error-cache')
    assert.ok(event?.kind === 'rule.arming')
    assert.deepEqual(requestOf(ruleOf(event), registry, ms(1234)), {
      fault: 'redis.error', on: 'cache', params: { error: 'LOADING' }, where: { command: ['GET', 'SET'], key: '${x}*' }, times: 7, sequence: { fail: 2, pass: 8 }, for: '1.23s',
    })
    assert.equal(requestOf(ruleOf(event), registry, undefined).standing, true)
    const odd = { id: 'a', fault: 'latency', on: 'cache', params: { delay: { from: 0, to: 1234.5678, over: ms(20_000) } }, standing: true } as const
    assert.deepEqual(requestOf(odd, registry, ms(1)).params, { delay: { from: '0ms', to: '1234.5678ms', over: '20000ms' } })
  })

  it('keeps the file it was held with, references and comments too, and reads as an experiment', async () => {
    const source = `# Ours.
name: cart
question: Does it sell?
targets:
  cache: { protocol: redis, upstream: "\${vars.redis}" } # the only one
vars: { redis: "redis://127.0.0.1:6379" }
data: { skus: { file: skus.csv } }
steady_state:
  - { signal: cache.success, at_least: 99% }
method:
  - { step: cut, fault: partition, on: cache, for: 5s }
expect:
  - { recovery: cache.p95, within: 5s }
repeat: 3
`
    const { steps } = exportSteps(SESSION, registry)
    const text = exportText({ source, name: 'cart-gameday', question: 'Again?', seed: 42, steps, corruption: false, comment: ['Of a game day.', 'latency-cache: not degraded'], path: (written) => `../../${written}` })
    assert.match(text, /^# Of a game day\.\n# latency-cache: not degraded\n+name: cart-gameday\nquestion: Again\?\n/)
    assert.match(text, /upstream: "\$\{vars\.redis\}" .*# the only one/)
    assert.match(text, /file: \.\.\/\.\.\/skus\.csv/)
    assert.doesNotMatch(text, /partition|repeat|recovery/)
    assert.match(text, /\n {2}- \{ step: latency-cache, at: 2s, fault: latency, on: cache, params: \{ delay: 312\.5ms \}, direction: to_client, chance: 20%, for: 5s \}\n/)
    const plan = await planOf(text.replace('data: { skus: { file: ../../skus.csv } }', 'data: { skus: { uuid: true } }'))
    assert.equal(plan.seed, 42)
    assert.deepEqual(plan.method.map((step) => (step.kind === 'fault' ? [step.step, step.start.at, step.rule.for, step.rule.chance] : [])), [
      ['latency-cache', 2000, 5000, 0.2], ['latency-cache-2', 7000, 5000, 0.2], ['redis-error-cache', 15_000, 4000, undefined],
    ])
    const last = plan.method.at(-1)
    assert.deepEqual(last?.kind === 'fault' && last.rule.where, { command: ['GET', 'SET'], key: '${x}*' })
    assert.equal(plan.steadyState.length, 1)
  })

  it('makes an experiment of a brownout.yaml too', async () => {
    const steps: readonly StepText[] = [{ step: 'cut', at: '0ms', fault: 'partition', on: 'cache', for: '5s' }]
    const plan = await planOf(exportText({ source: 'targets: { cache: { upstream: "redis://127.0.0.1:6379" } }\n', name: 'gameday-gameday', question: 'Again?', seed: 1, steps, corruption: false, comment: [], path: (written) => written }))
    assert.deepEqual([plan.name, plan.method.length, plan.targets.length], ['gameday-gameday', 1, 1])
  })
})

async function planOf(source: string): Promise<Plan> {
  const loaded = await loadExperiment('session.yaml', { registry, env: {}, vars: {}, source, cwd: '/' })
  if (!('plan' in loaded)) assert.fail(`${source}\n${loaded.problems.map(({ message, place }) => `${place.line}: ${message}`).join('\n')}`)
  return loaded.plan
}
