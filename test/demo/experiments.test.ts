import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { registry } from '../../faults/index.ts'
import { adviseOn } from '../../src/advice/advise.ts'
import { EXIT } from '../../src/core/exit.ts'
import { ms } from '../../src/core/units.ts'
import { demoExperiment, startServer } from '../../src/demo/demo.ts'
import { loadExperiment } from '../../src/experiment/load.ts'
import type { Plan, Step } from '../../src/experiment/plan.ts'
import { runExperiment } from '../../src/experiment/run.ts'
import { readJournal } from '../../src/record/journal.ts'
import { ROOT } from '../support/paths.ts'
import { hasRedis } from '../support/servers.ts'

const FOLDER = join(ROOT, 'experiments')
const SHIPPED = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')).map((name) => name.slice(0, -'.yaml'.length))
const DEMO = fileURLToPath(new URL('../../src/demo/', import.meta.url))
/** Run by `make test`, in shortened form. `make test-all` runs all of them as they are shipped. */
const SHORT = ['cache-partition']
const all = process.env['TEST_ALL'] !== undefined
/** What the shop as it is usually written is advised, and the other is not. */
const ADVISED: Readonly<Record<string, string>> = { 'cache-partition': 'timeout.missing', 'cache-stampede': 'cache.stampede', 'payment-cut': 'retry.unsafe', 'payment-slow': 'timeout.missing', 'payment-unavailable': 'retry.storm' }

async function load(name: string, resilient: '0' | '1'): Promise<Plan> {
  const loaded = await loadExperiment(join(FOLDER, `${name}.yaml`), { registry, env: { ...process.env, RESILIENT: resilient }, vars: {}, seed: 7, cwd: FOLDER })
  assert.ok('plan' in loaded, 'problems' in loaded ? JSON.stringify(loaded.problems) : '')
  // The programs of this build, wherever it was compiled to.
  return { ...loaded.plan, apps: loaded.plan.apps.map((app) => ({ ...app, command: [process.execPath, ...app.command.slice(1).map((word) => word.replace(/^.*\/dist\/src\/demo\//, DEMO))] })) }
}

/** A third of the time, and so of the evidence. */
function shortened(plan: Plan): Plan {
  const third = (step: Step): Step => {
    const start = { ...step.start, at: ms(step.start.at / 3) }
    return step.kind === 'fault' && step.rule.for !== undefined ? { ...step, start, rule: { ...step.rule, for: ms(step.rule.for / 3) } } : { ...step, start }
  }
  return {
    ...plan, method: plan.method.map(third),
    windows: { warmup: ms(1000), baseline: ms(5000), recovery: ms(4000), bucket: plan.windows.bucket, hold: ms(1000), minSamples: 50 },
  }
}

describe('shipped experiments', () => {
  it('are six at least, and each opens with its question', () => {
    assert.ok(SHIPPED.length >= 6)
    for (const name of SHIPPED) {
      const text = readFileSync(join(FOLDER, `${name}.yaml`), 'utf8')
      assert.match(text, /^# [^\n]*\?/, name)
      assert.match(text, /^# RESILIENT=1: /m, `${name}: the outcome is documented`)
      assert.match(text, /^# RESILIENT=0: /m, `${name}: the outcome is documented`)
    }
  })

  for (const name of SHIPPED) {
    it(`${name} loads without a warning, under its own name`, async () => {
      const plan = await load(name, '1')
      assert.equal(plan.name, name)
      assert.deepEqual(plan.warnings, [])
    })
  }

  it('are chosen for the demo by what this machine has', () => {
    const { file, note } = demoExperiment('/package', { PATH: '/nonexistent', HOME: '/nonexistent' })
    assert.equal(file, join('/package', 'experiments', 'slow-database.yaml'))
    assert.match(note ?? '', /redis-server/)
    if (hasRedis) assert.deepEqual(demoExperiment('/package'), { file: join('/package', 'experiments', 'cache-partition.yaml') })
  })

  it('have one for a machine without Redis that needs none', async () => {
    assert.deepEqual((await load('slow-database', '1')).targets.map(({ demo }) => demo), ['postgres'])
  })
})

describe('shipped experiments, run', function () {
  this.timeout(300_000)
  this.slow(120_000)
  let out = ''
  before(function () { if (!hasRedis) this.skip() })
  beforeEach(() => { out = mkdtempSync(join(tmpdir(), 'brownout-test-experiments-')) })
  afterEach(() => rmSync(out, { recursive: true }))

  for (const name of all ? SHIPPED : SHORT) {
    for (const [resilient, exit] of [['1', EXIT.pass], ['0', EXIT.fail]] as const) {
      it(`${name}: the shop with RESILIENT=${resilient} ${exit === EXIT.pass ? 'holds' : 'fails'}`, async function () {
        const plan = await load(name, resilient)
        const result = await runExperiment(all ? plan : shortened(plan), { registry, env: process.env, out, cwd: out, version: 'test', startServer })
        const events = readJournal(join(result.folder, 'journal.ndjson')).events
        const cleared = events.filter((event) => event.kind === 'rule.cleared')
        assert.deepEqual(cleared.map(({ rule }) => rule).sort(), plan.method.map(({ step }) => step).sort())
        for (const { rule, altered } of cleared) assert.ok(altered > 0, `${rule} touched traffic`)
        assert.deepEqual(events.flatMap((event) => (event.kind === 'heal' ? [event.ok] : [])), plan.targets.map(() => true))
        const verdict = events.find((event) => event.kind === 'verdict')
        // A machine that is too busy to send on time says so; then there is nothing to be compared.
        if (events.some((event) => event.kind === 'load' && !event.valid) && result.exit === EXIT.inconclusive) this.skip()
        assert.equal(result.exit, exit, `${verdict?.why}\n${verdict?.expectations.map(({ text, measured, outcome }) => `${outcome} ${text}: ${measured}`).join('\n')}`)
        const advised = ADVISED[name]
        if (advised !== undefined) assert.equal(adviseOn(result.record).some(({ id }) => id === advised), resilient === '0', adviseOn(result.record).map(({ id }) => id).join())
      })
    }
  }
})
