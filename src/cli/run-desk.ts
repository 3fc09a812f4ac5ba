/** `run --ui`: the experiment under way on the dashboard, and in reach of `inject`, `halt` and their like. */

import { startControl, type ControlServer } from '../admin/control-server.ts'
import type { RunStatus } from '../control/contract.ts'
import type { Gate } from '../control/gate.ts'
import { freshToken } from '../core/random.ts'
import { ms } from '../core/units.ts'
import type { Plan } from '../experiment/plan.ts'
import type { Recorder } from '../experiment/recorder.ts'
import type { Inside } from '../experiment/run.ts'
import { upstreamAddress } from '../admin/addresses.ts'
import type { Address, DynamicPlane, Plane } from '../proxy/plane.ts'
import type { EventBodies, JournalEvent } from '../record/events.ts'
import type { Context } from './command.ts'
import { explain } from './explain.ts'
import { historyFolder } from './history.ts'
import { holdDesk, type Held, type HeldTarget } from './hold.ts'
import { shownMetrics } from './shown-metrics.ts'

export class RunDesk {
  readonly #gate: Gate
  readonly #port: number
  readonly #context: Context
  #open: Promise<{ readonly held: Held; readonly server: ControlServer } | undefined> = Promise.resolve(undefined)

  constructor(gate: Gate, port: number, context: Context) {
    this.#gate = gate
    this.#port = port
    this.#context = context
  }

  /** A run begins: its desk takes the place of the last one's. What goes wrong is said, and no reason for the run to fail. */
  readonly watch = (inside: Inside): void => {
    this.#open = this.#open.then(async (last) => {
      await closed(last)
      return this.#start(inside)
    }).catch((error: unknown) => { explain(error, this.#context); return undefined })
  }

  async close(): Promise<void> { await closed(await this.#open) }

  async #start({ plan, plane, arming, recorder, abort }: Inside): Promise<{ readonly held: Held; readonly server: ControlServer }> {
    const { registry, version, cwd, env, stderr } = this.#context
    const status = new RunFold(plan)
    for (const event of recorder.events) status.hear(event)
    recorder.on((event) => status.hear(event))
    let url: string | undefined
    const open = openOf(plan, recorder)
    const held = holdDesk({
      registry, mode: 'run', version, cwd, about: plan.file, seed: plan.seed, gate: this.#gate, feed: recorder, armory: arming,
      open, figures: () => figuresOf(plane), run: () => status.now(), halted: abort, url: () => url,
    })
    const token = freshToken()
    const { shownRuns } = await import('./shown-runs.ts')
    const metrics = shownMetrics({ control: held.desk, open, figures: () => figuresOf(plane) })
    const server = await startControl({ control: held.desk, token, runs: shownRuns(historyFolder(this.#context, undefined)), metrics }, { port: this.#port, env })
    url = server.url
    stderr.write(`dashboard ${url}/ui/#token=${token}\n`)
    return { held, server }
  }
}

async function closed(open: { readonly held: Held; readonly server: ControlServer } | undefined): Promise<void> {
  await open?.server.close()
  await open?.held.close()
}

/** The targets of a plan, with their listeners as soon as those are written down. */
export function openOf({ targets }: Pick<Plan, 'targets'>, recorder: Pick<Recorder, 'events' | 'on'>): () => readonly HeldTarget[] {
  let started: EventBodies['run.started'] | undefined
  const hear = (event: JournalEvent): void => { if (event.kind === 'run.started') started = event }
  for (const event of recorder.events) hear(event)
  recorder.on(hear)
  return () => targets.map(({ spec }) => {
    const { upstream, listen = [] } = started?.targets.find(({ name }) => name === spec.name) ?? {}
    // Of a server or an application of the run the plan has a placeholder.
    return { spec: upstream === undefined ? spec : { ...spec, upstream: addressOf(upstream) }, listen: listen.map(({ from, address }) => ({ from, address: addressOf(address) })) }
  })
}

/** As `formatAddress` wrote it. */
const addressOf = (text: string): Address => (text.startsWith(UNIX) ? { path: text.slice(UNIX.length) } : upstreamAddress(text))
const UNIX = 'unix:'

const isDynamic = (plane: Plane): plane is DynamicPlane => 'figures' in plane

/** Of a plane that counts no rules, what it knows. */
export async function figuresOf(plane: Plane): Promise<Awaited<ReturnType<Parameters<typeof holdDesk>[0]['figures']>>> {
  if (isDynamic(plane)) return plane.figures()
  const { targets } = await plane.snapshot()
  const none = { bytesFromClient: 0, bytesFromServer: 0, held: { bounds: [], counts: [], sum: ms(0) } }
  return { targets: Object.fromEntries(Object.entries(targets).map(([name, gauges]) => [name, { ...gauges, ...none }])), rules: [] }
}

/** Phase and expectations, as far as the run has come. */
export class RunFold {
  readonly #plan: Inside['plan']
  #phase = 'start'
  #expectations: RunStatus['expectations']

  constructor(plan: Inside['plan']) {
    this.#plan = plan
    this.#expectations = plan.expect.map(({ text }) => ({ text }))
  }

  hear(event: JournalEvent): void {
    if (event.kind === 'phase') this.#phase = event.phase
    if (event.kind === 'verdict') this.#expectations = event.expectations.map(({ text, outcome, measured }) => ({ text, outcome, measured }))
  }

  now(): RunStatus { return { name: this.#plan.name, question: this.#plan.question, phase: this.#phase, expectations: this.#expectations } }
}
