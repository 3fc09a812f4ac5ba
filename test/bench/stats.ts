/** `make stats`: of 2,000 simulated healthy runs, how many does each measure say were degraded? And of pairs of sets of runs, of how many is it said that they got worse? */

import { FALSE_MAX, FOUND_MIN, regressions, type System } from '../statistics/pairs.ts'
import { FALSE_ALARMS_MAX, tally } from '../timing/law.ts'

const RUNS = 2000
const SEED = 1
const PAIRS = 1000

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
const found = tally(RUNS, SEED)
for (const { weather, measure, runs, alarms, share } of found) {
  console.log(`${weather.padEnd(6)} ${measure.padEnd(12)} ${String(alarms).padStart(4)} of ${runs} healthy runs had an episode: ${percent(share)}`)
}
const broken = found.filter(({ share }) => share > FALSE_ALARMS_MAX)
console.log(broken.length === 0 ? `every measure within ${percent(FALSE_ALARMS_MAX)}` : `over ${percent(FALSE_ALARMS_MAX)}: ${broken.map(({ weather, measure }) => `${weather} ${measure}`).join(', ')}`)

const KINDS = { one: 'p95 alone', load: 'a load\'s five figures', app: 'those and an app\'s CPU' } as const
const systems = ([['load', 0], ['app', 0.5], ['one', 0]] as const).flatMap(([figures, common]) => [5, 7, 10].map((runs) => ({ figures, common, runs })))
const pairs = systems.map((system: Omit<System, 'slower'>) => ({ ...system, wrong: regressions({ ...system, slower: 0 }, PAIRS, SEED), right: regressions({ ...system, slower: 0.1 }, PAIRS, SEED) }))
console.log(`\n${PAIRS} pairs of sets of runs, every latency with 5 % noise from run to run`)
for (const { figures, common, runs, wrong, right } of pairs) {
  console.log(`${KINDS[figures].padEnd(24)} ${common === 0 ? 'each its own noise' : 'half of it common '} ${String(runs).padStart(3)} runs a set: ${percent(wrong / PAIRS).padStart(7)} false regressions, ${percent(right / PAIRS).padStart(8)} of those 10 % slower found`)
}
const [first] = pairs
const kept = pairs.every(({ wrong }) => wrong <= FALSE_MAX * PAIRS) && first !== undefined && first.right >= FOUND_MIN * PAIRS
console.log(kept ? `no more than ${percent(FALSE_MAX)} false anywhere; at least ${percent(FOUND_MIN)} of a slower load's found with 5 runs` : 'too many false regressions, or too few found')
process.exitCode = broken.length === 0 && kept ? 0 : 1
