import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ms } from '../../src/core/units.ts'
import { analyseRun } from '../../src/report/analysis.ts'
import { annotationsOf } from '../../src/report/annotations.ts'
import { chartsOf } from '../../src/report/charts.ts'
import { QUANTILES } from '../../src/report/figures.ts'
import { foldRun } from '../../src/report/fold.ts'
import { renderHtml } from '../../src/report/html.ts'
import { renderJson, reportOf } from '../../src/report/json.ts'
import { renderJunit } from '../../src/report/junit.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { renderMarkdowns } from '../../src/report/markdowns.ts'
import { faultLine, sparkline } from '../../src/report/sparkline.ts'
import { renderText } from '../../src/report/text.ts'
import { DEFINITIONS } from '../../src/timing/definitions.ts'
import { ROOT } from '../support/paths.ts'
import { outageByName } from './figures-builder.ts'
import { at, AT, outage, type OutageOptions } from './journal-builder.ts'

const reported = (options: OutageOptions = {}) => {
  const record = foldRun(outage(options))
  return { record, analysis: analyseRun(record) }
}

describe('the terminal summary', () => {
  it('opens with the verdict, says what happened in one sentence, and shows every expectation with its margin', () => {
    const { record, analysis } = reported({ outcome: 'FAIL' })
    const text = renderText(record, analysis, { color: false, width: 120, files: [{ format: 'html', path: '/runs/report.html' }] })
    const lines = text.split('\n')
    assert.equal(lines[0], 'FAIL  checkout-redis-partition  1 of 3 expectations failed')
    assert.match(text, /\ncheckout lost 3\d\.?\d*% of its requests/)
    assert.match(text, /✗ signal: checkout\.success, during: fault, at_least: 50% {2}38\.2%, at least 50% \(-11\.8%\)/)
    assert.match(text, /✓ recovery: checkout\.p95, within: 5s/)
    assert.match(text, /checkout\.success +recovered +\+0ms +1\.\d+s ± 250ms/)
    assert.match(text, /cut: partition on cache \(discard=false\), \+0ms for 10s, drained 23ms later/)
    assert.match(text, /396 operations altered, 412 matches, at first stall to-server × 6/)
    assert.match(text, /╰─+ cut ─+╯/)
    assert.match(text, /seed 42 · experiments\/cache-partition\.yaml/)
    assert.match(text, /html +\/runs\/report\.html/)
  })

  it('keeps to the width of the terminal', () => {
    const { record, analysis } = reported()
    for (const width of [60, 80, 100, 140]) {
      const longest = Math.max(...renderText(record, analysis, { color: false, width }).split('\n').map((line) => line.length))
      assert.ok(longest <= width, `${longest} in ${width}`)
    }
  })

  it('has colours only when asked', () => {
    const { record, analysis } = reported()
    assert.equal(renderText(record, analysis, { color: false, width: 100 }).includes('\u001b'), false)
    assert.equal(renderText(record, analysis, { color: true, width: 100 }).includes('\u001b['), true)
  })

  it('says when the load, the heal, the app or the process itself is not to be trusted', () => {
    const events = outage().map((event) => {
      if (event.kind === 'load') return { ...event, valid: false, why: 'late by 80ms' }
      return event.kind === 'heal' ? { ...event, ok: false, after: 'refused' } : event
    })
    const last = events.at(-1) ?? assert.fail()
    // The second stall began after the observation: it can have spoilt nothing.
    const record = foldRun([...events, { ...last, at: at(AT.end), kind: 'suspect', stallMs: 1200 }, { ...last, kind: 'suspect', stallMs: 7 }])
    const text = renderText(record, analyseRun(record), { color: false, width: 200 })
    assert.match(text, /the load checkout is not to be trusted: late by 80ms/)
    assert.match(text, /cache does not answer as before: \+PONG became refused/)
    assert.match(text, /brownout did not run for 1\.2s/)
    assert.doesNotMatch(text, /for 7ms/)
  })
})

describe('a sparkline', () => {
  it('is full where all is well, lower in the fault, and marked below it', () => {
    const { record, analysis } = reported()
    const view = { from: at(AT.baseline), to: at(AT.end), width: 45 }
    const { line, high } = sparkline(record, { name: 'checkout', metric: 'success' }, view) ?? assert.fail()
    assert.equal(line.length, 45)
    assert.equal(line.slice(0, 15), '█'.repeat(15))
    assert.equal(high, 1)
    const below = faultLine(analysis.spans[0] ?? assert.fail(), view)
    assert.deepEqual([below.indexOf('╰'), below.indexOf('╯')], [15, 25])
    assert.match(line.slice(16, 24), /^[▄▅▆▇]+$/)
    assert.equal(sparkline(record, { name: 'nobody', metric: 'p95' }, view), undefined)
  })
})

