import assert from 'node:assert/strict'
import fc from 'fast-check'
import { blipsOf, episodesOf } from '../../src/timing/episodes.ts'
import type { Label } from '../../src/timing/timing.ts'

/** One letter a bucket: `x` bad, `.` good, `?` unknown. */
const read = (text: string): Label[] => [...text].map((letter) => (letter === 'x' ? 'bad' : letter === '.' ? 'good' : 'unknown'))
const spans = (text: string, hold = 4): string => episodesOf(read(text), hold).map(({ from, to, ended }) => `${from}-${ended ? to : 'end'}`).join(' ')

describe('timing: episodes', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['..xx....', '2-4', 'two bad buckets are an episode'],
    ['..x.....', '', 'one is none'],
    ['.x.x.x..', '', 'nor are lone ones with a good one between'],
    ['xx......', '0-2', 'an episode may begin at once'],
    ['..xx...', '2-end', 'without a whole hold after it, it has not ended'],
    ['..xx.x....', '2-4', 'a lone bad bucket in the hold is passed over'],
    ['..xx..xx....', '2-8', 'two of them in the hold belong to the episode'],
    ['..xx....xx....', '2-4 8-10', 'two of them after the hold are another'],
    ['..x?x....', '2-5', 'an unknown one between two bad ones is passed over'],
    ['..xx?.......', '2-5', 'a hold is known: one unknown of four is too many, so the first good one begins it'],
    ['..xx????????', '2-end', 'what is unknown ends nothing'],
    ['..xx????.x.x....', '2-8', 'and the hold begins with a good one'],
    ['', '', 'no buckets, no episodes'],
    ['????', '', 'nothing known, no episodes'],
  ]
  for (const [text, expected, why] of cases) {
    it(`${text || '(none)'}: ${why}`, () => assert.equal(spans(text), expected))
  }

  it('lets a fifth of the hold be unknown', () => {
    assert.equal(spans('xx?.........', 10), '0-2')
    assert.equal(spans('xx??........', 10), '0-2')
    assert.equal(spans('xx..xx?.........', 10), '0-6')
    assert.equal(spans('xx???.........', 10), '0-end')
    assert.equal(spans('xx???..........', 10), '0-5')
  })

  it('counts as blips the bad buckets that have no bad neighbour among the known', () => {
    assert.equal(blipsOf(read('x.x.xx.x')), 3)
    assert.equal(blipsOf(read('x?x.')), 0)
    assert.equal(blipsOf(read('.?x?.')), 1)
    assert.equal(blipsOf(read('')), 0)
  })

  const labels = fc.array(fc.constantFrom<Label>('good', 'good', 'good', 'bad', 'unknown'), { maxLength: 80 })
  const pairsIn = (all: readonly Label[], from: number, to: number): number => {
    const known = all.slice(from, to).filter((label) => label !== 'unknown')
    return known.filter((label, i) => label === 'bad' && known[i + 1] === 'bad').length
  }

  it('leaves no two bad buckets in a row outside an episode, whatever the labels', () => {
    fc.assert(fc.property(labels, fc.integer({ min: 1, max: 12 }), (all, hold) => {
      let from = 0
      for (const run of episodesOf(all, hold)) {
        assert.ok(run.from >= from && run.to > run.from, 'in order, and not empty')
        assert.equal(all[run.from], 'bad')
        assert.equal(pairsIn(all, from, run.from), 0)
        from = run.to
      }
      assert.equal(pairsIn(all, from, all.length), 0)
    }), { numRuns: 500 })
  })

  it('ends an episode only before a hold that is known and without two bad buckets in a row', () => {
    fc.assert(fc.property(labels, fc.integer({ min: 1, max: 12 }), (all, hold) => {
      const runs = episodesOf(all, hold)
      for (const [i, { to, ended }] of runs.entries()) {
        if (!ended) assert.equal(i, runs.length - 1, 'only the last can be open')
        if (!ended) continue
        const after = all.slice(to, to + hold)
        assert.equal(after.length, hold)
        assert.equal(pairsIn(after, 0, hold), 0)
        assert.ok(after.filter((label) => label === 'unknown').length <= hold * 0.2)
      }
    }), { numRuns: 500 })
  })
})
