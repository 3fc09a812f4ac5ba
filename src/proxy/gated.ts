/** The gateway of a target whose server wants another Host, or TLS of those who speak HTTP. */

import type { Clock } from '../core/clock.ts'
import { openGateway, type Gateway } from '../gateway/gateway.ts'
import { dial, type Permit } from './dial.ts'
import type { Meter } from './meter.ts'
import type { PlaneEvent, TargetSpec } from './plane.ts'
import type { TlsSides } from './tls.ts'

interface Host { readonly clock: Clock; readonly permit?: Permit | undefined; emit(event: PlaneEvent): void }

/** Undefined where bytes go to the server as they come. */
export async function gatewayOf(spec: TargetSpec, sides: TlsSides, { clock, permit, emit }: Host, meter: Meter): Promise<Gateway | undefined> {
  const { name, host, tls, upstream, dialTimeout } = spec
  if (host === undefined) return undefined
  const told = new Set<string>()
  return openGateway({
    upstream: tls.upstream === 'off' ? 'http' : 'https', host, client: tls.client === 'terminate' ? 'https' : 'http', clock, dialTimeout,
    dial: () => sides.server(dial(spec, permit), upstream),
    unreached(why) {
      meter.failedDials++
      if (!told.has(why)) emit({ kind: 'unreached', target: name, why, at: clock.now() })
      told.add(why)
    },
  })
}
