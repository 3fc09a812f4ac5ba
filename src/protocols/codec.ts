/** The words that every protocol shares. */

/** Which way a byte goes. Rules, events and faults speak of nothing else: no upstream, no downstream. */
export type Direction = 'to-server' | 'to-client'
export const DIRECTIONS = ['to-server', 'to-client'] as const satisfies readonly Direction[]
export const opposite = (direction: Direction): Direction => (direction === 'to-server' ? 'to-client' : 'to-server')
/** One of each, made apart: what is kept a direction is never shared by accident. */
export const perDirection = <T>(make: () => T): Readonly<Record<Direction, T>> => ({ 'to-server': make(), 'to-client': make() })

/** What a target speaks. `tcp` stands for anything that brownout does not read. */
export const PROTOCOLS = ['tcp', 'redis', 'postgres', 'http', 'websocket'] as const
export type Protocol = (typeof PROTOCOLS)[number]
