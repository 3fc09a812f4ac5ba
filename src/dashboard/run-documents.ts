/** What the server says of runs that are over, as far as the page shows it. docs/report.md and docs/compare.md describe all of it. */

import type { Unit } from './words.ts'
import { countWords, NONE, words } from './words.ts'

export type RunUnit = 'ms' | 'share' | '/s' | 'bytes' | 'bytes/s' | 'x' | 'count'
export interface RunFigure { readonly label: string; readonly unit: RunUnit; readonly value: number; readonly censored: boolean }
export interface RunRow { readonly id: string; readonly name: string; readonly question: string; readonly tags: readonly string[]; readonly wall: string; readonly tookMs: number; readonly outcome?: string; readonly status: string; readonly why: string; readonly figures: readonly RunFigure[] }

export interface RunReport {
  readonly run: string | null
  readonly name: string | null
  readonly question: string | null
  readonly outcome: string
  readonly why: string
  readonly headline: string
  readonly startedAt: string | null
  readonly expectations: readonly { readonly text: string; readonly outcome: string; readonly measured: string; readonly limit: string; readonly margin?: string }[]
  readonly steps: readonly { readonly step: string; readonly what: string; readonly targets: readonly string[]; readonly effectAtMs: number | null; readonly clearAtMs: number | null; readonly matched: number; readonly altered: number }[]
  readonly signals: readonly { readonly signal: string; readonly step: string | null; readonly status: string; readonly recoveryMs: number | null; readonly degradedMs: number; readonly depth: number }[]
}

export interface ComparedFigure {
  readonly figure: string
  readonly unit: RunUnit
  readonly verdict: string
  readonly shift: number | null
  readonly low: number | null
  readonly high: number | null
  readonly p: number
  readonly runsNeeded: number | null
  readonly a: readonly { readonly value: number; readonly censored: boolean }[]
  readonly b: readonly { readonly value: number; readonly censored: boolean }[]
}
export interface ComparisonDocument { readonly outcome: string; readonly headline: string; readonly figures: readonly ComparedFigure[]; readonly onlyOneSideHas: readonly string[]; readonly notes: readonly string[] }

export function runWords(unit: RunUnit, value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE
  return unit === 'x' ? `${countWords(value)}×` : words(unit satisfies Unit, value)
}

/** `+1.2ms`; a shift of a share in points. */
export function shiftWords(unit: RunUnit, value: number | null): string {
  if (value === null) return NONE
  const size = unit === 'share' ? `${Number((Math.abs(value) * 100).toFixed(2))}pt` : runWords(unit, Math.abs(value))
  return `${value < 0 ? '−' : '+'}${size}`
}

/** Of some runs of one figure the one in the middle. */
export function middleWords({ unit }: ComparedFigure, points: ComparedFigure['a']): string {
  const sorted = points.map(({ value }) => value).sort((x, y) => x - y)
  const middle = sorted[Math.floor((sorted.length - 1) / 2)]
  return `${points.some(({ censored }) => censored) ? '> ' : ''}${runWords(unit, middle)}`
}

/** The first figure of that kind. */
export function figureIn({ figures }: RunRow, of: RegExp): string {
  const found = figures.find(({ label }) => of.test(label))
  return found ? `${found.censored ? '> ' : ''}${runWords(found.unit, found.value)}` : NONE
}
