/** A desk over a plane of its own, with an echo server behind the target `cache`; all closed after each test. */

import { registry } from '../../faults/index.ts'
import { holdDesk } from '../../src/cli/hold.ts'
import type { Told } from '../../src/control/contract.ts'
import type { Desk } from '../../src/control/desk.ts'
import { MemoryFeed } from '../../src/control/feed.ts'
import { Gate } from '../../src/control/gate.ts'
import type { Policy } from '../../src/control/policy.ts'
import { realClock, type Clock } from '../../src/core/clock.ts'
import { ms } from '../../src/core/units.ts'
import { Arming } from '../../src/control/arming.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import type { OpenTarget, TargetSpec } from '../../src/proxy/plane.ts'
import type { JournalEvent } from '../../src/record/events.ts'
import { echo, later, listenOn, LOCAL, PLAIN } from '../proxy/stage.ts'

export interface DeskStage { readonly desk: Desk; readonly plane: LocalPlane; readonly listen: OpenTarget['listen']; readonly written: JournalEvent[]; readonly told: Told[]; port(): number }

/** `clock` is the desk's own: of leases and scenarios. */
export async function deskStage({ policy, clock = realClock }: { readonly policy?: Policy; readonly clock?: Clock } = {}): Promise<DeskStage> {
  const server = await listenOn(LOCAL, echo)
  const gate = new Gate(policy)
  const plane = new LocalPlane({ registry, seed: 1, admit: gate.admit })
  const spec: TargetSpec = { name: 'cache', protocol: 'redis', upstream: server.address, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(5000) }
  const [open] = await plane.open([spec])
  later(() => plane.close())
  const listen = open?.listen ?? []
  const feed = new MemoryFeed()
  const written: JournalEvent[] = []
  const told: Told[] = []
  feed.on((event) => written.push(event))
  const { desk, close } = holdDesk({
    registry, mode: 'serve', version: '0', cwd: '/', about: 'test', seed: 1, gate, feed, clock, sampled: plane,
    armory: new Arming({ plane, recorder: feed, stop: { trip: () => undefined } }),
    open: () => [{ spec, listen }], figures: () => plane.figures(),
  })
  later(close)
  desk.on((one) => told.push(one))
  return { desk, plane, listen, written, told, port: () => { const [first] = listen; return first && 'port' in first.address ? first.address.port : 0 } }
}