describe('the JSON document', () => {
  it('holds verdict, exit, margins, and for each signal onset, recovery, depth, area, lost operations and status', () => {
    const { record, analysis } = reported()
    const document = JSON.parse(renderJson(record, analysis))
    assert.deepEqual([document.format, document.outcome, document.exit, document.seed, document.name], [1, 'PASS', 0, 42, 'checkout-redis-partition'])
    assert.deepEqual(document.expectations[0], { text: 'signal: checkout.success, during: fault, at_least: 50%', outcome: 'PASS', measured: '61.8%', limit: 'at least 50%', margin: '+11.8%', line: 31 })
    const success = document.signals.find((one: { signal: string; step: string | null }) => one.signal === 'checkout.success' && one.step === null)
    assert.equal(success.status, 'recovered')
    for (const key of ['onsetAtMs', 'recoveryMs', 'plusMinusMs', 'depth', 'areaMs', 'lost', 'degradedMs', 'sinceFaultMs', 'recoveredAtMs']) assert.equal(typeof success[key], 'number', key)
    assert.ok(success.lost > 700 && success.lost < 1000, `lost ${success.lost}`)
    assert.deepEqual(document.steps.map((one: { step: string; effectAtMs: number; clearAtMs: number }) => [one.step, one.effectAtMs, one.clearAtMs]), [['cut', 0, 10_000]])
    assert.equal(document.traffic[0].stormPerSecond, 120)
  })

  it('has null and no number for a recovery that was not seen', () => {
    const { record, analysis } = reported({ slowToHeal: ms(60_000) })
    const [first] = JSON.parse(renderJson(record, analysis)).signals
    assert.equal(first.recoveryMs, null)
    assert.ok(first.observedMs > 19_000)
  })
})

describe('the page', () => {
  it('has verdict, sentence, charts, expectations, timing with its definitions, ledger, experiment and seed', () => {
    const { record, analysis } = reported()
    const page = renderHtml(record, analysis).replace(/<script>[\s\S]*?<\/script>/g, '')
    for (const part of ['checkout lost', 'checkout: latency', 'checkout: success', 'checkout: rate', 'cache: connections', '+11.8%', DEFINITIONS.recovery.means.slice(0, 40), 'partition on cache', 'steady_state:', 'Seed <strong>42</strong>']) {
      assert.ok(page.includes(part), part)
    }
  })

  it('draws the fault where it was, and marks onset and recovery', () => {
    const { record, analysis } = reported()
    const { faults, charts } = chartsOf(record, analysis)
    assert.deepEqual(faults, [{ label: 'cut', from: 0, to: 10 }])
    const success = charts.find(({ title }) => title === 'checkout: success') ?? assert.fail()
    assert.deepEqual(success.marks.map(({ label }) => label.replace(/[\d.]+s/, 'T')), ['onset', 'back +T'])
    assert.equal(success.x.length, 188)
    assert.ok(success.bad.some(({ from, to }) => from <= 0.25 && to >= 9))
  })

  it('pools what is more than a screen can show', () => {
    const events = outage()
    const buckets = events.filter(({ kind }) => kind === 'bucket')
    const first = buckets.find((event) => event.kind === 'bucket' && event.bucket.source === 'load')
    if (first?.kind !== 'bucket') throw new Error('no bucket')
    const many = Array.from({ length: 3000 }, (_, i) => ({ ...first, bucket: { ...first.bucket, start: ms(first.bucket.start + i * 250) } }))
    const record = foldRun([...events.filter(({ kind }) => kind !== 'bucket'), ...many])
    const rate = chartsOf(record, analyseRun(record)).charts.find(({ title }) => title === 'checkout: rate') ?? assert.fail()
    assert.ok(rate.x.length <= 2400, `${rate.x.length} points`)
    assert.equal(rate.series[0]?.values[7], 200)
  })
})

