/**
 * The Universal Scalability Law (N. Gunther): X(N) = λN / (1 + σ(N - 1) + κN(N - 1)). λ is the throughput of one, σ the share that only one
 * can do at a time, κ the cost of keeping all in step; with κ there is a peak at N = √((1 - σ) / κ), beyond which more load means less work.
 */

import type { Random } from '../core/random.ts'

/** So many operations under way on average, and how many came to an end a second. */
export interface Loaded { readonly concurrency: number; readonly throughput: number }
export interface Law { readonly lambda: number; readonly sigma: number; readonly kappa: number }
export interface Peak { readonly concurrency: number; readonly throughput: number }

export type Capacity =
  | { readonly kind: 'fitted'; readonly law: Law; readonly peak: Peak
      /** 95 %, by bootstrap over the residuals: of the peak's throughput and of its concurrency. */
      readonly interval: { readonly throughput: readonly [number, number]; readonly concurrency: readonly [number, number] }
      /** Of the residuals, relative to the mean throughput. */
      readonly scatter: number }
  /** Why no peak can be told, in a sentence. */
  | { readonly kind: 'refused'; readonly why: string; readonly law?: Law }

const POINTS_MIN = 6
const DRAWS = 400
/** A law that misses the points by more is not theirs. */
const SCATTER_MAX = 0.1
/** A peak so far beyond the largest measured concurrency is a guess. */
const REACH_MAX = 2
const ROUNDS = 60
/** A parameter below it is as good as 0. */
const EDGE = 1e-9
/** An interval of the peak that reaches so far beyond what was measured has no end. */
const ENDLESS = 10

export const throughputAt = ({ lambda, sigma, kappa }: Law, n: number): number => (lambda * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1))

export function peakOf(law: Law): Peak | undefined {
  if (!(law.kappa > 0) || law.sigma >= 1) return undefined
  const concurrency = Math.sqrt((1 - law.sigma) / law.kappa)
  return { concurrency, throughput: throughputAt(law, concurrency) }
}

/** The law that comes nearest to the points by least squares, with σ and κ not below 0; undefined where there are too few. */
export function fitLaw(points: readonly Loaded[]): Law | undefined {
  const whole = refine(points, { sigma: true, kappa: true })
  // What lies within the bounds cannot be bettered on one.
  if (whole && whole.sigma > EDGE && whole.kappa > EDGE) return whole
  const fits = [[true, true], [true, false], [false, true], [false, false]].flatMap(([sigma = false, kappa = false]) => {
    const law = refine(points, { sigma, kappa })
    return law ? [{ law, misfit: misfitOf(points, law) }] : []
  })
  return fits.reduce<(typeof fits)[number] | undefined>((best, fit) => (best && best.misfit <= fit.misfit ? best : fit), undefined)?.law
}

/** Where throughput peaks, or why that cannot be told. */
export function capacityOf(points: readonly Loaded[], random: Random): Capacity {
  const refused = (why: string, law?: Law): Capacity => ({ kind: 'refused', why, ...(law ? { law } : {}) })
  const distinct = new Set(points.map(({ concurrency }) => Number(concurrency.toPrecision(3)))).size
  if (distinct < POINTS_MIN) return refused(`${distinct} different loads were measured, ${POINTS_MIN} are needed`)
  const law = fitLaw(points)
  if (!law) return refused('the points follow no such law')
  const scatter = scatterOf(points, law)
  if (scatter > SCATTER_MAX) return refused(`the points miss the law by ${Math.round(scatter * 100)} % of the mean throughput`, law)
  const largest = Math.max(...points.map(({ concurrency }) => concurrency))
  const found = peakOf(law)
  if (found && found.concurrency > REACH_MAX * largest) return refused(`the peak would be at ${Math.round(found.concurrency)} at once, more than ${REACH_MAX} times what was measured (${Number(largest.toPrecision(3))})`, law)
  const drawn = bootstrap(points, law, random)
  const places = drawn.map((one) => peakOf(one)?.concurrency ?? Number.POSITIVE_INFINITY)
  if (!(quantile(places, 0.975) < ENDLESS * largest)) {
    return refused(quantile(drawn.map(({ sigma }) => sigma), 0.025) <= 0 ? 'throughput grows in step with load: the points show no bend' : 'throughput flattens, but no decline can be told from the points', law)
  }
  const peak = found
  if (!peak) return refused('throughput falls from the first on', law)
  const peaks = drawn.flatMap((one) => peakOf(one) ?? [])
  const range = (of: (one: Peak) => number): readonly [number, number] => [quantile(peaks.map(of), 0.025), quantile(peaks.map(of), 0.975)]
  return { kind: 'fitted', law, peak, interval: { throughput: range((one) => one.throughput), concurrency: range((one) => one.concurrency) }, scatter }
}

/** Laws of points that lie about the fitted law as the measured ones do. */
function bootstrap(points: readonly Loaded[], law: Law, random: Random): readonly Law[] {
  const inflation = Math.sqrt(points.length / Math.max(1, points.length - 3))
  // Relative, as what varies from one window to another is a share of what goes on in it.
  const residuals = points.map(({ concurrency, throughput }) => (throughput / throughputAt(law, concurrency) - 1) * inflation)
  const draw = (): number => residuals[Math.floor(random() * residuals.length)] ?? 0
  return Array.from({ length: DRAWS }, () => fitLaw(points.map(({ concurrency }) => ({ concurrency, throughput: throughputAt(law, concurrency) * (1 + draw()) }))) ?? law)
}

