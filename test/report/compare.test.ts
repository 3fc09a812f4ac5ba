import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { analyseRun } from '../../src/report/analysis.ts'
import { tracksOf } from '../../src/report/changes.ts'
import { askedOf, labelOf, parseAsked } from '../../src/report/compare/asked.ts'
import { compare, figuresOf, type RunFigures, type Side } from '../../src/report/compare/comparison.ts'
import { compareAnnotations, compareDocument, compareMarkdown } from '../../src/report/compare/formats.ts'
import { comparePage } from '../../src/report/compare/page.ts'
import { compareText } from '../../src/report/compare/text.ts'
import { foldRun } from '../../src/report/fold.ts'
import { outage, type OutageOptions } from './journal-builder.ts'

const runOf = (seed: number, options: OutageOptions = {}, hour = 10): RunFigures => {
  const record = foldRun(outage({ seed, ...options }))
  return { ...figuresOf(record, analyseRun(record)), run: `run-${seed}`, wall: `2026-11-23T${hour}:00:${String(seed).padStart(2, '0')}Z` }
}
const side = (asked: string, runs: readonly RunFigures[]): Side => ({ asked, runs: runs.filter(({ unfit }) => unfit === undefined), unfit: runs.filter(({ unfit }) => unfit !== undefined) })
const A = side('main', [1, 2, 3, 4, 5].map((seed) => runOf(seed)))
const B = side('branch', [11, 12, 13, 14, 15].map((seed) => runOf(seed, { slower: 1.2 })))
const same = side('again', [6, 7, 8, 9, 10].map((seed) => runOf(seed)))
const text = (comparison: ReturnType<typeof compare>): string => compareText(comparison, { color: false, width: 150 })

describe('what is compared', () => {
  const record = foldRun(outage())

  it('is what the experiment names, where it names it, and of each load the usual figures, each once', () => {
    assert.deepEqual(askedOf(record, analyseRun(record)).map(labelOf), [
      'checkout.p95', 'checkout.success', 'checkout.success during fault', 'recovery of checkout.p95', 'checkout.p50', 'checkout.p99', 'checkout.rate', 'recovery of checkout.success',
    ])
  })

  it('can be written by hand, and what is no figure is refused', () => {
    assert.deepEqual(['checkout.p95', 'recovery: checkout.p95', 'retries:cache', 'outage:checkout'].map((one) => labelOf(parseAsked(one, 'fault'))), ['checkout.p95 during fault', 'recovery of checkout.p95', 'retries of cache', 'outage of checkout.success'])
    for (const one of ['checkout', 'a.b.c', 'recover:checkout.p95', '', ':', 'recovery:']) assert.throws(() => parseAsked(one, 'baseline'), /is no signal/, one)
  })

  it('leaves out runs that did not end or whose load was late, with the reason', () => {
    assert.equal(runOf(1, { valid: false }).unfit, 'load checkout could not keep to its plan')
    assert.equal(figuresOf(foldRun(outage().slice(0, 300)), analyseRun(foldRun(outage().slice(0, 300)))).unfit, 'not ended')
    assert.equal(runOf(1, { outcome: 'FAIL' }).unfit, undefined)
  })
})

