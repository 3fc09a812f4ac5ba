/** A signal over time in one line of block characters, and where the faults lay, in the line below it. */

import { ms, type Ms } from '../core/units.ts'
import { bucketFigure, bucketsBetween, type SignalName } from './figures.ts'
import { signalOf, type RunRecord } from './fold.ts'
import type { Span } from './spans.ts'

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

export interface Sparkline { readonly line: string; readonly low: number; readonly high: number }

/** `width` characters for [from, to); a stretch without a figure is a space. Undefined when there is no figure at all. */
export function sparkline(record: RunRecord, signal: SignalName, { from, to, width }: { readonly from: Ms; readonly to: Ms; readonly width: number }): Sparkline | undefined {
  const buckets = signalOf(record, signal)?.buckets ?? []
  const step = (to - from) / width
  const values = Array.from({ length: width }, (_, i) => bucketFigure(bucketsBetween(buckets, ms(from + i * step), ms(from + (i + 1) * step)), signal.metric))
  const known = values.filter((value) => value !== undefined)
  if (known.length === 0) return undefined
  const [low, high] = [Math.min(...known), Math.max(...known)]
  // A share is drawn on the scale of all shares, anything else from zero: a flat line must look flat.
  return { line: blocks(values, signal.metric === 'success' ? 1 : high), low, high }
}

/** A character for each value, from zero to `scale`, or to the largest; where there is none a space. */
export function blocks(values: readonly (number | undefined)[], scale: number = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0)): string {
  const block = (value: number): string => BLOCKS[Math.max(0, Math.min(BLOCKS.length - 1, scale > 0 ? Math.floor((value / scale) * (BLOCKS.length - 0.01)) : 0))] ?? ' '
  return values.map((value) => (value === undefined ? ' ' : block(value))).join('')
}

/** `    ╰─ cut ─╯    `: below a sparkline of the same width, the stretch from effect to removal. */
export function faultLine({ effect, clear, step }: Span, { from, to, width }: { readonly from: Ms; readonly to: Ms; readonly width: number }): string {
  if (effect === undefined) return ''
  const column = (time: Ms): number => Math.max(0, Math.min(width - 1, Math.floor(((time - from) / (to - from)) * width)))
  const [first, last] = [column(effect), column(clear ?? to)]
  const inner = last - first - 1
  if (inner < 1) return `${' '.repeat(first)}╵ ${step}`
  const label = step.length + 2 <= inner ? ` ${step} ` : ''
  const left = Math.floor((inner - label.length) / 2)
  return `${' '.repeat(first)}╰${'─'.repeat(left)}${label}${'─'.repeat(inner - label.length - left)}╯${label ? '' : ` ${step}`}`
}
