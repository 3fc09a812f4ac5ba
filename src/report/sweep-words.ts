/** What a sweep came to, in words that every report of it uses. */

import { formatDuration, formatRate, ms, perSecond, type Ms } from '../core/units.ts'
import type { Demand } from '../sweep/demand.ts'
import type { Point, Swept, SweepResult } from '../sweep/result.ts'
import type { Capacity } from '../sweep/usl.ts'
import { NONE, plain, shareWords } from './words.ts'

/** The answer, one sentence a knob. */
export function edgeWords({ knob, edge, words, how, range, unfinished }: Swept): string {
  if (!edge || !words) return `${plain(knob)}: nothing was found`
  switch (edge.kind) {
    case 'holds': return unfinished !== undefined ? `${plain(knob)} holds up to ${words.holds}, as far as it was tried` : `${plain(knob)} holds throughout, from ${range[0]} to ${words.holds}`
    case 'breaks': return `${plain(knob)} breaks at ${words.breaks} already, where the range begins`
    case 'found': return `${plain(knob)} holds up to ${words.holds} and breaks at ${words.breaks} (the edge is within ${words.low} to ${words.high})${how ? `: by ${how.kind}, ${plain(how.text)} was ${plain(how.measured)}` : ''}`
  }
}

const duration = (value: number | undefined): string => (value === undefined ? NONE : formatDuration(ms(value)))
const rate = (value: number | undefined): string => (value === undefined ? NONE : formatRate(perSecond(value)))
const three = (value: number): number => Number(value.toPrecision(3))

/** Values by hardness as they were tried, each with the figures of its tries. */
export const POINT_HEAD = ['value', 'held', 'p50', 'p95', 'p99', 'ok', 'goodput', 'back after', 'what broke'] as const

/** In the order of the table: the easiest first. */
export function pointsInOrder({ points, range, edge }: Swept): readonly Point[] {
  const rising = points.length < 2 || (edge?.kind === 'found' ? edge.holds <= edge.breaks : (points[0]?.value ?? 0) <= (points.at(-1)?.value ?? 0)) || range[0] === '0'
  return [...points].sort((a, b) => (rising ? a.value - b.value : b.value - a.value) || a.number - b.number)
}

export const pointCells = ({ shown, held, invalid, figures: { p50, p95, p99, success, goodput }, backAfterMs, broken }: Point): readonly string[] => [
  shown, invalid !== undefined ? 'void' : held ? 'yes' : 'no', duration(p50), duration(p95), duration(p99), success === undefined ? NONE : shareWords(success), rate(goodput),
  backAfterMs === null ? 'not' : duration(backAfterMs), plain(invalid ?? broken.map(({ signal, measured }) => `${signal} ${measured}`).join(', ')),
]

/** What the Universal Scalability Law says, and which resource is used up first; none where the knob is not of a load. */
export const capacityWords = ({ capacity, demands }: Swept): readonly string[] => [...(capacity ? [lawWords(capacity)] : []), ...(capacity ? [demandWords(demands ?? [])] : [])]

function lawWords(capacity: Capacity): string {
  if (capacity.kind === 'refused') return `No peak can be predicted: ${capacity.why}`
  const { law: { lambda, sigma, kappa }, peak, interval: { throughput: [low, high], concurrency: [least, most] } } = capacity
  return `Peak by the Universal Scalability Law: ${rate(three(peak.throughput))} (95 %: ${rate(three(low))} to ${rate(three(high))}) with ${three(peak.concurrency)} under way (${three(least)} to ${three(most)}); lambda ${three(lambda)}, sigma ${three(sigma)}, kappa ${three(kappa)}`
}

/** A resource below that at the largest load is not what limits. */
const SCARCE = 0.7

function demandWords(demands: readonly Demand[]): string {
  const [first] = demands
  if (!first) return 'No resource that was measured grows with the load'
  const said = `${plain(first.resource)} is used up first: ${shareWords(first.used)} at the largest load, all of it at ${rate(three(first.fullAt))}`
  return first.used >= SCARCE ? said : `${said}; but nothing that was measured was scarce: what limits is elsewhere (waiting, a pool, a lock)`
}

export const footWords = ({ seed, file, swept, windowMs, tookMs }: SweepResult): string =>
  `${swept.reduce((sum, { points }) => sum + points.length, 0)} points of ${formatDuration(ms(windowMs))} in ${formatDuration(tookMs as Ms)} · seed ${seed} · ${plain(file)}`
