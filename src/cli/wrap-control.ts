/**
 * What a wrapped command's proxies can be told meanwhile, by another shell, a page or a program. While an experiment is done beside the
 * command, what is injected by hand is armed by the run and stands in its journal, and the run alone takes figures from the plane.
 */

import { startControl, type ControlServer } from '../admin/control-server.ts'
import { Arming } from '../control/arming.ts'
import type { Armory } from '../control/desk.ts'
import type { RunStatus } from '../control/contract.ts'
import { MemoryFeed, type Feed } from '../control/feed.ts'
import type { Gate } from '../control/gate.ts'
import { freshToken } from '../core/random.ts'
import type { Ms } from '../core/units.ts'
import type { Inside } from '../experiment/run.ts'
import type { Meter } from '../experiment/sampler.ts'
import type { DynamicPlane, OpenTarget, Plane, TargetSpec } from '../proxy/plane.ts'
import { NO_RECORDS } from '../proxy/plane.ts'
import type { EventBody, JournalEvent } from '../record/events.ts'
import { plain } from '../report/words.ts'
import type { Context } from './command.ts'
import { holdDesk, type Held } from './hold.ts'
import { OUTLETS_PATIENCE_STOPPED } from './outlets.ts'
import type { OutletArgs } from './outlet-options.ts'
import { shownMetrics } from './shown-metrics.ts'
import { Watching } from './watching.ts'
import { RunFold } from './run-desk.ts'
import { shownRuns } from './shown-runs.ts'

export interface WrapControlOptions {
  readonly plane: DynamicPlane
  readonly targets: readonly { readonly spec: TargetSpec; readonly listen: OpenTarget['listen'] }[]
  readonly seed: number
  readonly gate: Gate
  /** Of the API; 0 for a free one. */
  readonly port: number
  /** Of the command. */
  readonly meter: Meter
  /** The folder of runs. */
  readonly runs: string
  /** Who else is told. */
  readonly outlets: Partial<OutletArgs>
}

export class WrapControl {
  /** Where the dashboard is, with the token that it asks for. */
  readonly page: string
  readonly #server: ControlServer
  readonly #held: Held
  readonly #turn: Turn
  readonly #watching: Watching

  private constructor(server: ControlServer, held: Held, turn: Turn, watching: Watching, page: string) {
    this.page = page
    this.#server = server
    this.#held = held
    this.#turn = turn
    this.#watching = watching
  }

  /** PORT_IN_USE, LISTEN_FAILED, USAGE. */
  static async open({ plane, targets, seed, gate, port, meter, runs, outlets }: WrapControlOptions, context: Context): Promise<WrapControl> {
    const { registry, version, cwd, env, rest, stderr } = context
    const turn = new Turn(plane)
    turn.feed.on((event) => {
      // A run tells its own.
      if (turn.running) return
      if (event.kind === 'operator') stderr.write(`brownout: ${plain(`${event.who}: ${event.did} ${event.text}`)}\n`)
      if (event.kind === 'rule.cleared') stderr.write(`brownout: ${plain(event.rule)}: cleared (${event.reason}), ${event.altered} altered of ${event.matched} matched\n`)
      if (event.kind === 'note') stderr.write(`brownout: ${plain(event.text)}\n`)
      if (event.kind === 'problem') stderr.write(`brownout: ${plain(`${event.code}: ${event.text}`)}\n`)
    })
    const watching = await Watching.open(outlets, turn.feed, context, (text) => stderr.write(`brownout: ${text}\n`))
    const held = holdDesk({
      registry, mode: 'wrap', version, cwd, about: rest.join(' '), seed, gate, feed: turn.feed, armory: turn.armory,
      open: () => targets, figures: () => plane.figures(), sampled: turn.sampled, meters: [meter],
      run: () => turn.status, halted: (why) => turn.abort(why), url: () => server?.url,
    })
    const token = env['BROWNOUT_TOKEN'] || freshToken()
    let server: ControlServer | undefined
    try {
      server = await startControl({ control: held.desk, token, runs: shownRuns(runs), metrics: shownMetrics({ control: held.desk, open: () => targets, figures: () => plane.figures() }) }, { port, env })
    } catch (error) {
      await held.close()
      throw error
    }
    return new WrapControl(server, held, turn, watching, `${server.url}/ui/#token=${token}`)
  }

