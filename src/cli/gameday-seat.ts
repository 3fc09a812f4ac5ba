/** One seat at a game day: hears what is typed or what a script says, carries it out one after the other, shows what comes of it. */

import { basename, dirname, extname, join, resolve } from 'node:path'
import { startControl, type ControlServer } from '../admin/control-server.ts'
import { BrownoutError, formatError, knownError } from '../core/errors.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { freshToken } from '../core/random.ts'
import { startServer } from '../demo/demo.ts'
import type { Plan } from '../experiment/plan.ts'
import { planeFor, startedBody } from '../experiment/run.ts'
import { watchRun } from '../experiment/run-alerts.ts'
import { COMMANDS, parseCommand, type Order } from '../gameday/command.ts'
import { complete } from '../gameday/complete.ts'
import { GameDay, type GameResult } from '../gameday/game.ts'
import type { Opened } from '../gameday/open.ts'
import type { Role } from '../gameday/roles.ts'
import { saveSession } from '../gameday/save.ts'
import { screenLines } from '../gameday/screen.ts'
import { placed, type Line } from '../gameday/script.ts'
import { Shell } from '../gameday/shell.ts'
import type { Vocabulary } from '../gameday/vocabulary.ts'
import type { JournalEvent } from '../record/events.ts'
import type { Journal } from '../record/journal.ts'
import { plain } from '../report/words.ts'
import type { Context } from './command.ts'
import { Signals } from './execute.ts'
import { fullScreen, noScreen, plainScreen, type Heard, type Screen } from './gameday-input.ts'
import { GameView } from './gameday-view.ts'
import { holdDesk } from './hold.ts'
import type { Opened as Told } from './outlets.ts'
import { figuresOf, openOf } from './run-desk.ts'
import type { Safety } from './safety.ts'
import { shownMetrics } from './shown-metrics.ts'
import { shownRuns } from './shown-runs.ts'

export interface SeatOptions {
  readonly context: Context
  readonly opened: Opened
  /** What is journalled: without method and expectations. */
  readonly plan: Plan
  readonly vocabulary: Vocabulary
  readonly folder: string
  readonly journal: Journal
  /** Absent: people type. */
  readonly script: readonly Line[] | undefined
  readonly who: string
  readonly role: Role
  readonly port: number
  readonly safety: Safety
  /** Who else hears of it. */
  readonly told: Told | undefined
  /** Lines alone, no picture. */
  readonly plain: boolean
}

/** `failed`: what a script came to grief on. */
export interface Held extends GameResult { readonly failed: BrownoutError | undefined; readonly events: readonly JournalEvent[] }

/** Whatever a script's own mistake comes to, these are worse. */
const GRAVER: ReadonlySet<Exit> = new Set([EXIT.healUnverified, EXIT.internal, EXIT.terminated, EXIT.interrupted, EXIT.systemError])
export const exitOf = ({ exit, failed }: Held): Exit => (failed && !GRAVER.has(exit) ? failed.exit : exit)

export class Seat {
  readonly #options: SeatOptions
  readonly #game: GameDay
  readonly #shell: Shell
  readonly #view: GameView
  readonly #signals: Signals
  /** One command at a time. */
  #queue: Promise<void> = Promise.resolve()
  #screen: Screen
  #server: ControlServer | undefined
  #metrics: ReturnType<typeof shownMetrics> | undefined
  #unwatch: (() => void) | undefined
  #ready = false
  #over = false