describe('a comparison', () => {
  it('calls a load that is 20 % slower a regression of that size, exit 1, worst first', () => {
    const found = compare(A, B, 0.05)
    assert.deepEqual([found.outcome, found.exit], ['regression', 1])
    const p95 = found.rows.find(({ label }) => label === 'checkout.p95')
    assert.equal(p95?.verdict.finding, 'regression')
    const middle = p95 ? p95.verdict.shift.estimate / (p95.a[2]?.value ?? 1) : 0
    assert.ok(middle > 0.15 && middle < 0.25, `${middle}`)
    assert.equal(found.rows.find(({ label }) => label === 'checkout.rate')?.verdict.finding, 'no change')
    assert.equal(found.rows[0]?.verdict.finding, 'regression')
    assert.match(text(found), /^REGRESSION {2}B is worse than A: checkout\.p95 \+[\d.]+ms, \+(1\d|2\d)%/)
    assert.match(text(found), /checkout\.p95 +[\d.]+ms +[\d.]+ms +\+[\d.]+ms, \+\d+% +\+[\d.]+ms … \+[\d.]+ms, \+\d+(\.\d)?% … \+\d+% +regression\n/)
  })

  it('calls it an improvement the other way round, and no change where nothing changed, exit 0', () => {
    assert.deepEqual([compare(B, A, 0.05).outcome, compare(B, A, 0.05).exit], ['improvement', 0])
    const again = compare(A, same, 0.05)
    assert.deepEqual([again.exit, again.rows.filter(({ verdict }) => verdict.finding === 'regression')], [0, []])
  })

  it('is inconclusive with one run against one, exit 2, and says how many more it takes', () => {
    const found = compare(side('one', A.runs.slice(0, 1)), side('other', B.runs.slice(0, 1)), 0.05)
    assert.deepEqual([found.outcome, found.exit], ['inconclusive', 2])
    assert.match(text(found), /checkout\.p95 .* inconclusive: about \d+ more runs of each/)
    assert.match(text(found), /unknown/)
  })

  it('keeps runs that did not recover, and tells of them', () => {
    const stuck = side('stuck', [31, 32, 33, 34, 35].map((seed) => runOf(seed, { slowToHeal: ms(60_000) })))
    const found = compare(A, stuck, 0.05)
    const recovery = found.rows.find(({ label }) => label === 'recovery of checkout.success')
    assert.equal(recovery?.verdict.finding, 'regression')
    assert.deepEqual(recovery?.b.map(({ censored }) => censored), [true, true, true, true, true])
    assert.match(text(found), /recovery of checkout\.success +1\.\d+s +> (19|20)\.?\d*s +at least \+1\d/)
    assert.match(text(found), /seen to its end in 5 of 5 runs of A and 0 of 5 of B; log-rank p = 0\.00/)
  })

  it('notes what was left out, an experiment that was changed, and runs that did not take turns', () => {
    const late = runOf(41, { valid: false })
    const after = side('after', [...B.runs.map((run, i) => ({ ...run, hash: 'other', wall: `2026-11-24T10:00:0${i}Z` })), late])
    const found = text(compare(A, after, 0.05))
    assert.match(found, /one run is left out \(load checkout could not keep to its plan\): run-41/)
    assert.match(found, /the experiment itself was changed/)
    assert.match(found, /all runs of A came before those of B/)
    assert.match(text(compare(A, side('none', [late]), 0.05)), /^INCONCLUSIVE {2}No run of none can be compared\./)
  })

  it('says what only one side has', () => {
    const lacking = side('less', B.runs.map((run) => ({ ...run, measured: run.measured.filter(({ label }) => label !== 'checkout.p99') })))
    assert.deepEqual(compare(A, lacking, 0.05).lone, ['checkout.p99'])
  })

  it('is a document, Markdown and annotations', () => {
    const found = compare(A, B, 0.05)
    const document = JSON.parse(JSON.stringify(compareDocument(found))) as { format: number; outcome: string; exit: number; figures: { figure: string; verdict: string; shift: number; low: number; high: number; p: number; q: number; a: unknown[] }[] }
    assert.deepEqual([document.format, document.outcome, document.exit], [1, 'regression', 1])
    const p95 = document.figures.find(({ figure }) => figure === 'checkout.p95')
    assert.ok(p95 && p95.low < p95.shift && p95.shift < p95.high && p95.p <= p95.q && p95.a.length === 5)
    assert.match(compareMarkdown(found), /^## regression: main → branch\n\n\*\*B is worse than A.*\n\n.*\n\n\| figure \| A \| B \|/)
    const lines = compareAnnotations(found)
    assert.ok(lines.length >= 3 && lines.every((line) => /^::error title=regression%3A checkout\.p\d\d::/.test(line)), lines.join('\n'))
    assert.deepEqual(compareAnnotations(compare(A, same, 0.05)), [])
    assert.match(compareAnnotations(compare(side('one', A.runs.slice(0, 1)), B, 0.05))[0] ?? '', /^::warning title=inconclusive::/)
  })

  it('is a page with a dot for each run, the same bytes each time, where text of others stays text', () => {
    const hostile = compare({ ...A, asked: '<script>alert(1)</script>' }, B, 0.05)
    const page = comparePage(hostile)
    assert.equal(page, comparePage(hostile))
    assert.equal(page.match(/<circle /g)?.length, hostile.rows.reduce((sum, { a, b }) => sum + a.length + b.length, 0))
    assert.equal(page.match(/<svg /g)?.length, hostile.rows.length)
    assert.ok(!page.includes('<script') && page.includes('&lt;script&gt;'))
    assert.doesNotMatch(page, /NaN|undefined|https?:\/\//)
  })
})

describe('changes in the history', () => {
  const runs = (factors: readonly number[]): readonly RunFigures[] => factors.map((slower, i) => ({ ...(i % 2 ? A : same).runs[i % 5] ?? runOf(i), run: `run-${i}`, measured: ((i % 2 ? A : same).runs[i % 5]?.measured ?? []).map((one) => (one.unit === 'ms' ? { ...one, value: one.value * slower * (1 + ((i * 7) % 5) / 100) } : one)) }))

  it('has the run since which a latency is otherwise, by how much, and nothing of what stayed', () => {
    const tracks = tracksOf(runs([...Array.from({ length: 12 }, () => 1), ...Array.from({ length: 8 }, () => 1.3)]), 0.05)
    const p95 = tracks.find(({ label }) => label === 'checkout.p95')
    const [change] = p95?.changes ?? []
    assert.deepEqual([p95?.changes?.length, change?.run, change?.worse], [1, 'run-12', true])
    const by = (change?.shift ?? 0) / (change?.before ?? 1)
    assert.ok(by > 0.25 && by < 0.35, `${by}`)
    assert.deepEqual(tracks.find(({ label }) => label === 'checkout.rate')?.changes, [])
  })

  it('has none where nothing changed, none below the floor, and no answer for fewer than ten runs', () => {
    const quiet = tracksOf(runs(Array.from({ length: 20 }, () => 1)), 0.05)
    assert.deepEqual(quiet.flatMap(({ changes }) => changes ?? []), [])
    assert.deepEqual(tracksOf(runs([...Array.from({ length: 12 }, () => 1), ...Array.from({ length: 12 }, () => 1.3)]), 0.5).flatMap(({ changes }) => changes ?? []), [])
    assert.deepEqual([...new Set(tracksOf(runs([1, 1, 1, 2, 2, 2]), 0.05).map(({ changes }) => changes))], [undefined])
  })
})
