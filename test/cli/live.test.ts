import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { monotonicNow } from '../../src/core/clock.ts'
import { ms } from '../../src/core/units.ts'
import { LiveView, plainView, spark } from '../../src/cli/live.ts'
import type { Output } from '../../src/cli/command.ts'
import { newHistogram, encodeHistogram, noCounts, recordLatency } from '../../src/record/buckets.ts'
import type { EventBody, JournalEvent } from '../../src/record/events.ts'
import { fault, planFor } from '../experiment/run-plan.ts'

/** What a terminal shows after all that was written to it: only what we write is understood (up N, clear to the end, colours). */
class Terminal extends Writable {
  readonly isTTY = true
  readonly columns = 60
  text = ''
  override _write(chunk: Buffer, _encoding: string, done: () => void): void { this.text += chunk.toString(); done() }
  lines(): readonly string[] {
    let lines: string[] = ['']
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's
    for (const [whole, up] of this.text.matchAll(/\u001b\[(\d+)A|\u001b\[J|\u001b\[[0-9;]*m|\n|[^\n\u001b]+/g)) {
      if (up !== undefined) lines = [...lines.slice(0, lines.length - 1 - Number(up)), '']
      else if (whole === '\n') lines.push('')
      else if (!whole.startsWith('\u001b')) lines.push(`${lines.pop() ?? ''}${whole}`)
    }
    return lines.filter((line) => line !== '')
  }
}

const plan = planFor(1, { method: [fault('cut', 'latency', { delay: ms(5) }, 10_000)] })
let seq = 0
const event = (body: EventBody): JournalEvent => ({ seq: seq++, at: monotonicNow(), wall: '', ...body })
const bucket = (i: number): EventBody => {
  const latency = newHistogram()
  for (let n = 0; n < 50; n++) recordLatency(latency, ms(12))
  return { kind: 'bucket', bucket: { source: 'load', name: 'web', start: ms(i * 50), width: ms(50), counts: { ...noCounts(), offered: 50, ok: 49, error: 1 }, latency: encodeHistogram(latency) } }
}

describe('the live view', () => {
  it('keeps lines above and paints phase, load and armed faults below, each on a line of the terminal', () => {
    const terminal = new Terminal()
    const view = new LiveView(plan, terminal satisfies Output, true)
    view.hear(event({ kind: 'phase', phase: 'baseline' }))
    for (let i = 0; i < 4; i++) view.hear(event(bucket(i)))
    view.hear(event({ kind: 'phase', phase: 'method' }))
    view.hear(event({ kind: 'rule.armed', rule: 'cut', step: 'cut', effectiveAt: monotonicNow() }))
    const shown = terminal.lines()
    assert.match(shown[0] ?? '', /\] baseline 1\.2s$/)
    assert.match(shown[1] ?? '', /\] method 10s$/)
    assert.match(shown[2] ?? '', /\] cut: latency on api for 10s$/)
    assert.match(shown[3] ?? '', /^method +━+ .*s left$/)
    assert.match(shown[4] ?? '', /^web +980\/s {2}p95 +12ms/)
    assert.match(shown[5] ?? '', /^▲ cut: latency on api {2}\d.* left$/)
    assert.equal(shown.length, 6)
    for (const line of shown.slice(3)) assert.ok(line.length < terminal.columns)
    view.hear(event({ kind: 'rule.cleared', rule: 'cut', step: 'cut', reason: 'deadline', effectiveAt: monotonicNow(), matched: 9, altered: 7 }))
    assert.ok(!terminal.lines().some((line) => line.startsWith('▲')))
    view.close()
    assert.deepEqual(terminal.lines().map((line) => line.slice(10)), ['baseline 1.2s', 'method 10s', 'cut: latency on api for 10s', 'cut: cleared, 7 altered of 9 matched'])
  })

  it('lets nobody\'s text act on the terminal, and keeps the lines of an app\'s last words', () => {
    const terminal = new Terminal()
    plainView(plan, terminal).hear(event({ kind: 'problem', code: 'APP_FAILED', text: 'died\n\u001b[2Jgone \u0007\u009b31m' }))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
    assert.doesNotMatch(terminal.text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    assert.match(terminal.text, /\] APP_FAILED: died\n +gone *\n$/)
  })

  it('draws a block a bucket, blank where nothing is known', () => {
    assert.equal(spark([0, undefined, 5, 10]).trimStart(), '▁ ▅█')
    assert.equal(spark([0.5, 1], 1).trimStart(), '▅█')
    assert.equal(spark(Array.from({ length: 100 }, () => 1)).length, spark([]).length)
  })
})
