import assert from 'node:assert/strict'
import fc from 'fast-check'
import { binomialTail } from '../../src/timing/binomial.ts'

const SCALE = 10n ** 40n

/** P(X >= least) with p = `of` / `parts`, in whole numbers: exact to 40 places. */
function exactly(least: number, trials: number, of: number, parts: number): number {
  let ways = 1n
  let sum = 0n
  for (let k = 0; k <= trials; k++) {
    if (k >= least) sum += ways * BigInt(of) ** BigInt(k) * BigInt(parts - of) ** BigInt(trials - k)
    ways = (ways * BigInt(trials - k)) / BigInt(k + 1)
  }
  return Number((sum * SCALE) / BigInt(parts) ** BigInt(trials)) / Number(SCALE)
}

const near = (found: number, exact: number, relative: number): boolean => Math.abs(found - exact) <= relative * exact + 1e-39

/** P(X >= least) for a Poisson count, term by term. */
function poissonTail(least: number, mean: number): number {
  let term = Math.exp(-mean)
  let sum = 0
  for (let k = 0; k < least + 400; k++) {
    if (k >= least) sum += term
    term *= mean / (k + 1)
  }
  return sum
}

describe('timing: the binomial tail', () => {
  it('is exact, against whole-number arithmetic', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 120 }), fc.nat(121), fc.integer({ min: 1, max: 999 }), (trials, least, of) => {
      const [found, exact] = [binomialTail(least, trials, of / 1000), exactly(least, trials, of, 1000)]
      assert.ok(near(found, exact, 1e-11), `${found} is not ${exact}`)
    }))
  })

  it('stays sound for two thousand trials and a result of 1e-30', () => {
    const [found, exact] = [binomialTail(70, 2000, 0.005), exactly(70, 2000, 5, 1000)]
    assert.ok(exact > 0 && exact < 1e-30, `${exact}`)
    assert.ok(near(found, exact, 1e-8), `${found} is not ${exact}`)
  })

  it('approaches the Poisson tail for ten million trials', () => {
    for (const least of [1, 5, 10, 11, 30]) {
      const [found, limit] = [binomialTail(least, 1e7, 1e-6), poissonTail(least, 10)]
      assert.ok(near(found, limit, 1e-4), `${least}: ${found} is not ${limit}`)
    }
  })

  it('falls as more is asked for, from 1 to 0', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 1e-9, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, p, share) => {
      const least = Math.floor(share * trials)
      const [more, fewer] = [binomialTail(least + 1, trials, p), binomialTail(least, trials, p)]
      assert.ok(more >= 0 && fewer <= 1 && more <= fewer + 1e-9, `${more} after ${fewer}`)
      assert.equal(binomialTail(0, trials, p), 1)
      assert.equal(binomialTail(trials + 1, trials, p), 0)
    }))
  })

  it('knows the impossible and the certain', () => {
    assert.equal(binomialTail(1, 25, 0), 0)
    assert.equal(binomialTail(25, 25, 1), 1)
    assert.equal(binomialTail(26, 25, 1), 0)
    assert.equal(binomialTail(1, 1e6, 0.5), 1, 'though the probability of exactly 1 is too small for a number')
  })
})