const misfitOf = (points: readonly Loaded[], law: Law): number => points.reduce((sum, { concurrency, throughput }) => sum + (throughput - throughputAt(law, concurrency)) ** 2, 0)

function scatterOf(points: readonly Loaded[], law: Law): number {
  const mean = points.reduce((sum, { throughput }) => sum + throughput, 0) / points.length
  return Math.sqrt(misfitOf(points, law) / Math.max(1, points.length - 3)) / mean
}

interface Free { readonly sigma: boolean; readonly kappa: boolean }

/** Gauss-Newton with damping, from the law that is linear in N / X; undefined where it leads to a negative parameter. */
function refine(points: readonly Loaded[], free: Free): Law | undefined {
  let law = begin(points, free)
  if (!law) return undefined
  let misfit = misfitOf(points, law)
  for (let round = 0, damping = 1e-3; round < ROUNDS && damping < 1e9; round++) {
    const next = stepped(points, law, free, damping)
    const reached = next && misfitOf(points, next)
    if (next && reached !== undefined && reached <= misfit) {
      const done = misfit - reached <= 1e-14 * misfit
      law = next
      misfit = reached
      damping /= 4
      if (done) break
    } else damping *= 8
  }
  return law
}

/** N / X = a + b(N - 1) + cN(N - 1), weighted so that errors count as those of X. */
function begin(points: readonly Loaded[], free: Free): Law | undefined {
  const rows = points.filter(({ throughput, concurrency }) => throughput > 0 && concurrency > 0).map(({ concurrency: n, throughput }) => {
    const weight = throughput ** 2 / n
    return { terms: [1, ...(free.sigma ? [n - 1] : []), ...(free.kappa ? [n * (n - 1)] : [])].map((term) => term * weight), value: (n / throughput) * weight }
  })
  const solved = leastSquares(rows)
  if (!solved || !((solved[0] ?? 0) > 0)) return undefined
  const [a = 1, second = 0, third = 0] = solved
  const [b, c] = free.sigma ? [second, third] : [0, second]
  const law = { lambda: 1 / a, sigma: free.sigma ? b / a : 0, kappa: free.kappa ? c / a : 0 }
  return law.sigma >= 0 && law.kappa >= 0 ? law : undefined
}

function stepped(points: readonly Loaded[], law: Law, free: Free, damping: number): Law | undefined {
  const rows = points.map(({ concurrency: n, throughput }) => {
    const x = throughputAt(law, n)
    const below = (law.lambda * n) / x
    const terms = [x / law.lambda, ...(free.sigma ? [(-x * (n - 1)) / below] : []), ...(free.kappa ? [(-x * n * (n - 1)) / below] : [])]
    return { terms, value: throughput - x }
  })
  const solved = leastSquares(rows, damping)
  if (!solved) return undefined
  const [first = 0, second = 0, third = 0] = solved
  const [b, c] = free.sigma ? [second, third] : [0, second]
  const next = { lambda: law.lambda + first, sigma: law.sigma + (free.sigma ? b : 0), kappa: law.kappa + (free.kappa ? c : 0) }
  return next.lambda > 0 && next.sigma >= 0 && next.kappa >= 0 ? next : undefined
}

interface Row { readonly terms: readonly number[]; readonly value: number }

/** Solves the normal equations, each diagonal raised by the share `damping`; undefined where they have no one solution. */
function leastSquares(rows: readonly Row[], damping = 0): readonly number[] | undefined {
  const size = rows[0]?.terms.length ?? 0
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const matrix = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => sum(({ terms }) => (terms[i] ?? 0) * (terms[j] ?? 0)) * (i === j ? 1 + damping : 1)),
    sum(({ terms, value }) => (terms[i] ?? 0) * value),
  ])
  return rows.length < size ? undefined : solve(matrix)
}

/** Gauss-Jordan with the largest pivot of each column. */
function solve(matrix: readonly number[][]): readonly number[] | undefined {
  const rows = matrix.map((row) => [...row])
  for (let column = 0; column < rows.length; column++) {
    const pivotAt = rows.reduce((best, row, i) => (i >= column && Math.abs(row[column] ?? 0) > Math.abs(rows[best]?.[column] ?? 0) ? i : best), column)
    const pivot = rows[pivotAt]
    const other = rows[column]
    const lead = pivot?.[column] ?? 0
    if (!pivot || !other || !Number.isFinite(lead) || lead === 0) return undefined
    rows[pivotAt] = other
    rows[column] = pivot.map((one) => one / lead)
    for (const [i, row] of rows.entries()) if (i !== column) rows[i] = row.map((one, j) => one - (row[column] ?? 0) * (rows[column]?.[j] ?? 0))
  }
  return rows.map((row) => row.at(-1) ?? 0)
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(q * (sorted.length - 1))))] ?? Number.NaN
}
