import assert from 'node:assert/strict'
import { join } from 'node:path'
import { ms } from '../../src/core/units.ts'
import { readJournal } from '../../src/record/journal.ts'
import { listRuns } from '../../src/record/runs.ts'
import { renderSweepPage } from '../../src/report/sweep-page.ts'
import { renderSweepText } from '../../src/report/sweep-text.ts'
import type { SweepResult } from '../../src/sweep/result.ts'
import { SHORT, sweepLimited } from './limited.ts'

/** 4 workers with 20 ms each take 200/s; answers that come 80 ms later miss 100 ms. */
const QUEUE = { server: ['queue', '4', '20'], rate: '100/s', p95: '100ms' } as const

/** On a machine that is busy with other things the generator is late, and a sweep says so instead of an edge. */
const unfinished = ({ swept, why }: SweepResult): boolean => swept.some((one) => one.unfinished !== undefined) || /^baseline refused/.test(why)

describe('a sweep', () => {
  it('finds how late answers may come and what rate a queue takes, in one session, and journals every point', async () => {
    const result = await sweepLimited({ ...QUEUE, vary: ['slow.delay=20ms..320ms', 'load.web.rate=50/s..800/s'], settings: { ...SHORT, steps: 3, resolution: 0.15, repeats: 1 } }, ({ swept, name }, folder) => {
      const { events } = readJournal(join(folder, 'journal.ndjson'))
      const points = events.flatMap((event) => (event.kind === 'point' ? [event.point] : []))
      assert.equal(points.length, swept.reduce((sum, one) => sum + one.points.length, 0))
      assert.equal(events.filter((event) => event.kind === 'app' && event.event === 'ready').length, 1)
      // Every rule that was armed is gone.
      assert.equal(events.filter(({ kind }) => kind === 'rule.arming').length, events.filter(({ kind }) => kind === 'rule.cleared').length)
      const [listed] = listRuns(join(folder, '..'))
      assert.deepEqual([listed?.name, listed?.status], [`sweep-${name}`, 'ended'])
    })
    if (unfinished(result)) return assert.equal(result.exit, result.why.startsWith('baseline refused') ? 4 : 2)
    assert.equal(result.exit, 0, result.why)
    const [delay, rate] = result.swept
    assert.ok(delay?.edge?.kind === 'found' && rate?.edge?.kind === 'found', result.why)
    assert.ok(delay.edge.holds > 40 && delay.edge.holds < 100, result.why)
    assert.ok(rate.edge.holds > 100 && rate.edge.holds < 280, result.why)
    assert.deepEqual([delay.how?.kind, delay.how?.signal], ['latency', 'web.p95'])
    assert.ok(delay.points.every(({ altered = 0, backAfterMs }) => altered > 0 && backAfterMs !== null))
    assert.match(renderSweepText(result, { color: false }), /slow\.delay holds up to \S+ and breaks at \S+ \(the edge is within/)
    assert.match(renderSweepPage(result), /<polyline class="line-b"/)
  }).timeout(120_000)

  it('says that all held, and refuses to tell a peak from a load without a bend', async () => {
    const result = await sweepLimited({ ...QUEUE, server: ['queue', '400', '20'], vary: ['load.web.users=1..4'], settings: { ...SHORT, steps: 2, repeats: 1 } })
    if (unfinished(result)) return
    const [users] = result.swept
    assert.deepEqual([result.exit, users?.edge], [0, { kind: 'holds', holds: 4 }])
    assert.ok(users?.capacity?.kind === 'refused' && /6 are needed/.test(users.capacity.why))
  }).timeout(60_000)

  it('heals and ends when it is interrupted in mid-point', async () => {
    let stop: (signal: 'SIGINT') => void = () => undefined
    let armed = false
    const result = await sweepLimited({ ...QUEUE, vary: ['slow.delay=20ms..320ms'], settings: { ...SHORT, window: ms(20_000) }, options: {
      onStart: ({ interrupt }) => { stop = interrupt },
      onEvent: (event) => { if (event.kind === 'rule.armed') { armed = true; stop('SIGINT') } },
    } }, (_result, folder) => {
      const { events } = readJournal(join(folder, 'journal.ndjson'))
      if (armed) assert.equal(events.findLast((event) => event.kind === 'rule.cleared')?.reason, 'signal')
    })
    // A baseline that was refused on a busy machine leaves nothing to interrupt.
    assert.deepEqual([result.exit, result.outcome], armed ? [130, 'ABORTED'] : [4, 'INCONCLUSIVE'])
  }).timeout(60_000)
})
