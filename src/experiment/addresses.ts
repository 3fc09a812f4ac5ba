/** Puts in what is known only once the listeners are open: `${targets.cache.url}`, `${app.port}`. */

import type { OpenTarget } from '../proxy/plane.ts'
import type { PlannedTarget } from './plan.ts'
import { partsOf, type LateReference } from './references.ts'

/** What each reference stands for. */
export type Addresses = (reference: LateReference) => string

/** `from`: for that app instance, whose own listeners it is given where there are such. `ports`: by app name, empty for the single one. */
export const addressesOf = (targets: readonly PlannedTarget[], open: readonly OpenTarget[], ports: ReadonlyMap<string, number>, from?: string): Addresses =>
  ({ of, name, what, text }) => {
    if (of === 'app') return String(ports.get(name) ?? `\${${text}}`)
    const planned = targets.find(({ spec }) => spec.name === name)
    const listeners = open.find((one) => one.name === name)?.listen ?? []
    const address = (listeners.find((one) => one.from === from) ?? listeners[0])?.address
    if (!planned || !address) return `\${${text}}`
    if ('path' in address) return address.path
    const url = new URL(planned.url)
    // A URL's host and port can be set one by one only where its scheme is a special one.
    const { host, port } = address
    if (what === 'host') return host
    if (what === 'port') return String(port)
    const user = url.username ? `${url.username}${url.password ? `:${url.password}` : ''}@` : ''
    return `${url.protocol}//${user}${host.includes(':') ? `[${host}]` : host}:${port}${url.pathname}${url.search}`
  }

/** A copy of plain data with every reference in its texts put in. */
export function withAddresses<T>(value: T, addresses: Addresses): T {
  const put = (one: unknown): unknown => {
    if (typeof one === 'string') return partsOf(one).map((part) => (typeof part === 'string' ? part : part.kind === 'late' ? addresses(part) : '')).join('')
    if (Array.isArray(one)) return one.map(put)
    if (typeof one === 'object' && one !== null) return Object.fromEntries(Object.entries(one).map(([key, child]) => [key, put(child)]))
    return one
  }
  // The shape is kept: only texts are changed.
  return put(value) as T
}
