import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ms } from '../../src/core/units.ts'
import type { Start, Step } from '../../src/experiment/plan.ts'
import { Timeline } from '../../src/experiment/timeline.ts'

const place = { file: 'x.yaml', line: 1, column: 1 }
const fault = (step: string, start: Partial<Start>, length = 100): Step =>
  ({ kind: 'fault', step, place, start: { at: ms(0), ...start }, rule: { id: step, fault: 'latency', params: {}, on: 'cache', for: ms(length) } })
const pause = (step: string, start: Partial<Start>): Step => ({ kind: 'pause', step, place, start: { at: ms(0), ...start }, text: 'look' })

/** Runs a timeline in steps of 1 ms; each fault clears after its `for`, each pause after `answer`. What began, with its time. */
function play(steps: readonly Step[], answer = 50): readonly string[] {
  const timeline = new Timeline(steps, ms(0))
  const began: string[] = []
  const open: { end: number; occurrence: Parameters<Timeline['ended']>[0] }[] = []
  for (let now = 0; now < 10_000 && !timeline.done; now++) {
    for (const one of open.filter(({ end }) => end === now)) timeline.ended(one.occurrence, ms(now))
    for (const occurrence of timeline.due(ms(now))) {
      began.push(`${occurrence.id}@${now}`)
      const { step } = occurrence
      open.push({ occurrence, end: now + (step.kind === 'fault' ? step.rule.for ?? 0 : answer) })
    }
  }
  assert.ok(timeline.done)
  return began
}

describe('timeline', () => {
  it('begins steps at their time from the start, overlapping ones too', () => {
    assert.deepEqual(play([fault('a', {}), fault('b', { at: ms(30) }), fault('c', { at: ms(30) })]), ['a@0', 'b@30', 'c@30'])
  })

  it('begins a step with `after` once that step has cleared, plus its `at`', () => {
    assert.deepEqual(play([fault('b', { after: 'a', at: ms(20) }), fault('a', { at: ms(10) })]), ['a@10', 'b@130'])
  })

  it('repeats by `every` until `until`, each occurrence under an id of its own', () => {
    assert.deepEqual(play([fault('a', { at: ms(10), every: ms(200), until: ms(410) })]), ['a@10', 'a#2@210', 'a#3@410'])
  })

  it('lets `after` wait for the last occurrence of a repeated step', () => {
    assert.deepEqual(play([fault('a', { every: ms(50), until: ms(100) }), fault('b', { after: 'a' })]), ['a@0', 'a#2@50', 'a#3@100', 'b@200'])
  })

  it('begins nothing while a pause waits, and moves what comes after by as much', () => {
    assert.deepEqual(play([fault('a', {}), pause('look', { at: ms(20) }), fault('b', { at: ms(40) }), fault('c', { after: 'a' })], 500),
      ['a@0', 'look@20', 'b@540', 'c@600'])
  })

  it('says when something is due next, and nothing while that depends on something ending', () => {
    const timeline = new Timeline([fault('a', { at: ms(10) }), fault('b', { after: 'a', at: ms(5) })], ms(1000))
    assert.equal(timeline.next(), 1010)
    const [a] = timeline.due(ms(1010))
    assert.ok(a)
    assert.equal(timeline.next(), undefined)
    timeline.ended(a, ms(1110))
    assert.equal(timeline.next(), 1115)
    assert.equal(timeline.done, false)
  })

  it('is late rather than silent: what is overdue begins at the next look, once', () => {
    const timeline = new Timeline([fault('a', { at: ms(10), every: ms(10), until: ms(30) })], ms(0))
    assert.deepEqual(timeline.due(ms(500)).map(({ id }) => id), ['a', 'a#2', 'a#3'])
    assert.deepEqual(timeline.due(ms(501)), [])
  })

  it('gives every occurrence exactly once, however unevenly it is asked', () => {
    const steps = [fault('a', { every: ms(7), until: ms(90) }), fault('b', { at: ms(33) }), fault('c', { at: ms(60), every: ms(13), until: ms(99) })]
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 40 }), (looks) => {
      const timeline = new Timeline(steps, ms(0))
      const ids = [...looks.sort((x, y) => x - y), 200].flatMap((now) => timeline.due(ms(now)).map(({ id }) => id))
      assert.equal(new Set(ids).size, ids.length)
      assert.equal(ids.length, 13 + 1 + 4)
    }))
  })
})