  /** A run begins: what is done by hand is of it, until the answer is called. */
  inside(inside: Inside): () => void { return this.#turn.to(inside) }

  /** The trace that a run beside the command is part of. */
  get trace(): Watching['trace'] { return this.#watching.trace }

  async close(): Promise<void> {
    await this.#server.close()
    await this.#held.close()
    await this.#watching.close(OUTLETS_PATIENCE_STOPPED)
  }
}

/** Whose turn it is to arm, to write down and to measure: ours, or that of a run. */
class Turn {
  readonly #own: { readonly arming: Arming; readonly feed: MemoryFeed }
  readonly #plane: Plane
  #run: Inside | undefined
  #fold: RunFold | undefined
  #measured: { readonly origin: Ms; readonly width: Ms } | undefined
  readonly feed: Feed
  readonly armory: Armory
  /** The plane, which has nothing to tell while a run takes it all. */
  readonly sampled: Plane

  constructor(plane: Plane) {
    this.#plane = plane
    const memory = new MemoryFeed()
    // What the plane tells of the run's rules, the run writes down; what becomes of ours must be heard all the same.
    const recorder = { write: (body: EventBody) => (this.#run && !body.kind.startsWith('rule.') ? true : memory.write(body)), problem: (error: Parameters<Feed['problem']>[0]) => memory.problem(error) }
    this.#own = { feed: memory, arming: new Arming({ plane, recorder, stop: { trip: () => undefined } }) }
    this.feed = {
      write: (body) => (this.#run?.recorder ?? memory).write(body), problem: (error) => (this.#run?.recorder ?? memory).problem(error),
      on: (hear) => memory.on(hear), get past() { return memory.past },
    }
    this.armory = { arm: (rule, step) => this.#arming.arm(rule, step), disarm: (ids, reason) => this.#disarm(ids, reason) }
    this.sampled = {
      open: (targets) => plane.open(targets), arm: (rules) => plane.arm(rules), disarm: (ids, reason) => plane.disarm(ids, reason), snapshot: () => plane.snapshot(),
      on: (listener) => plane.on(listener), close: (drain) => plane.close(drain),
      measure: (origin, width) => {
        this.#measured = { origin, width }
        if (!this.#run) plane.measure(origin, width)
      },
      takeBuckets: () => (this.#run ? Promise.resolve([]) : plane.takeBuckets()),
      takeRecords: () => (this.#run ? Promise.resolve(NO_RECORDS) : plane.takeRecords()),
    }
  }

  get running(): boolean { return this.#run !== undefined }

  /** Of the run, while there is one. */
  get status(): RunStatus | undefined { return this.#fold?.now() }

  /** Of the run, where there is one. */
  abort(why: string): void { this.#run?.abort(why) }

  to(run: Inside): () => void {
    this.#run = run
    const fold = new RunFold(run.plan)
    this.#fold = fold
    run.recorder.on((event) => {
      fold.hear(event)
      if (this.#run === run) this.#own.feed.write(bodyOf(event))
    })
    return () => {
      if (this.#run !== run) return
      this.#run = undefined
      this.#fold = undefined
      if (this.#measured) this.#plane.measure(this.#measured.origin, this.#measured.width)
    }
  }

  get #arming(): Arming { return this.#run?.arming ?? this.#own.arming }

  /** Rules of both: one may have been armed before the run. */
  async #disarm(...[ids, reason]: Parameters<Armory['disarm']>): Promise<void> {
    await this.#own.arming.disarm(ids, reason)
    await this.#run?.arming.disarm(ids, reason)
  }
}

/** What happened, without when and in which row of whose journal. */
const bodyOf = ({ seq: _seq, at: _at, wall: _wall, ...body }: JournalEvent): EventBody => body as EventBody
