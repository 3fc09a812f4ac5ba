/** A Toxiproxy server (brownout's own admin API, which keeps to its contract) and a plane that drives it; closed after each test. */

import { once } from 'node:events'
import { connect } from 'node:net'
import { Toxiproxy } from 'toxiproxy-node-client'
import { registry } from '../../faults/index.ts'
import { startAdmin, type Admin } from '../../src/admin/server.ts'
import { ms } from '../../src/core/units.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import type { Address, PlaneEvent, TargetSpec } from '../../src/proxy/plane.ts'
import { faultNamed, withDefaults, type Rule } from '../../src/rule.ts'
import { ViaPlane } from '../../src/via/plane.ts'
import { parseVia } from '../../src/via/route.ts'
import { echo, later, listenOn, LOCAL, PLAIN, watch, type Seen } from '../proxy/stage.ts'

export interface ToxicState { readonly name: string; readonly type: string; readonly stream: string; readonly toxicity: number; readonly attributes: Readonly<Record<string, number>> }
export interface ProxyState { readonly name: string; readonly listen: string; readonly upstream: string; readonly enabled: boolean; readonly toxics: readonly ToxicState[] }

export interface Remote {
  readonly admin: Admin
  readonly client: Toxiproxy
  /** What is on the server now. */
  state(): Promise<readonly ProxyState[]>
}

export async function toxiproxy(): Promise<Remote> {
  const admin = await startAdmin({ registry, seed: 1 })
  later(() => admin.close())
  const client = new Toxiproxy(admin.url)
  return { admin, client, state: async () => Object.values((await client.getApi().get<Record<string, ProxyState>>(`${admin.url}/proxies`)).data) }
}

export const ruleFor = (id: string, fault: string, params: Readonly<Record<string, unknown>> = {}, more: Partial<Rule> = {}): Rule =>
  ({ id, fault, on: 'cache', params: withDefaults(faultNamed(registry, fault), params), for: ms(60_000), ...more })

export interface Via {
  readonly plane: ViaPlane
  readonly events: PlaneEvent[]
  readonly upstream: Address
  readonly remote: Remote
  client(target?: string): Promise<Seen>
}

/** Targets `cache` via the Toxiproxy and `db` by brownout itself, each in front of an echo. */
export async function via({ remote, path = '', upstream }: { remote?: Remote; path?: string; upstream?: Address } = {}): Promise<Via> {
  const server = upstream ? { address: upstream } : await listenOn(LOCAL, echo)
  const toxi = remote ?? await toxiproxy()
  const route = parseVia(`toxiproxy://127.0.0.1:${toxi.admin.port}${path}`)
  if ('wrong' in route) throw new Error(route.wrong)
  const plane = new ViaPlane({ routes: new Map([['cache', route]]), registry, local: (faults) => new LocalPlane({ registry: faults, seed: 1 }), healWithin: ms(300) })
  const events: PlaneEvent[] = []
  plane.on((event) => events.push(event))
  const spec = (name: string): TargetSpec => ({ name, protocol: 'tcp', upstream: server.address, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(2000) })
  later(() => plane.close().catch(() => undefined))
  const open = await plane.open([spec('cache'), spec('db')])
  return {
    plane, events, upstream: server.address, remote: toxi,
    async client(target = 'cache') {
      const socket = connect({ ...(open.find(({ name }) => name === target)?.listen[0]?.address ?? LOCAL), allowHalfOpen: true, noDelay: true })
      later(() => socket.destroy())
      const seen = watch(socket)
      await once(socket, 'connect')
      return seen
    },
  }
}
