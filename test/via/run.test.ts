import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import type { Plan } from '../../src/experiment/plan.ts'
import { parseVia } from '../../src/via/route.ts'
import { bench, eventsOf, fault, planFor, run, type Bench } from '../experiment/run-plan.ts'
import { closeAll } from '../proxy/stage.ts'
import { toxiproxy, type Remote } from './stage.ts'

/** The target `api` by a Toxiproxy, and `own` beside it by brownout. */
function viaPlan(port: number, remote: Remote, more: Partial<Plan>): Plan {
  const plan = planFor(port, { loads: [], steadyState: [], windows: { warmup: ms(0), baseline: ms(1200), recovery: ms(400), bucket: ms(50), hold: ms(100), minSamples: 1 }, ...more })
  const route = parseVia(`toxiproxy://127.0.0.1:${remote.admin.port}`)
  assert.ok(!('wrong' in route))
  return { ...plan, targets: plan.targets.flatMap((target) => [{ ...target, via: route }, { ...target, spec: { ...target.spec, name: 'own' } }]) }
}

describe('via: a whole experiment', () => {
  let server: Bench
  beforeEach(async () => { server = await bench() })
  afterEach(async () => {
    await closeAll()
    await server.close()
  })
  const asking = (target: string) => ({ name: `ask-${target}`, check: { kind: 'http', url: `\${targets.${target}.url}` }, when: { every: ms(40) }, timeout: ms(2000) } as const)

  it('one target by a Toxiproxy and one by brownout, in one method: both faults are felt, told and gone', async () => {
    const remote = await toxiproxy()
    const plan = viaPlan(server.port, remote, {
      probes: [asking('api'), asking('own')],
      method: [fault('away', 'latency', { delay: ms(200) }, 500), fault('here', 'latency', { delay: ms(200) }, 500, { on: 'own' })],
    })
    const result = await run(plan, server)
    const events = eventsOf(result)
    assert.equal(result.outcome, 'PASS', events.map((event) => (event.kind === 'verdict' ? event.why : event.kind === 'problem' ? event.text : '')).join(''))
    for (const [step, name] of [['away', 'ask-api'], ['here', 'ask-own']]) {
      const armed = events.find((event) => event.kind === 'rule.armed' && event.step === step)
      const cleared = events.find((event) => event.kind === 'rule.cleared' && event.step === step)
      assert.ok(armed?.kind === 'rule.armed' && cleared?.kind === 'rule.cleared', step)
      assert.equal(cleared.reason, 'deadline')
      assert.ok(cleared.altered > 0, `${step} altered ${cleared.altered}`)
      // That it holds is acknowledged after that, on a busy machine by some time.
      assert.ok(cleared.effectiveAt - armed.effectiveAt >= 400, `${step} held for ${cleared.effectiveAt - armed.effectiveAt} ms`)
      const slow = events.filter((event) => event.kind === 'probe' && event.name === name && event.tookMs >= 199)
      assert.ok(slow.length > 0, `${name} was never slow`)
    }
    assert.ok(events.some((event) => event.kind === 'note' && event.text.includes('tells nothing of what they did')))
    assert.deepEqual(events.flatMap((event) => (event.kind === 'heal' ? [[event.target, event.ok]] : [])), [['api', true], ['own', true]])
    assert.deepEqual(await remote.state(), [])
  })

  it('what passed nothing by the Toxiproxy is no pass', async () => {
    const remote = await toxiproxy()
    const result = await run(viaPlan(server.port, remote, { method: [fault('away', 'latency', { delay: ms(200) }, 200)] }), server)
    assert.equal(result.outcome, 'INCONCLUSIVE')
  })

  it('interrupted in the midst of a fault, it leaves the server as it was', async () => {
    const remote = await toxiproxy()
    let stop = (): void => undefined
    const result = await run(viaPlan(server.port, remote, { probes: [asking('api')], method: [fault('off', 'partition', { how: 'reject' }, 30_000)] }), server, {
      onStart: (running) => { stop = () => running.interrupt('SIGINT') },
      onEvent: (event) => { if (event.kind === 'rule.armed') stop() },
    })
    assert.equal(result.exit, 130)
    assert.ok(eventsOf(result).some((event) => event.kind === 'rule.cleared' && event.reason === 'signal'))
    assert.deepEqual(await remote.state(), [])
  })

  it('a Toxiproxy that is not there: nothing is started, and it is said where it was looked for', async () => {
    const remote = await toxiproxy()
    const plan = viaPlan(server.port, remote, { method: [fault('away', 'latency', { delay: ms(200) }, 200)] })
    await remote.admin.close()
    const result = await run(plan, server)
    assert.equal(result.exit, 6)
    assert.ok(eventsOf(result).some((event) => event.kind === 'problem' && event.code === 'VIA_FAILED' && event.text.includes(remote.admin.url)))
  })
})
