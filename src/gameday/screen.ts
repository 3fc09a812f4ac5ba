/** The picture of now, above the prompt: what is measured, what is armed, who is there. Pure: a state and a width give its lines. */

import picocolors from 'picocolors'
import type { Injection } from '../control/contract.ts'
import { formatDuration, ms, type Ms } from '../core/units.ts'
import { fitted } from '../report/fitted.ts'
import { blocks } from '../report/sparkline.ts'
import { brief, figureWords, NONE, plain } from '../report/words.ts'

/** One source in the last second or so; what is not known is undefined. */
export interface ScreenRow {
  readonly name: string
  readonly kind: 'load' | 'target'
  readonly rate: number | undefined
  readonly p95: number | undefined
  readonly success: number | undefined
  readonly connections: number | undefined
  /** A figure a bucket, the latest last. */
  readonly latencies: readonly (number | undefined)[]
  readonly successes: readonly (number | undefined)[]
}

export interface ScreenState {
  readonly name: string
  readonly who: string
  readonly role: string
  /** `baseline, 8s left`; empty while nothing has to be waited for. */
  readonly phase: string
  /** Of the wall: `14:03:22`. */
  readonly clock: string
  readonly elapsed: Ms
  readonly url: string | undefined
  /** Why nothing can be armed; undefined where it can. */
  readonly halted: string | undefined
  /** What `resume` would arm again. */
  readonly paused: number
  readonly rows: readonly ScreenRow[]
  readonly injections: readonly Injection[]
  /** In ms since 1970, as the times of injections are. */
  readonly now: number
}

const NAME_MAX = 20
/** Below this many columns a sparkline says nothing. */
const SPARK_MIN = 8
const SPARK_MAX = 40
const FIGURES = 8
/** Columns of name, figures and the gaps between them, less the name. */
const FIXED = 4 * (FIGURES + 1) + 4
/** From so many columns on, there is room for everything. */
const WIDE = 100
/** So many faults are shown; the rest is counted. */
const INJECTIONS_MAX = 6

/** Each line fits in `width` columns. */
export function screenLines(state: ScreenState, width: number, color: boolean): readonly string[] {
  const colors = picocolors.createColors(color)
  const { dim } = colors
  const lines = [
    dim('─'.repeat(width)),
    head(state, width, colors),
    ...figures(state, width, colors),
    ...armed(state, width, colors),
  ]
  return lines.map((line) => fitted(line, width))
}

type Colors = ReturnType<typeof picocolors.createColors>

function head({ name, who, role, phase, clock, elapsed, url, halted, paused }: ScreenState, width: number, { bold, red, yellow, dim, cyan }: Colors): string {
  const left = [
    bold(plain(name)), `${plain(who)} ${dim(`(${role})`)}`,
    halted !== undefined ? red(bold(`HALTED ${brief(halted, 30)}`.trim())) : paused > 0 ? yellow(bold(`PAUSED ${paused}`)) : phase === '' ? '' : cyan(phase),
  ].filter((part) => part !== '').join('  ')
  const time = `${clock}  +${formatElapsed(elapsed)}`
  const link = url === undefined ? '' : `${url}  `
  const bare = visible(left)
  const right = bare + link.length + time.length + 2 <= width ? `${dim(link)}${time}` : time
  return `${left}${' '.repeat(Math.max(2, width - bare - visible(right)))}${right}`
}

function figures({ rows }: ScreenState, width: number, colors: Colors): readonly string[] {
  if (rows.length === 0) return []
  const { dim, cyan, red, yellow } = colors
  const nameWidth = Math.min(NAME_MAX, Math.max(6, ...rows.map(({ name }) => plain(name).length)))
  const room = Math.floor((width - nameWidth - FIXED) / 2) - 1
  const spark = room < SPARK_MIN ? 0 : Math.min(SPARK_MAX, room)
  const cell = (text: string): string => text.padStart(FIGURES + 1)
  const title = `${' '.repeat(nameWidth)}${['rate', 'p95', 'ok', 'conns'].map(cell).join('')}${spark > 0 ? `  ${'p95 over time'.padEnd(spark).slice(0, spark)}  ${'ok'.padEnd(spark).slice(0, spark)}` : ''}`
  return [dim(title), ...rows.map(({ name, kind, rate, p95, success, connections, latencies, successes }) => {
    const ok = cell(figureWords('success', success))
    const painted = success === undefined || success >= 0.999 ? ok : success < 0.9 ? red(ok) : yellow(ok)
    const sparks = spark === 0 ? '' : `  ${cyan(lined(latencies, spark))}  ${cyan(lined(successes, spark, 1))}`
    return `${(kind === 'load' ? colors.bold : (text: string) => text)(brief(name, nameWidth).padEnd(nameWidth))}${cell(figureWords('rate', rate))}${cell(figureWords('p95', p95))}${painted}${cell(connections === undefined ? NONE : String(connections))}${sparks}`
  })]
}

const lined = (values: readonly (number | undefined)[], width: number, scale?: number): string => blocks(values.slice(-width), scale).padStart(width)

function armed({ injections, now }: ScreenState, width: number, { red, dim }: Colors): readonly string[] {
  if (injections.length === 0) return [dim('nothing is armed')]
  const shown = injections.slice(0, INJECTIONS_MAX)
  const tails = shown.map(({ until, altered, by }) => {
    const left = until === null ? 'standing' : `${formatLeft(ms(Math.max(0, until - now)))} left`
    return `  ${left.padStart(9)}  ${altered} altered${width < WIDE ? '' : `  ${plain(by)}`}`
  })
  const room = Math.max(16, width - 2 - Math.max(...tails.map((tail) => tail.length)))
  const texts = shown.map(({ id, text }) => brief(`${id}: ${text}`, room))
  const longest = Math.max(...texts.map((text) => text.length))
  const lines = texts.map((text, i) => `${red(`▲ ${text.padEnd(longest)}`)}${dim(tails[i] ?? '')}`)
  return injections.length > shown.length ? [...lines, dim(`  and ${injections.length - shown.length} more`)] : lines
}

const formatLeft = (left: Ms): string => (left < 60_000 ? `${(left / 1000).toFixed(0)}s` : formatDuration(left))

/** `2:05`, `1:02:05`. */
export function formatElapsed(elapsed: Ms): string {
  const seconds = Math.max(0, Math.floor(elapsed / 1000))
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  const two = (value: number): string => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** Columns that it takes, colours aside. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours
const visible = (text: string): number => [...text.replace(/\u001b\[[0-9;]*m/g, '')].length
