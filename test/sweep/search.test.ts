import assert from 'node:assert/strict'
import fc from 'fast-check'
import { randomStream } from '../../src/core/random.ts'
import { edgeOf } from '../../src/sweep/edge.ts'
import { Scale } from '../../src/sweep/scale.ts'
import { advise, levelsOf, triesLeft, type SearchOptions, type Trial } from '../../src/sweep/search.ts'
import { searched } from './simulated.ts'

const options = (from: number, to: number, more: Partial<SearchOptions & { readonly whole: boolean }> = {}): SearchOptions =>
  ({ scale: new Scale({ from, to, whole: more.whole ?? false }), steps: more.steps ?? 8, resolution: more.resolution ?? 0.02, repeats: more.repeats ?? 3 })
const tried = (...trials: readonly (readonly [number, boolean])[]): Trial[] => trials.map(([value, held]) => ({ value, held }))

describe('the values that a knob goes through', () => {
  it('are equal factors apart where the range spans a decade, and equal steps where it does not', () => {
    assert.deepEqual(new Scale({ from: 1, to: 1000, whole: false }).steps(4), [1, 10, 100, 1000])
    assert.deepEqual(new Scale({ from: 100, to: 400, whole: false }).steps(4), [100, 200, 300, 400])
  })

  it('begin a thousandth below the other end where an end is zero', () => {
    assert.deepEqual(new Scale({ from: 0, to: 2000, whole: false }).steps(4), [2, 20, 200, 2000])
    assert.deepEqual(new Scale({ from: 1e6, to: 0, whole: false }).steps(4), [1e6, 1e5, 1e4, 1000])
  })

  it('go down where less is harder', () => {
    const scale = new Scale({ from: 1e6, to: 1e3, whole: false })
    assert.ok(scale.positionOf(1e6) < scale.positionOf(5e4) && scale.positionOf(5e4) < scale.positionOf(1e3))
  })

  it('are whole numbers where there is nothing between them', () => {
    assert.deepEqual(new Scale({ from: 1, to: 4, whole: true }).steps(8), [1, 2, 3, 4])
    assert.equal(new Scale({ from: 1, to: 100, whole: true }).between(7, 8), undefined)
  })
})

describe('the search for the edge', () => {
  it('steps up to the first value that breaks twice, halves, and tries both sides again', () => {
    const search = options(100, 400, { steps: 4, resolution: 0.2, repeats: 2 })
    assert.deepEqual(advise(search, []), { next: 100, why: 'step' })
    assert.deepEqual(advise(search, tried([100, true], [200, true])), { next: 300, why: 'step' })
    assert.deepEqual(advise(search, tried([100, true], [200, true], [300, false])), { next: 300, why: 'repeat' })
    assert.deepEqual(advise(search, tried([100, true], [200, true], [300, false], [300, false])), { next: 250, why: 'halve' })
    const narrow = tried([100, true], [200, true], [300, false], [300, false], [250, true])
    assert.deepEqual(advise(search, narrow), { next: 250, why: 'repeat' })
    assert.deepEqual(advise(search, [...narrow, ...tried([250, true])]), { next: undefined })
  })

  it('goes on past a value that broke by chance', () => {
    const search = options(100, 400, { steps: 4, resolution: 0.5, repeats: 3 })
    const unlucky = tried([100, true], [200, false], [200, true], [200, true])
    assert.deepEqual(advise(search, unlucky), { next: 300, why: 'step' })
  })

  it('tries again what contradicts its order, and takes no harder value to hold more often than an easier one', () => {
    const search = options(100, 400, { steps: 4 })
    const crossed = tried([100, true], [200, false], [300, true])
    assert.deepEqual(levelsOf(search.scale, crossed).map(({ holds }) => holds), [1, 0.5, 0.5])
    assert.deepEqual(advise(search, crossed), { next: 200, why: 'repeat' })
  })

  it('says that all held, or that nothing did', () => {
    const search = options(1, 100)
    assert.deepEqual(edgeOf(search.scale, searched({ edge: 1e6, blur: 0, lapse: 0 }, search, randomStream(1, 'all'))), { kind: 'holds', holds: 100 })
    assert.deepEqual(edgeOf(search.scale, searched({ edge: 0.001, blur: 0, lapse: 0 }, search, randomStream(1, 'none'))), { kind: 'breaks', breaks: 1 })
    assert.equal(edgeOf(search.scale, []), undefined)
  })

  it('finds an edge without chance to its resolution, wherever it is and whichever way is harder', () => {
    fc.assert(fc.property(fc.double({ min: 0.02, max: 0.98, noNaN: true }), fc.boolean(), fc.constantFrom([1, 5000], [0, 2000], [100, 400], [0.5, 30]), (place, down, [a = 0, b = 0]) => {
      const search = down ? options(b, a) : options(a, b)
      const edge = search.scale.exactAt(place)
      const trials = searched({ edge, blur: 0, lapse: 0 }, search, () => 0.5)
      const found = edgeOf(search.scale, trials)
      assert.equal(found?.kind, 'found')
      if (found?.kind !== 'found') return
      const position = search.scale.positionOf(edge)
      assert.ok(search.scale.positionOf(found.holds) <= position + 1e-3 && position <= search.scale.positionOf(found.breaks) + 1e-3, `${found.holds} ${edge} ${found.breaks}`)
      assert.ok(Math.abs(found.holds - edge) <= 0.022 * Math.max(found.holds, edge), `${found.holds} is far from ${edge}`)
      assert.ok(trials.length <= 24, `${trials.length} tries`)
    }), { seed: 7 })
  })

  it('ends by itself, and within 5 % of an edge that chance blurs, in 95 of 100', () => {
    const search = options(10, 1000)
    let near = 0
    for (let seed = 0; seed < 100; seed++) {
      const trials = searched({ edge: 300, blur: 0.002, lapse: 0.01 }, search, randomStream(seed, 'blurred'))
      assert.ok(trials.length < 80, `${trials.length} tries`)
      const found = edgeOf(search.scale, trials)
      if (found?.kind === 'found' && Math.abs(found.holds / 300 - 1) <= 0.05) near++
    }
    assert.ok(near >= 95, `${near} of 100`)
  })

  it('gives an interval that holds the edge nine times in ten, with five tries on each side', () => {
    const search = options(10, 1000)
    let covered = 0
    for (let seed = 0; seed < 100; seed++) {
      const found = edgeOf(search.scale, searched({ edge: 300, blur: 0.004, lapse: 0.01 }, { ...search, repeats: 5 }, randomStream(seed, 'covered')))
      if (found?.kind === 'found' && found.interval[0] <= 300 && 300 <= found.interval[1]) covered++
    }
    assert.ok(covered >= 90, `${covered} of 100`)
  })

  it('knows about how many tries are left', () => {
    const search = options(10, 1000)
    const trials = searched({ edge: 300, blur: 0, lapse: 0 }, search, () => 0.5)
    for (const [done] of trials.entries()) {
      const told = triesLeft(search, trials.slice(0, done))
      assert.ok(Math.abs(told - (trials.length - done)) <= 6, `after ${done} of ${trials.length}: ${told} left`)
    }
    assert.equal(triesLeft(search, trials), 0)
  })
})
