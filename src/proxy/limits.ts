/** What the system lets one process have, and so how many connections fit through it. Read from /proc: where there is none, nothing is known and nothing refused. */

import { readFileSync } from 'node:fs'

/** Of the process itself: its program, journal, listeners, the admin API and its clients. Of a small limit, so much of it. */
const OWN_DESCRIPTORS = 96
const OWN_SHARE = 0.65
/** A client's connection and the one to its server. */
const DESCRIPTORS_EACH = 2

export interface Limits {
  /** Files and sockets of this process. Node raises the soft limit to the hard one when it starts, so that this is both. */
  readonly descriptors: number
  /** Ephemeral ports: connections to one address of a server. */
  readonly ports: number
  /** Connections that wait to be accepted at a listener. */
  readonly backlog: number
}

/** Infinity for what the system does not say. */
export function readLimits(read: (file: string) => string = (file) => readFileSync(file, 'latin1')): Limits {
  const found = (file: string, pattern: RegExp): readonly number[] => {
    try {
      return (pattern.exec(read(file)) ?? []).slice(1).map(Number)
    } catch {
      return []
    }
  }
  const [descriptors = Number.POSITIVE_INFINITY] = found('/proc/self/limits', /^Max open files\s+(\d+)/m)
  const [first = 0, last = Number.POSITIVE_INFINITY] = found('/proc/sys/net/ipv4/ip_local_port_range', /^(\d+)\s+(\d+)/)
  const [backlog = Number.POSITIVE_INFINITY] = found('/proc/sys/net/core/somaxconn', /^(\d+)/)
  return { descriptors, ports: last - first + 1, backlog }
}

/** Connections that the descriptors of one process are enough for. */
export const roomIn = ({ descriptors }: Pick<Limits, 'descriptors'>): number =>
  descriptors === Number.POSITIVE_INFINITY ? descriptors : Math.max(1, Math.floor((descriptors - Math.min(OWN_DESCRIPTORS, Math.ceil(descriptors * OWN_SHARE))) / DESCRIPTORS_EACH))

/** What to tell of so many connections that are more than fit; undefined where they fit. `processes`: that share them. */
export function shortage(connections: number, limits: Limits, processes = 1): { readonly problem: string; readonly hint: string } | undefined {
  const room = roomIn(limits)
  const workers = Math.ceil(connections / room)
  if (workers > processes) {
    return {
      problem: `${connections} connections are more than fit: ${room} do with ${limits.descriptors} open files, two a connection`,
      hint: `raise the hard limit (\`ulimit -Hn ${connections * DESCRIPTORS_EACH + OWN_DESCRIPTORS}\`), or share them: \`--workers ${workers}\``,
    }
  }
  if (connections <= limits.ports) return undefined
  return {
    problem: `${connections} connections are more than the ${limits.ports} ephemeral ports towards one address of a server`,
    hint: 'widen net.ipv4.ip_local_port_range, or spread them over several addresses',
  }
}

let taken = 0

/**
 * The connections of this process. One that does not fit is turned away: out of descriptors the kernel's connections could not be accepted, and
 * the admin API would be as mute as the proxies.
 */
export const room = {
  size: roomIn(readLimits()),
  /** False: there is none. */
  take(): boolean {
    if (taken >= this.size) return false
    taken++
    return true
  },
  give(): void { taken-- },
}
