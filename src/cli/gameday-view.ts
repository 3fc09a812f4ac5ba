/** What those at the prompt of a game day are shown: lines as they come, and the picture of now. */

import picocolors from 'picocolors'
import type { Injection, Status } from '../control/contract.ts'
import { monotonicNow, wallDate, wallOf } from '../core/clock.ts'
import { formatDuration, ms, type Ms } from '../core/units.ts'
import type { Plan } from '../experiment/plan.ts'
import { Rows } from '../gameday/rows.ts'
import type { ScreenState } from '../gameday/screen.ts'
import type { JournalEvent, Phase } from '../record/events.ts'
import { stamp } from './live.ts'
import { lineOf, type Tone } from './progress.ts'

export interface GameViewOptions { readonly plan: Plan; readonly who: string; readonly role: string; readonly color: boolean; say(line: string): void }

const READY = 'ready: `inject FAULT TARGET … for=30s`; Tab completes, `help` lists all'

export class GameView {
  readonly #options: GameViewOptions
  readonly #rows: Rows
  readonly #from = monotonicNow()
  #phase: { readonly phase: Phase; readonly from: Ms } | undefined
  #status: Status | undefined
  #cleared: Ms | undefined

  constructor(options: GameViewOptions) {
    this.#options = options
    const { loads, targets } = options.plan
    this.#rows = new Rows(loads.map(({ name }) => name), targets.map(({ spec }) => spec.name))
  }

  hear(event: JournalEvent): void {
    if (event.kind === 'bucket') return this.#rows.load(event.bucket)
    if (event.kind === 'rule.cleared') this.#cleared = event.effectiveAt
    if (event.kind === 'phase') this.#phase = { phase: event.phase, from: event.at }
    const { plan, color, say } = this.#options
    const line = event.kind === 'phase' && (event.phase === 'method' || event.phase === 'recovery') ? { tone: 'phase' as const, text: event.phase === 'method' ? READY : this.#phaseWords() } : lineOf(event, plan)
    if (!line) return
    const { bold, red, dim } = picocolors.createColors(color)
    const paints: Readonly<Record<Tone, (text: string) => string>> = { phase: bold, step: (one) => one, trouble: red, quiet: dim }
    say(`${dim(stamp(ms(event.at - this.#from)))} ${paints[line.tone](line.text)}`)
  }

  tick(tick: Parameters<Rows['tick']>[0]): void { this.#rows.tick(tick) }

  status(status: Status): void { this.#status = status }

  state(injections: readonly Injection[], paused: number): ScreenState {
    const { plan, who, role } = this.#options
    const { halted, url } = this.#status ?? {}
    return {
      name: plan.name, who, role, phase: this.#phaseWords(), clock: wallDate().toTimeString().slice(0, 8), elapsed: ms(monotonicNow() - this.#from), url,
      halted: halted && halted.by !== 'brownout' ? halted.reason || `by ${halted.by}` : undefined, paused, rows: this.#rows.rows(), injections, now: wallOf(monotonicNow()),
    }
  }

  /** Empty while it is the people's turn. */
  #phaseWords(): string {
    const { phase, from } = this.#phase ?? {}
    if (phase === undefined || from === undefined) return 'starting'
    if (phase === 'method') return ''
    if (phase !== 'warmup' && phase !== 'baseline' && phase !== 'recovery') return phase
    // What was injected last may have been cleared long ago.
    const since = phase !== 'recovery' ? from : this.#cleared ?? Number.NEGATIVE_INFINITY
    const left = Math.ceil((since + this.#options.plan.windows[phase] - monotonicNow()) / 1000)
    return left > 0 ? `${phase}, ${formatDuration(ms(left * 1000))} left` : phase
  }
}
