/** The connection to an upstream, to no address but those that are permitted: each one is asked about once its name is resolved. */

import { lookup } from 'node:dns'
import { connect, isIP, Socket, type LookupFunction } from 'node:net'
import type { AnyConversation } from '../protocols/spoken.ts'
import type { Endpoint } from './endpoint.ts'
import { UNSENT_MAX } from './held.ts'
import type { TargetSpec } from './plane.ts'

/** How a session comes to its server, and what is read of what they say; no conversation where nothing is. */
export interface Route { dial(): Endpoint; readonly conversation: AnyConversation | undefined }

/** Why `target` may not be connected to that numeric address and port; undefined where it may. */
export type Permit = (target: string, host: string, port: number) => string | undefined

/** Fails by an `error` event, as any connection does, where the address is not permitted. */
export function dial({ name, upstream }: Pick<TargetSpec, 'name' | 'upstream'>, permit: Permit | undefined): Socket {
  const options = { ...upstream, allowHalfOpen: true, noDelay: true, highWaterMark: UNSENT_MAX }
  if (!permit || 'path' in upstream) return connect(options)
  const { host, port } = upstream
  const refused = isIP(host) ? permit(name, host, port) : undefined
  if (refused !== undefined) return new Socket().destroy(new Error(refused))
  return connect({ ...options, lookup: permitted((address) => permit(name, address, port)) })
}

/** The system's resolver; the addresses that it gave are those that were asked about, so that a name cannot change in between. */
const permitted = (refuse: (address: string) => string | undefined): LookupFunction => (hostname, options, callback) => {
  lookup(hostname, options, (error: NodeJS.ErrnoException | null, found: string | { address: string; family: number }[], family?: number) => {
    const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address)
    const refused = error ? undefined : addresses.map(refuse).find((why) => why !== undefined)
    callback(refused === undefined ? error : new Error(refused), found, family)
  })
}
