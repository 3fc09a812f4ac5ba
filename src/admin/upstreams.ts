/** Where the proxies of an admin API may connect to: not to what no proxy has any business with, not to the API itself, and not in a circle. */

import { isOwnHost, deniedAddress, upstreamAddress } from './addresses.ts'
import type { ProxyView } from './kept.ts'

export interface OwnPorts {
  /** Of the admin API; undefined until it listens. */
  admin(): number | undefined
  proxies(): readonly ProxyView[]
}

/** Why the proxy may not connect to that host (numeric, or a name that is not resolved yet) and port; undefined where it may. */
export function deniedUpstream(proxy: string, host: string, port: number, own: OwnPorts): string | undefined {
  const denied = deniedAddress(host)
  if (denied !== undefined) return `${host} is ${denied}`
  if (!isOwnHost(host)) return undefined
  if (port === own.admin()) return 'it is the admin API itself'
  return returnsTo(proxy, port, own) ? 'it leads back to the proxy itself' : undefined
}

/** Follows proxies that lie in front of one another. */
function returnsTo(proxy: string, port: number, own: OwnPorts): boolean {
  const passed = new Set<string>()
  const views = own.proxies()
  for (let at: number | undefined = port; at !== undefined;) {
    const next: ProxyView | undefined = views.find(({ enabled, listen }) => enabled && portIn(listen) === at)
    if (!next || passed.has(next.name)) return false
    if (next.name === proxy) return true
    passed.add(next.name)
    const upstream = upstreamAddress(next.upstream)
    at = isOwnHost(upstream.host) ? upstream.port : undefined
  }
  return false
}

const portIn = (listen: string): number => Number(/:(\d+)$/.exec(listen)?.[1] ?? Number.NaN)
