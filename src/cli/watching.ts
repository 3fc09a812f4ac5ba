/** A brownout that stays (a server, a wrapped program, a game day), as others are told of it and as its alerts see it. */

import type { AlertSpec } from '../alerts/alert.ts'
import type { AlertWatch } from '../alerts/watch.ts'
import type { Control } from '../control/contract.ts'
import type { Feed } from '../control/feed.ts'
import type { Ms } from '../core/units.ts'
import type { Context } from './command.ts'
import type { OutletArgs } from './outlet-options.ts'
import { openOutlets, type Opened } from './outlets.ts'

export class Watching {
  readonly #feed: Feed
  readonly #opened: Opened | undefined
  #watch: AlertWatch | undefined
  #declared = '[]'
  #stop: (() => void) | undefined

  private constructor(feed: Feed, opened: Opened | undefined) {
    this.#feed = feed
    this.#opened = opened
    feed.on((event) => {
      opened?.outlets.hear(event)
      this.#watch?.event(event)
    })
  }

  /** Everything that `feed` writes from now on is told to whom `args` and the environment name. USAGE. */
  static async open(args: Partial<OutletArgs>, feed: Feed, context: Pick<Context, 'env' | 'version'>, say: (text: string) => void): Promise<Watching> {
    return new Watching(feed, await openOutlets(args, context, say))
  }

  /** The trace that a run is part of; undefined where traces are sent nowhere. */
  get trace(): Opened['trace'] { return this.#opened?.trace }

  /** Each alert and whether it is raised. */
  get alerts(): readonly (readonly [name: string, firing: boolean])[] {
    const firing = new Set(this.#watch?.firing.map(({ alert }) => alert))
    return (this.#watch?.specs ?? []).map(({ name }) => [name, firing.has(name)] as const)
  }

  /** From now on these are watched for, in the place of those before; the same as before go on. `control` is asked for only where there are some: its figures cost something. */
  async declare(specs: readonly AlertSpec[], control: () => Promise<Pick<Control, 'on'>>): Promise<void> {
    const declared = JSON.stringify(specs)
    if (declared === this.#declared) return
    this.#declared = declared
    this.#stop?.()
    const before = this.#watch
    this.#watch = undefined
    for (const { alert } of before?.firing ?? []) this.#feed.write({ kind: 'alert', alert, state: 'resolved', text: 'alerts are declared anew' })
    if (specs.length === 0) return
    const { AlertWatch, tellChanges } = await import('../alerts/watch.ts')
    const watch = new AlertWatch(specs)
    // What is armed already is no fault to recover from.
    for (const event of this.#feed.past ?? []) watch.event(event)
    this.#watch = watch
    this.#stop = (await control()).on((told) => {
      if (told.kind === 'ticks') tellChanges(watch, told.ticks, this.#feed)
    })
  }

  /** Waits up to `patience` for what is still to be told. */
  async close(patience: Ms): Promise<void> {
    this.#stop?.()
    await this.#opened?.outlets.close(patience)
  }
}
