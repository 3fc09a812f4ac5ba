/** A running experiment on a terminal: lines that scroll, and below them a picture of now that is painted over. */

import picocolors from 'picocolors'
import { monotonicNow, realClock, type Timer } from '../core/clock.ts'
import { formatDuration, ms, type Ms } from '../core/units.ts'
import { formatFigure } from '../experiment/limit.ts'
import type { Plan } from '../experiment/plan.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { JournalEvent, Phase } from '../record/events.ts'
import { bucketFigure } from '../report/figures.ts'
import { fitted } from '../report/fitted.ts'
import { plain } from '../report/words.ts'
import type { Output } from './command.ts'
import { lineOf, phaseLength, phaseWords, type Line, type Tone } from './progress.ts'

const REPAINT: Ms = ms(250)
/** Buckets that a sparkline and the figures beside it cover. */
const SPARK_BUCKETS = 24
const FIGURE_BUCKETS = 4
const SPARKS = '▁▂▃▄▅▆▇█'
const BAR_WIDTH = 24

export interface View {
  hear(event: JournalEvent): void
  /** A line of the command's own. */
  say(text: string): void
  close(): void
}

/** Where there is no terminal: the lines alone, each with the time since the start. */
export function plainView(plan: Plan, stderr: Output): View {
  const from = monotonicNow()
  return {
    hear: (event) => {
      const line = lineOf(event, plan)
      if (line) stderr.write(`${stamp(ms(event.at - from))} ${line.text}\n`)
    },
    say: (text) => { stderr.write(`${text}\n`) },
    close: () => undefined,
  }
}

export class LiveView implements View {
  readonly #plan: Plan
  readonly #stderr: Output
  readonly #colors: ReturnType<typeof picocolors.createColors>
  readonly #from = monotonicNow()
  readonly #buckets = new Map<string, BucketRecord[]>()
  readonly #armed = new Map<string, { readonly text: string; readonly until: Ms | undefined }>()
  #phase: { readonly phase: Phase; readonly from: Ms } | undefined
  #painted = 0
  #timer: Timer | undefined

  constructor(plan: Plan, stderr: Output, color: boolean) {
    this.#plan = plan
    this.#stderr = stderr
    this.#colors = picocolors.createColors(color)
    this.#tick()
  }

  hear(event: JournalEvent): void {
    this.#note(event)
    const line = lineOf(event, this.#plan)
    if (line) this.say(`${this.#colors.dim(stamp(ms(event.at - this.#from)))} ${this.#paint(line)}`)
  }

  say(text: string): void {
    this.#stderr.write(`${this.#erased()}${text}\n`)
    this.#repaint()
  }

  /** Takes the picture away; the lines stay. Idempotent. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#stderr.write(this.#erased())
  }

  #note(event: JournalEvent): void {
    switch (event.kind) {
      case 'phase': this.#phase = { phase: event.phase, from: event.at }; break
      case 'bucket': {
        const { bucket } = event
        if (bucket.source !== 'load') break
        const buckets = this.#buckets.get(bucket.name) ?? []
        this.#buckets.set(bucket.name, [...buckets, bucket].slice(-SPARK_BUCKETS))
        break
      }
      case 'rule.armed': {
        const step = this.#plan.method.find((one) => one.step === event.step)
        const rule = step?.kind === 'fault' ? step.rule : undefined
        this.#armed.set(event.rule, { text: rule ? `${event.rule}: ${rule.fault} on ${rule.on}` : event.rule, until: rule?.for === undefined ? undefined : ms(event.effectiveAt + rule.for) })
        break
      }
      case 'rule.cleared': this.#armed.delete(event.rule); break
      default: break
    }
  }

  #tick(): void {
    this.#timer = realClock.at(ms(realClock.now() + REPAINT), () => {
      this.#stderr.write(this.#erased())
      this.#repaint()
      this.#tick()
    })
  }

  #repaint(): void {
    const width = Math.max(40, this.#stderr.columns ?? 80)
    const lines = [...this.#phaseLine(), ...[...this.#buckets].map(([name, buckets]) => this.#loadLine(name, buckets)), ...this.#faultLines()].map((line) => fitted(line, width - 1))
    this.#stderr.write(lines.map((line) => `${line}\n`).join(''))
    this.#painted = lines.length
  }

  /** What takes the picture off the terminal: up to its first line, then clear to the end. */
  #erased(): string {
    const lines = this.#painted
    this.#painted = 0
    return lines === 0 ? '' : `\u001b[${lines}A\u001b[J`
  }

