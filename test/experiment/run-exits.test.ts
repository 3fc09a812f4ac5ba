// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { registry } from '../../faults/index.ts'
import { ms, perSecond } from '../../src/core/units.ts'
import { defineFault } from '../../src/fault.ts'
import type { AbortCondition, Step } from '../../src/experiment/plan.ts'
import type { Running } from '../../src/experiment/run.ts'
import type { JournalEvent } from '../../src/record/events.ts'
import { appSpec, bench, eventsOf, expectSignal, fault, kindsOf, limit, place, planFor, run, success, type Bench } from './run-plan.ts'

/** Gone, or dead and only not collected yet by a lazy init. */
const gone = (pid: number): boolean => !existsSync(`/proc/${pid}/stat`) || /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
const eventually = async (what: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 100 && !what(); turn++) await new Promise((resolve) => { setTimeout(resolve, 20) })
  assert.ok(what())
}
const cut = (length = 400): Step => fault('cut', 'reset_peer', {}, length)
const noted = (events: readonly JournalEvent[]): readonly string[] => events.flatMap((event) => (event.kind === 'problem' ? [`${event.code}: ${event.text}`] : []))

describe('how a run ends', function () {
  // A machine that is busy with other tests makes a load invalid now and then; the verdict is another one then.
  this.retries(2)
  let at: Bench
  beforeEach(async () => { at = await bench() })
  afterEach(() => at.close())

  it('inconclusive (2) when a rule altered nothing, with what was seen instead', async () => {
    const result = await run(planFor(at.port, { method: [fault('elsewhere', 'reset_peer', {}, 300, { client: '10.9.8.7' })], expect: [expectSignal('success', 'at_least', limit(0.9, 'ratio', '90%'), 'fault')] }), at)
    assert.equal(result.exit, 2)
    assert.equal(result.outcome, 'INCONCLUSIVE')
    assert.match(result.record.verdict.why, /elsewhere: reset_peer altered nothing: api saw \d+ exchanges in the run and none matched/)
    assert.equal(result.record.verdict.expectations[0]?.measured, 'not exercised')
  })

  it('inconclusive (2) when there were too few samples for the quantile that was asked for', async () => {
    const result = await run(planFor(at.port, { method: [fault('slow', 'latency', { delay: ms(5) }, 300)], expect: [expectSignal('p999', 'at_most', limit(500, 'ms', '500ms'), 'fault')] }), at)
    assert.equal(result.exit, 2)
    assert.match(result.record.verdict.expectations[0]?.measured ?? '', /^\d+ operations$/)
  })

  it('fails (1) when the steady state does not hold at the end of the recovery', async () => {
    const result = await run(planFor(at.port, { method: [fault('slow', 'latency', { delay: ms(5) }, 200)] }), at, {
      onEvent: (event) => {
        if (event.kind === 'phase' && event.phase === 'recovery') at.status = 500
        if (event.kind === 'phase' && event.phase === 'end') at.status = 200
      },
    })
    assert.equal(result.exit, 1)
    assert.match(result.record.verdict.why, /not steady at the end: web.success/)
  })

  it('aborted (3) by a stop condition: healed at once, the recovery still watched', async () => {
    const condition: AbortCondition = { ...success(0.5), comparison: 'below', text: 'web.success below 50%', for: ms(200) }
    const result = await run(planFor(at.port, { abort: [condition], method: [cut(5000)] }), at)
    assert.equal(result.exit, 3)
    assert.equal(result.outcome, 'ABORTED')
    const [rule] = result.record.rules
    assert.equal(rule?.reason, 'abort')
    assert.ok((rule.cleared ?? 0) - (rule.armed ?? 0) < 1500, 'within a few buckets')
    assert.ok(kindsOf(result).includes('recovery'))
  })

  it('refuses (4) a baseline that is not steady, and arms nothing', async () => {
    at.status = 500
    const result = await run(planFor(at.port, { method: [cut()], expect: [expectSignal('success', 'at_least', limit(0.9, 'ratio', '90%'), 'fault')] }), at)
    assert.equal(result.exit, 4)
    assert.match(result.record.verdict.why, /baseline refused: web.success at_least 90%: 0%/)
    assert.deepEqual(result.record.rules, [])
    assert.equal(result.record.verdict.expectations[0]?.outcome, 'INCONCLUSIVE')
  })

  it('refuses (4) a baseline of too few operations', async () => {
    const result = await run(planFor(at.port, { method: [cut()], windows: { ...planFor(at.port).windows, minSamples: 5000 } }), at)
    assert.equal(result.exit, 4)
    assert.match(result.record.verdict.why, /web had \d+ operations in the baseline, 5000 are needed/)
  })

  it('not healed (5) when a target does not answer afterwards as it did before', async () => {
    const result = await run(planFor(at.port, { method: [cut(200)] }), at, {
      onEvent: (event) => {
        if (event.kind !== 'rule.cleared') return
        at.server.close()
        at.server.closeAllConnections()
      },
    })
    assert.equal(result.exit, 5)
    assert.equal(result.outcome, 'ERROR')
    assert.match(result.record.verdict.why, /not healed: api answered 2xx before and answers \w+ now/)
  })

  it('not healed (5) when an undo fails', async () => {
    const step: Step = { kind: 'action', step: 'stop', place, start: { at: ms(0) }, run: ['true'], undo: ['false'], timeout: ms(2000), for: ms(100) }
    const result = await run(planFor(at.port, { method: [step] }), at)
    assert.equal(result.exit, 5)
    assert.match(result.record.verdict.why, /stop: undo: false: exit 1/)
  })

  it('system error (6) when the app is not ready in time, with the tail of its output; nothing of it stays', async () => {
    const spec = appSpec({ command: ['sh', '-c', 'echo "cannot find my config"; sleep 60 & echo $! ; wait'], ready: { http: 'http://127.0.0.1:${app.port}/', within: ms(400) } })
    const result = await run(planFor(at.port, { apps: [spec], method: [cut()] }), at)
    assert.equal(result.exit, 6)
    assert.match(result.record.verdict.why, /app was not ready within 400ms[\s\S]*cannot find my config/)
    const child = Number(readFileSync(join(result.folder, 'app.log'), 'utf8').split('\n')[1])
    assert.ok(child > 0)
    await eventually(() => gone(child))
  })

  it('system error (6) when the app dies unasked with a fault armed: healed, and said with its last words', async () => {
    const mark = join(at.out, 'die')
    const dies = `; setInterval(() => { if (require('node:fs').existsSync(${JSON.stringify(mark)})) { console.log('out of luck'); process.exit(3) } }, 20)`
    const spec = appSpec({ command: [...appSpec().command.slice(0, 2), `${appSpec().command[2]}${dies}`] })
    const result = await run(planFor(at.port, { apps: [spec], method: [cut(5000)] }), at, { onEvent: ({ kind }) => { if (kind === 'rule.armed') closeSync(openSync(mark, 'w')) } })
    rmSync(mark)
    assert.equal(result.exit, 6)
    assert.match(result.record.verdict.why, /app ended unasked: exit 3[\s\S]*out of luck/)
    assert.equal(result.record.rules[0]?.reason, 'error')
  })

  it('system error (6) when a command cannot be started at all', async () => {
    const result = await run(planFor(at.port, { apps: [appSpec({ command: ['/no/such/program'] })] }), at)
    assert.equal(result.exit, 6)
    assert.match(result.record.verdict.why, /ENOENT/)
  })

  it('system error (6) when an upstream is down before anything was done', async () => {
    const plan = planFor(at.port, { method: [cut()] })
    at.server.close()
    await new Promise((resolve) => { at.server.once('close', resolve) })
    const result = await run(plan, at)
    assert.equal(result.exit, 6)
    assert.match(result.record.verdict.why, /api: 127\.0\.0\.1:\d+ refuses connections/)
    assert.deepEqual(result.record.rules, [])
  })

  it('internal (70) when the port of a listener is taken, named as such', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => { other.once('listening', resolve) })
    const address = other.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const plan = planFor(at.port)
    try {
      const result = await run({ ...plan, targets: plan.targets.map((target) => ({ ...target, spec: { ...target.spec, listen: [{ address: { host: '127.0.0.1', port } }] } })) }, at)
      assert.equal(result.exit, 70)
      assert.deepEqual(noted(eventsOf(result)).map((text) => text.slice(0, 12)), ['PORT_IN_USE:'])
    } finally {
      other.close()
    }
  })

  it('internal (70) when a fault throws: its rule is cleared and the run is void', async () => {
    const broken = defineFault({
      name: 'broken', summary: 'Throws.', tests: 'x', correct: 'x', on: ['bytes'], protocols: [], direction: 'both', params: {}, example: '',
      decide: () => { throw new Error('no idea') },
    })
    const step: Step = { kind: 'fault', step: 'bad', place, start: { at: ms(0) }, rule: { id: 'bad', fault: 'broken', params: {}, on: 'api', for: ms(1000) } }
    const result = await run(planFor(at.port, { method: [step] }), at, { registry: new Map([...registry, ['broken', broken]]) })
    assert.equal(result.exit, 70)
    assert.equal(result.outcome, 'ERROR')
    assert.match(result.record.verdict.why, /bad: .*no idea/)
    assert.ok(result.record.rules[0]?.cleared)
  })

  it('internal (70) when the journal cannot be written in mid-fault: the fault is cleared all the same', async function () {
    if (!existsSync('/dev/full')) return this.skip()
    let descriptor = -1
    const result = await run(planFor(at.port, { method: [cut(5000)] }), at, {
      journal: { open: (file) => { descriptor = openSync(file, 'wx', 0o600); return descriptor } },
      onEvent: (event) => {
        if (event.kind !== 'rule.armed') return
        // From now on the same descriptor is that of a full disk.
        closeSync(descriptor)
        assert.equal(openSync('/dev/full', 'w'), descriptor)
      },
    })
    assert.equal(result.exit, 70)
    assert.match(result.record.verdict.why, /ENOSPC/)
    assert.equal(result.record.rules[0]?.reason, 'journal')
    assert.equal(result.record.heals[0]?.ok, true)
  })

  it('internal (70) when something throws where nobody can catch it: healed, with a verdict', async () => {
    let running: Running | undefined
    const result = await run(planFor(at.port, { method: [cut(10_000)] }), at, {
      onStart: (one) => { running = one },
      onEvent: (event) => { if (event.kind === 'rule.armed') setTimeout(() => running?.crash(new TypeError('x is not a function')), 50) },
    })
    assert.equal(result.exit, 70)
    assert.match(result.record.verdict.why, /x is not a function/)
    assert.equal(result.record.rules[0]?.reason, 'error')
    assert.equal(result.record.heals[0]?.ok, true)
  })

  for (const [signal, exit] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    it(`interrupted (${exit}) by ${signal} in mid-fault: healed at once, verdict and all`, async () => {
      let running: Running | undefined
      let interruptedAt = 0
      const result = await run(planFor(at.port, { apps: [appSpec()], method: [cut(10_000)] }), at, {
        onStart: (one) => { running = one },
        onEvent: (event) => {
          if (event.kind !== 'rule.armed') return
          setTimeout(() => { interruptedAt = event.at; running?.interrupt(signal) }, 100)
        },
      })
      assert.ok(interruptedAt > 0)
      assert.equal(result.exit, exit)
      assert.equal(result.outcome, 'ABORTED')
      const [rule] = result.record.rules
      assert.equal(rule?.reason, 'signal')
      assert.ok((rule.cleared ?? 0) - interruptedAt < 300)
      assert.equal(result.record.heals[0]?.ok, true)
      assert.ok(result.record.to - interruptedAt < 4000)
    })
  }

  it('interrupted while an app is still waited for: does not wait for it', async () => {
    const from = performance.now()
    const result = await run(planFor(at.port, { apps: [appSpec({ command: ['sleep', '60'], ready: { tcp: '127.0.0.1:${app.port}', within: ms(30_000) } })] }), at, {
      onStart: (running) => { setTimeout(() => running.interrupt('SIGINT'), 500) },
    })
    assert.equal(result.exit, 130)
    assert.ok(performance.now() - from < 4000)
  })

  it('runs once more when the load could not keep to its plan, and then says so', async () => {
    const folders: string[] = []
    const plan = planFor(at.port, { method: [fault('slow', 'latency', { delay: ms(5) }, 200)], expect: [expectSignal('success', 'at_least', limit(0.1, 'ratio', '10%'), 'fault')] })
    const result = await run({ ...plan, steadyState: [], loads: plan.loads.map((load) => ({ ...load, rate: perSecond(2000), inFlightMax: 1 })) }, at, { onStart: ({ folder }) => { folders.push(folder) } })
    assert.equal(folders.length, 2)
    assert.equal(result.exit, 2)
    assert.match(result.record.verdict.why, /load invalid: web: /)
    assert.deepEqual(result.record.verdict.expectations.map(({ outcome }) => outcome), ['INCONCLUSIVE'])
    assert.match(result.record.notes[0]?.text ?? '', /^second try: /)
  })
})