describe('JUnit', () => {
  it('has a case an expectation: failed, passed, and skipped where inconclusive', () => {
    const failed = renderJunit([reported({ outcome: 'FAIL' }).record])
    assert.match(failed, /tests="3" failures="1" errors="0" skipped="0"/)
    assert.match(failed, /<failure message="measured 38\.2%, expected at least 50% \(-11\.8%\)" type="FAIL"\/>/)
    const open = outage().map((event) => (event.kind === 'verdict' ? { ...event, outcome: 'INCONCLUSIVE' as const, expectations: event.expectations.map((one) => ({ ...one, outcome: 'INCONCLUSIVE' as const })) } : event.kind === 'run.ended' ? { ...event, exit: 2, outcome: 'INCONCLUSIVE' as const } : event))
    assert.match(renderJunit([foldRun(open)]), /tests="3" failures="0" errors="0" skipped="3"/)
  })

  it('never lets a run that crashed or was refused look like a pass', () => {
    const crashed = foldRun(outage().slice(0, 200))
    assert.match(renderJunit([crashed]), /tests="1" failures="0" errors="1" skipped="0"/)
    assert.match(renderJunit([crashed]), /<testcase name="the run"[^>]*>\n +<error message="crash/)
  })

  it('puts several runs into one document', () => {
    assert.equal(renderJunit([reported().record, reported({ name: 'other' }).record]).match(/<testsuite /g)?.length, 2)
  })
})

describe('Markdown and annotations', () => {
  it('fit into the summary of a job', () => {
    const { record, analysis } = reported({ outcome: 'FAIL' })
    const text = renderMarkdown(record, analysis)
    assert.match(text, /^## FAIL: checkout-redis-partition\n\n\*\*checkout lost/)
    assert.match(text, /\| FAIL \| signal: checkout\.success, during: fault, at\\_least: 50% \| 38\.2% \| at least 50% \| -11\.8% \|/)
    assert.match(text, /\| checkout\.success \| recovered \| \+0ms \| 1\.\d+s ± 250ms \|/)
  })

  it('of several runs begin with what each came to', () => {
    const text = renderMarkdowns([reported(), reported({ outcome: 'FAIL', name: 'a|b' })])
    assert.match(text, /^## 1 of 2 runs passed\n\n\| experiment \| outcome \| exit \| run \|\n\|[- |]+\n\| checkout-redis-partition \| PASS \| 0 \| \S+ \|\n\| a\\\|b \| FAIL \| 1 \| \S+ \|\n\n## PASS: checkout/)
    assert.match(text, /\n\n## FAIL: a\\\|b\n/)
  })

  it('point at the line of the expectation that failed, and at nothing when all held', () => {
    assert.deepEqual(annotationsOf(reported({ outcome: 'FAIL' }).record), ['::error file=experiments/cache-partition.yaml,line=31,title=FAIL%3A checkout-redis-partition::signal: checkout.success, during: fault, at_least: 50%25: measured 38.2%25, expected at least 50%25'])
    assert.deepEqual(annotationsOf(reported().record), [])
    const placed = foldRun(outage({ outcome: 'FAIL' }).map((event) => (event.kind === 'run.started' ? { ...event, file: '/repo/chaos/cart.yaml' } : event)))
    assert.match(annotationsOf(placed, '/repo')[0] ?? '', /file=chaos\/cart\.yaml,/)
    assert.match(annotationsOf(placed, '/elsewhere')[0] ?? '', /file=\/repo\/chaos\/cart\.yaml,/)
    assert.match(annotationsOf(reported({ outcome: 'FAIL' }).record, '/repo', '/repo/shop')[0] ?? '', /file=shop\/experiments\/cache-partition\.yaml,/)
  })
})

describe('docs/report.md', () => {
  const page = readFileSync(join(ROOT, 'docs/report.md'), 'utf8')

  it('names every field of the JSON document', () => {
    const { record, analysis } = reported({ outcome: 'FAIL' })
    const last = outage().at(-1) ?? assert.fail()
    const events = [...outageByName(), { ...last, kind: 'suspect' as const, stallMs: 1 }, { ...last, kind: 'operator' as const, who: 'anna', did: 'detected' as const, text: '' }]
    const fields = (value: unknown): readonly string[] => (typeof value !== 'object' || value === null ? [] : Array.isArray(value) ? value.flatMap(fields) : Object.entries(value).flatMap(([key, one]) => (['versions', 'baseline', 'errors'].includes(key) ? [key] : [key, ...fields(one)])))
    const all = new Set([...fields(reportOf(record, analysis)), ...fields(reportOf(foldRun(events), analysis))])
    assert.ok(all.size > 60, `${all.size} fields`)
    assert.deepEqual([...all].filter((key) => !page.includes(`\`${key}\``)), [])
  })

  it('gives a rule for every metric', () => {
    for (const metric of [...Object.keys(QUANTILES), 'max', 'mean', 'rate', 'success', 'errors', 'connections', 'in_flight', 'memory', 'cpu', 'attempts', 'resets', 'failed_dials', 'bytes_to_server', 'bytes_to_client', 'hits', 'misses', 'hit_ratio', 'transactions', 'rollbacks', 'rollback_ratio', 'value']) {
      assert.ok(page.includes(`\`${metric}\``), metric)
    }
  })
})
