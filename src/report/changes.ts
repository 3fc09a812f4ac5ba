/** Where the figures of an experiment changed for good in the course of its history. */

import { randomStream } from '../core/random.ts'
import { changePoints } from '../statistics/change-points.ts'
import { medianOf } from '../statistics/median.ts'
import { pettitt } from '../statistics/pettitt.ts'
import { shiftOf } from '../statistics/shift.ts'
import type { Better } from './compare/asked.ts'
import { floorOf, type Measured, type Unit } from './compare/measured.ts'
import type { RunFigures } from './compare/comparison.ts'

export interface Change {
  /** The first run that is otherwise, and its index in the series. */
  readonly run: string
  readonly wall: string
  readonly at: number
  /** Of the runs since, against those before, each back to the next change. */
  readonly shift: number
  readonly before: number
  readonly worse: boolean
  readonly p: number
}

export interface Track {
  readonly label: string
  readonly unit: Unit
  readonly better: Better
  readonly values: readonly number[]
  /** Undefined: too few runs to say. */
  readonly changes: readonly Change[] | undefined
}

/** The latest runs that are looked at: the work grows with the square. */
const RUNS_MAX = 200
/** Between two changes, and before and after: so many a test on ranks needs to be sure. */
const LEAST = 5
const LEVEL = 0.01
/** Of the second test, which asks another question of the same runs. */
const CONFIRMED = 0.05
const SHUFFLES = 199
/** The two tests may disagree by so many runs on where it was. */
const NEAR = 2

/** A track for each figure, in the order of the latest run; runs oldest first, unfit ones left out before. The same runs give the same answer. */
export function tracksOf(runs: readonly RunFigures[], floor: number): readonly Track[] {
  const kept = runs.slice(-RUNS_MAX)
  const labels = [...new Set([...kept].reverse().flatMap(({ measured }) => measured.map(({ label }) => label)))]
  return labels.map((label) => {
    const points = kept.flatMap((run) => run.measured.filter((one) => one.label === label).map((found) => ({ run, found })))
    return trackOf(label, points, floor)
  })
}

interface Point { readonly run: RunFigures; readonly found: Measured }

function trackOf(label: string, points: readonly Point[], floor: number): Track {
  const model = points.at(-1)?.found
  // Of a run that was not watched to its end the time that it was watched: it was no less.
  const values = points.map(({ found }) => found.value)
  const { unit = 'count', better = 'lower' } = model ?? {}
  return { label, unit, better, values, changes: values.length < 2 * LEAST ? undefined : changesOf(points, floor) }
}

function changesOf(points: readonly Point[], floor: number): readonly Change[] {
  const values = points.map(({ found }) => found.value)
  const found = changePoints(values, { least: LEAST, level: LEVEL, shuffles: SHUFFLES }, randomStream(0, 'changes/divisive'))
  const edges = [0, ...found, values.length]
  return found.flatMap((at, i): Change[] => {
    const [from, to] = [edges[i] ?? 0, edges[i + 2] ?? values.length]
    const [before, since] = [points.slice(from, at), points.slice(at, to)]
    const shift = shiftOf(before.map((one) => one.found), since.map((one) => one.found), 0.9)?.estimate ?? 0
    const second = pettitt(values.slice(from, to), SHUFFLES, randomStream(0, `changes/pettitt/${at}`))
    const first = since[0]
    const level = medianOf(before.map((one) => one.found.value))
    if (!first || second.p > CONFIRMED || Math.abs(from + second.at - at) > NEAR || Math.abs(shift) < floorOf(first.found, level, floor)) return []
    return [{ run: first.run.run, wall: first.run.wall, at, shift, before: level, worse: first.found.better === 'lower' ? shift > 0 : shift < 0, p: second.p }]
  })
}