  constructor(options: SeatOptions) {
    this.#options = options
    const { context, opened: { plan: whole, source }, plan, vocabulary, folder, journal, who, role, safety, script, told } = options
    const { registry, env, cwd, version, stderr, color } = context
    this.#screen = noScreen(stderr)
    const say = (line: string): void => this.#screen.say(line)
    this.#view = new GameView({ plan, who, role, color, say })
    const plane = planeFor(plan, registry, undefined, safety.gate.admit)
    this.#game = new GameDay({
      plan, folder, journal, env, startServer, plane, gate: safety.gate, note: safety.note, strict: script !== undefined, onEvent: (event) => { this.#view.hear(event); told?.outlets.hear(event) },
      holdDesk: ({ arming, recorder }) => {
        const [open, figures] = [openOf(plan, recorder), () => figuresOf(plane)]
        const { desk } = holdDesk({ registry, mode: 'gameday', version, cwd, about: plan.file, seed: plan.seed, gate: safety.gate, feed: recorder, armory: arming, open, figures, url: () => this.#server?.url })
        if (plan.alerts.length > 0) this.#unwatch = watchRun(plan.alerts, recorder)
        this.#metrics = shownMetrics({ control: desk, open, figures })
        return desk
      },
      started: (targets) => ({ ...startedBody(plan, { version, source, trace: told?.trace }, folder, targets), name: nameOf(folder) }),
    })
    this.#shell = new Shell({
      table: this.#game, method: whole.method, registry, vocabulary, who, role,
      say: (line) => say(plain(line)), save: (file) => this.#save(file),
    })
    this.#signals = new Signals(context, { say })
    this.#game.ready.then(() => { this.#ready = true }).catch(() => undefined)
    this.#game.over.then(() => { this.#over = true }).catch(() => undefined)
  }

  /** A line on the screen. */
  say(text: string): void { this.#screen.say(plain(text)) }

  async hold(): Promise<Held> {
    const { context: { env }, folder, port, script } = this.#options
    const game = this.#game
    let failed: BrownoutError | undefined
    const stopHearing = game.desk.on((told) => {
      if (told.kind === 'ticks') for (const tick of told.ticks) this.#view.tick(tick)
      else if (told.kind === 'status') { this.#view.status(told.status); this.#shell.see(told.status.injections) }
    })
    try {
      const token = freshToken()
      this.#server = await startControl({ control: game.desk, token, runs: shownRuns(dirname(folder)), metrics: this.#metrics }, { port, env })
      this.#signals.govern(game)
      this.#screen = this.#openScreen()
      this.#screen.say(`dashboard ${this.#server.url}/ui/#token=${token}`)
      const held = game.run()
      if (script) failed = await this.#follow(script)
      const result = await held
      await this.#queue
      return { ...result, failed, events: game.events }
    } finally {
      stopHearing()
      this.#unwatch?.()
      this.#signals.close()
      this.#screen.close()
      await this.#server?.close()
    }
  }

  #openScreen(): Screen {
    const { context, vocabulary, script, plain: lines } = this.#options
    const { stdin, stderr, env, color } = context
    if (script) return noScreen(stderr)
    const heard: Heard = {
      picture: (width) => {
        void this.#shell.look().catch(() => undefined)
        return screenLines(this.#view.state(this.#shell.armed, this.#shell.paused), width, color)
      },
      complete: (line) => complete(line, vocabulary, this.#shell.armed),
      onLine: (line) => this.#typed(line), onInterrupt: () => this.#interrupted(), onEnd: () => this.#typed('quit'),
    }
    return lines || !stderr.isTTY || env['TERM'] === 'dumb' ? plainScreen(context, heard) : fullScreen(stdin, stderr, heard)
  }

  /** A second time the process ends in there: the terminal must be as it was. */
  #interrupted(): void {
    if (this.#signals.heard) this.#screen.close()
    this.#signals.hear('SIGINT')
  }

  #typed(text: string): void {
    this.#queue = this.#queue.then(async () => {
      try {
        const order = parseCommand(text, this.#options.vocabulary)
        if (order) await this.#obey(order)
      } catch (error) {
        this.#screen.say(formatError(knownError(error)))
      }
      this.#screen.repaint()
    })
  }

  /** Stops at the first line that cannot be carried out, which is given back at its place. */
  async #follow(script: readonly Line[]): Promise<BrownoutError | undefined> {
    await Promise.race([this.#game.ready, this.#game.over])
    for (const { order, text, place } of script) {
      if (this.#over) break
      this.#screen.say(`> ${plain(text)}`)
      try {
        await this.#obey(order)
      } catch (error) {
        const failed = placed(knownError(error), place)
        this.#screen.say(formatError(failed))
        this.#game.quit()
        return failed
      }
    }
    this.#game.quit()
    return undefined
  }

  async #obey(order: Order): Promise<void> {
    const touches = order.do === 'step' || !COMMANDS[order.do].harmless
    if (touches && !this.#ready) throw new BrownoutError('USAGE', { message: 'the baseline is not known yet: what is injected now could not be measured', hint: 'wait until it says "ready"' })
    await this.#shell.execute(order)
  }

  #save(file: string | undefined): string {
    const { context: { cwd, registry }, opened: { plan, source }, folder } = this.#options
    const from = resolve(cwd, plan.file)
    const path = file === undefined ? join(dirname(from), `${basename(folder)}${extname(from) || '.yaml'}`) : resolve(cwd, file)
    saveSession(path, this.#game.events, { plan, source, registry, cwd })
    return path
  }
}

/** Of the run, as its folder bears it. */
const nameOf = (folder: string): string => basename(folder).replace(/^\d{8}-\d{6}-/, '')
