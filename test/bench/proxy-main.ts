/** brownout's engine alone, as it runs in every command. `node proxy-main.js JSON` (a `Measured`) prints its own port. */

import { registry } from '../../faults/index.ts'
import { workersOf } from '../../src/cli/workers.ts'
import { monotonicNow } from '../../src/core/clock.ts'
import { ms } from '../../src/core/units.ts'
import type { Protocol } from '../../src/protocols/codec.ts'
import { ClusterPlane } from '../../src/proxy/cluster/plane.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import type { Plane } from '../../src/proxy/plane.ts'
import { faultNamed, withDefaults, type Rule } from '../../src/rule.ts'

export interface Measured {
  readonly protocol: Protocol
  readonly upstream: number
  /** Armed from the start; its parameters may lack what has a default. */
  readonly rule?: object | undefined
  /** How many processes share the target, as `--workers` has it; absent: this one alone. */
  readonly workers?: string | undefined
  /** Made slower on purpose: microseconds that are burnt for each KiB that came from clients. For the test that such a thing is noticed. */
  readonly burn?: number | undefined
}

const BURN_EVERY_MS = 5
const sumOf = ({ user, system }: NodeJS.CpuUsage): number => user + system
const { protocol, upstream, rule, workers, burn = 0 } = JSON.parse(process.argv[2] ?? '') as Measured

/** The one place that knows which planes there are. */
function planeOf(seed: number): Plane {
  const several = workersOf(workers, new URL('../../bin/worker.js', import.meta.url))
  return several ? new ClusterPlane({ registry, seed, workers: several.count, start: several.start }) : new LocalPlane({ registry, seed })
}

const plane = planeOf(1)
const [open] = await plane.open([{
  name: 'cache', protocol, upstream: { host: '127.0.0.1', port: upstream },
  listen: [{ address: { host: '127.0.0.1', port: 0 } }], tls: { client: 'passthrough', upstream: 'off', verify: true }, dialTimeout: ms(5000),
}])
// As in a run: what passes is counted by bucket and taken.
plane.measure(monotonicNow(), ms(250))
setInterval(() => { void plane.takeBuckets(); void plane.takeRecords() }, 250)
if (rule) {
  const armed = rule as Rule
  await plane.arm([{ ...armed, params: withDefaults(faultNamed(registry, armed.fault), armed.params) }])
}
if (burn > 0) {
  const passed = async (): Promise<number> => (await plane.snapshot()).targets['cache']?.bytesToServer ?? 0
  let before = await passed()
  const burnt = async (): Promise<void> => {
    const now = await passed()
    const [start, due] = [process.cpuUsage(), ((now - before) / 1024) * burn]
    before = now
    for (let used = 0; used < due; used = sumOf(process.cpuUsage(start)));
  }
  setInterval(() => { void burnt() }, BURN_EVERY_MS)
}
const address = open?.listen[0]?.address
process.stdout.write(`${address && 'port' in address ? address.port : ''}\n`)
process.on('disconnect', () => process.exit())
// By hand, under a profiler: which writes when it is ended so.
process.on('SIGINT', () => process.exit())
