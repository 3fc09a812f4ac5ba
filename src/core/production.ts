/** What faults must not reach by mistake: anything that is called production, and any other machine that nobody has allowed. */

import { fitsGlob } from './glob.ts'
import { isLoopback } from './loopback.ts'

/** Names of upstreams that may be production, as whole words of a host, a path or a database. */
export const PRODUCTION_WORDS = ['prod', 'production', 'prd', 'live'] as const

export interface UpstreamGuard {
  /** `host:port` or `host`, with `*` for any text: these are allowed whatever they are called. */
  readonly allow: readonly string[]
  /** These are never allowed unless by an entry of `allow` without a `*`. */
  readonly deny?: readonly string[]
}

/** Why a fault may not go to that upstream; undefined where it may. Loopback is this machine. */
export function refusedUpstream(host: string, port: number, guard: UpstreamGuard): string | undefined {
  const why = productionUpstream(host, port, guard)
  if (why !== undefined || isLoopback(host) || isMeant(guard.allow, host, port)) return why
  return `${host}:${port} is another machine than this`
}

/** The same for who may go to other machines, but not to what looks like production. */
export function productionUpstream(host: string, port: number, { allow, deny = [] }: UpstreamGuard): string | undefined {
  if (isMeant(allow.filter((pattern) => !pattern.includes('*')), host, port)) return undefined
  if (isMeant(deny, host, port)) return `${host}:${port} is on the list of upstreams that are denied`
  if (isMeant(allow, host, port)) return undefined
  const word = PRODUCTION_WORDS.find((one) => host.toLowerCase().split(/[^a-z0-9]+/).includes(one))
  return word === undefined ? undefined : `${host}:${port} looks like production ("${word}")`
}

const isMeant = (patterns: readonly string[], host: string, port: number): boolean =>
  patterns.some((pattern) => [host, `${host}:${port}`].some((one) => fitsGlob(pattern.toLowerCase(), one.toLowerCase())))
