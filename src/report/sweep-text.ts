/** What a sweep came to, for a terminal. */

import Table from 'cli-table3'
import picocolors from 'picocolors'
import type { Point, Swept, SweepResult } from '../sweep/result.ts'
import { capacityWords, edgeWords, footWords, POINT_HEAD, pointCells, pointsInOrder } from './sweep-words.ts'
import { plain } from './words.ts'

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const
const NO_LINES = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' }

type Colors = ReturnType<typeof picocolors.createColors>

/** Ends in a newline. */
export function renderSweepText(result: SweepResult, { color, files = [] }: { readonly color: boolean; readonly files?: readonly { readonly format: string; readonly path: string }[] }): string {
  const colors = picocolors.createColors(color)
  const { bold, dim, green, yellow, red } = colors
  const paint = result.outcome === 'PASS' ? green : result.outcome === 'INCONCLUSIVE' ? yellow : red
  const sections = [
    [`${paint(bold(result.outcome))}  ${bold(`sweep of ${plain(result.name)}`)}`, ...(result.outcome === 'PASS' ? [] : [plain(result.why)]), dim(`must hold: ${result.steadyState.map(plain).join('; ')}`)],
    ...result.swept.flatMap((swept) => knobSections(swept, colors)),
    result.tolerance ? [colors.underline('What the system bears'), table(['target', 'answers later by', 'cut off for good'].map(dim), result.tolerance.map(({ target, latency, gone }) => [plain(target), latency, plain(gone)]))] : [],
    [dim(footWords(result)), ...files.map(({ format, path }) => `${format.padEnd(8)} ${plain(path)}`)],
  ]
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function knobSections(swept: Swept, { bold, dim, red, yellow, underline }: Colors): readonly (readonly string[])[] {
  const points = pointsInOrder(swept)
  const rows = points.map((point) => pointCells(point).map((cell, i) => (point.invalid !== undefined ? yellow(cell) : !point.held && (i === 1 || i === POINT_HEAD.length - 1) ? red(cell) : cell)))
  return [
    [bold(edgeWords(swept)), ...(swept.unfinished === undefined ? [] : [yellow(plain(swept.unfinished))]), ...capacityWords(swept)],
    points.length > 0 ? [underline(`${plain(swept.knob)}, figures of ${plain(swept.load)}`), table(POINT_HEAD.map(dim), rows)] : [],
    points.length > 1 ? curve(points, { dim, red }) : [],
  ]
}

/** A block a value, from the easiest to the hardest; below, which of them held. */
function curve(points: readonly Point[], { dim, red }: Pick<Colors, 'dim' | 'red'>): readonly string[] {
  const of = (label: string, figure: (point: Point) => number | undefined, logarithmic: boolean): string[] => {
    const values = points.map(figure).map((value) => (value === undefined || !logarithmic ? value : Math.log10(Math.max(0.01, value))))
    const known = values.filter((value) => value !== undefined)
    if (known.length === 0) return []
    const [low, high] = [logarithmic ? Math.min(...known) : 0, Math.max(...known)]
    const block = (value: number): string => BLOCKS[high > low ? Math.min(BLOCKS.length - 1, Math.floor(((value - low) / (high - low)) * BLOCKS.length)) : 0] ?? ' '
    return [`  ${dim(label.padEnd(8))}  ${values.map((value) => (value === undefined ? ' ' : block(value))).join('')}`]
  }
  return [
    ...of('p95', ({ figures }) => figures.p95, true), ...of('success', ({ figures }) => figures.success, false), ...of('goodput', ({ figures }) => figures.goodput, false),
    `  ${dim('held'.padEnd(8))}  ${points.map(({ held, invalid }) => (invalid !== undefined ? '?' : held ? '·' : red('✗'))).join('')}`,
  ]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const made = new Table({ chars: NO_LINES, head: [...head], style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } })
  for (const row of rows) made.push([...row])
  return made.toString().split('\n').map((line) => `  ${line.trimEnd()}`).join('\n')
}
