/** The manifest: every fault there is. A fault that is not in this list does not exist. */

import type { AnyFault, Registry } from '../src/fault.ts'
import { bandwidth } from './tcp/bandwidth.ts'
import { latency } from './tcp/latency.ts'
import { packetLoss } from './tcp/packet-loss.ts'
import { partition } from './tcp/partition.ts'
import { refuse } from './tcp/refuse.ts'
import { resetPeer } from './tcp/reset-peer.ts'
import { stall } from './tcp/stall.ts'

export const faults = [
  bandwidth,
  latency,
  packetLoss,
  partition,
  refuse,
  resetPeer,
  stall,
] as const satisfies readonly AnyFault[]

export const registry: Registry = new Map(faults.map((fault) => [fault.name, fault]))
