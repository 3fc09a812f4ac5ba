import assert from 'node:assert/strict'
import { randomStream } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import { analyse } from '../../src/timing/analyse.ts'
import { FALSE_ALARMS_MAX, MEASURES, tally, WEATHERS } from './law.ts'
import { healthy, type Operation, seriesOf } from './trace.ts'

describe('timing: the healthy-trace law', () => {
  it('finds an episode in at most 2 % of 300 healthy runs, calm or noisy, by any measure', function () {
    this.timeout(60_000)
    for (const { weather, measure, share, alarms } of tally(300, 7)) {
      assert.ok(share <= FALSE_ALARMS_MAX, `${weather} ${measure}: ${alarms} of 300`)
    }
  })

  it('is not bought with blindness: in the same weathers a real outage is found every time', () => {
    const times = { baselineFrom: ms(3000), baselineTo: ms(18_000), armed: ms(18_000), effect: ms(18_000), clear: ms(28_000), end: ms(58_000) }
    for (const [weather, conditions] of Object.entries(WEATHERS)) {
      for (let run = 0; run < 50; run++) {
        // Half fail and the rest wait 300 ms longer, from 18 s to 28 s.
        const hurt = (one: Operation, i: number): Operation => (one.at < 18_000 || one.at >= 28_000 ? one : i % 2 ? { ...one, fate: 'error' } : { ...one, took: one.took + 300 })
        const operations = [...healthy(conditions, -5000, 58_000, randomStream(11, `${weather}/${run}`))].map(hurt)
        const series = seriesOf(operations, { start: 0, end: 58_000, width: 250 })
        for (const [name, measure] of Object.entries(MEASURES)) {
          const { onset, width } = analyse(series, { measure, times, hold: ms(5000), minSamples: 200 })
          assert.ok(onset !== undefined && onset - 18_000 <= 2 * width, `${weather} run ${run}: ${name} onset ${onset}`)
        }
      }
    }
  })
})
