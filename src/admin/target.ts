/** A proxy as a target of the plane, and the plane's errors in the words of the API. */

import { BrownoutError } from '../core/errors.ts'
import { ms } from '../core/units.ts'
import { formatAddress } from '../proxy/address.ts'
import type { Address, TargetSpec } from '../proxy/plane.ts'
import { upstreamAddress } from './addresses.ts'
import { Refusal } from './refusal.ts'

/** What a target is beyond its two addresses: from a configuration file. `listen` and `upstream` stand for the texts beside them. */
export interface Fixed extends Pick<TargetSpec, 'protocol' | 'tls' | 'dialTimeout' | 'cluster' | 'host' | 'routes'> { readonly listen?: Address; readonly upstream?: Address }

const PLAIN: Omit<Fixed, 'listen' | 'upstream'> = { protocol: 'tcp', tls: { client: 'passthrough', upstream: 'off', verify: true }, dialTimeout: ms(10_000) }

/** `upstream` is what it is now, which may no longer be what the input said. */
export const specOf = ({ name, upstream: written, fixed }: { readonly name: string; readonly upstream: string; readonly fixed?: Fixed }, listen: Address, upstream: string): TargetSpec => {
  const { protocol, tls, dialTimeout, cluster, host, routes } = fixed ?? PLAIN
  const same = upstream === written
  return {
    name, protocol, tls, dialTimeout, ...(cluster ? { cluster } : {}), ...(routes ? { routes } : {}), ...(host === undefined ? {} : { host: same ? host : upstream }),
    listen: [{ address: listen }], upstream: fixed?.upstream && same ? fixed.upstream : upstreamAddress(upstream),
  }
}

/** What `open` throws, as a refusal with status 500. */
export async function inGoWords<T>(listen: Address, open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    throw error instanceof BrownoutError ? new Refusal(500, `listen tcp ${formatAddress(listen)}: bind: ${wordsFor(error)}`, error) : error
  }
}

const BIND: Readonly<Record<string, string>> = { EADDRINUSE: 'address already in use', EADDRNOTAVAIL: 'cannot assign requested address', EACCES: 'permission denied' }
function wordsFor({ cause, message }: BrownoutError): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return BIND[code] ?? message
}
