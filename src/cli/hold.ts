/** A desk around what holds the proxies, for every command that does. */

import { Desk, type DeskOptions } from '../control/desk.ts'
import { monotonicNow } from '../core/clock.ts'
import { ms } from '../core/units.ts'
import { readInjection } from '../experiment/inject.ts'
import { Sampler, type Meter } from '../experiment/sampler.ts'
import { formatAddress } from '../proxy/address.ts'
import type { OpenTarget, Plane, TargetSpec } from '../proxy/plane.ts'

/** How wide the buckets of live figures are. */
export const LIVE_WIDTH = ms(250)

export interface HeldTarget { readonly spec: TargetSpec; readonly listen: OpenTarget['listen'] }

export interface HoldOptions extends Omit<DeskOptions, 'read' | 'targets' | 'measure'> {
  /** Those that are open now. */
  open(): readonly HeldTarget[]
  /** The plane to measure; absent where a run does so already. */
  readonly sampled?: Plane | undefined
  /** Of processes that are ours, measured with it. */
  readonly meters?: readonly Meter[] | undefined
}

export interface Held { readonly desk: Desk; close(): Promise<void> }

/** `sampled` is measured from the first time that somebody looks. */
export function holdDesk({ open, sampled, meters = [], ...options }: HoldOptions): Held {
  let sampler: Sampler | undefined
  const desk = new Desk({
    ...options,
    read: (request, id) => readInjection({ ...request }, id, { registry: options.registry, targets: open().map(({ spec }) => spec), cwd: options.cwd }),
    targets: () => open().map(({ spec: { name, protocol, upstream }, listen }) => ({ name, protocol, upstream: formatAddress(upstream), listen: listen.map(({ address }) => formatAddress(address)) })),
    measure: sampled && (() => { sampler = new Sampler({ plane: sampled, recorder: options.feed, meters, origin: monotonicNow(), width: LIVE_WIDTH }) }),
  })
  return { desk, close: async () => { await sampler?.stop(); await desk.close() } }
}