  #phaseLine(): readonly string[] {
    if (!this.#phase) return []
    const { phase, from } = this.#phase
    const length = phaseLength(phase, this.#plan)
    const elapsed = monotonicNow() - from
    const name = phaseWords(phase, this.#plan)
    if (length === undefined || length <= 0) return [this.#colors.bold(name)]
    const done = Math.min(1, elapsed / length)
    const bar = '━'.repeat(Math.round(done * BAR_WIDTH))
    return [`${this.#colors.bold(name.padEnd(9))} ${this.#colors.cyan(bar)}${this.#colors.dim('━'.repeat(BAR_WIDTH - bar.length))} ${formatSeconds(ms(Math.max(0, length - elapsed)))} left`]
  }

  /** The figures of all loads stand below one another, and below the bar. */
  get #nameWidth(): number { return Math.max(9, ...[...this.#buckets.keys()].map((name) => plain(name).length)) }

  #loadLine(name: string, buckets: readonly BucketRecord[]): string {
    const recent = buckets.slice(-FIGURE_BUCKETS)
    const shown = (metric: string, unit: 'ms' | 'ratio' | '/s'): string => {
      const value = bucketFigure(recent, metric)
      return (value === undefined ? '–' : formatFigure(unit === 'ratio' ? Math.round(value * 1000) / 1000 : value, unit)).padStart(7)
    }
    const latencies = buckets.map((bucket) => bucketFigure([bucket], 'p95'))
    const success = buckets.map((bucket) => bucketFigure([bucket], 'success'))
    const { dim } = this.#colors
    return `${plain(name).padEnd(this.#nameWidth)} ${shown('rate', '/s')}  ${dim('p95')} ${shown('p95', 'ms')} ${spark(latencies)}  ${dim('ok')} ${shown('success', 'ratio')} ${spark(success, 1)}`
  }

  #faultLines(): readonly string[] {
    return [...this.#armed.values()].map(({ text, until }) => {
      const left = until === undefined ? '' : `  ${formatSeconds(ms(Math.max(0, until - monotonicNow())))} left`
      return this.#colors.red(`▲ ${plain(text)}${left}`)
    })
  }

  #paint({ tone, text }: Line): string {
    const { bold, red, dim } = this.#colors
    const paints: Readonly<Record<Tone, (text: string) => string>> = { phase: bold, step: (one) => one, trouble: red, quiet: dim }
    return paints[tone](text)
  }
}

export const stamp = (since: Ms): string => `[${(Math.max(0, since) / 1000).toFixed(1).padStart(6)}s]`
const formatSeconds = (time: Ms): string => (time < 60_000 ? `${(time / 1000).toFixed(1)}s` : formatDuration(time))

/** One block a bucket, from 0 to the highest (or to `top`); a blank where there is no figure. */
export function spark(all: readonly (number | undefined)[], top?: number): string {
  const values = all.slice(-SPARK_BUCKETS)
  const highest = top ?? Math.max(...values.map((value) => value ?? 0))
  const blocks = values.map((value) => (value === undefined ? ' ' : SPARKS[highest > 0 ? Math.min(SPARKS.length - 1, Math.floor((value / highest) * SPARKS.length)) : 0] ?? ' '))
  return blocks.join('').padStart(SPARK_BUCKETS)
}
