/** Names for paths, so that a thousand orders are one figure: patterns of the target's own, else what looks like an identifier is `:id`. */

/** Characters of a name; past it `…`. */
export const ROUTE_MAX = 200
/** Names remembered. */
const KNOWN_MAX = 2000
const IDENTIFIER = /^(?:\d+|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,})$/i

interface Pattern { readonly name: string; readonly segments: readonly string[] }

export class Routes {
  readonly #patterns: readonly Pattern[]
  readonly #known = new Map<string, string>()

  /** `/orders/:id/items`: a segment that begins with a colon stands for any one. The first pattern that fits counts. */
  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((name) => ({ name, segments: name.split('/') }))
  }

  /** A pattern names what looks like an identifier: paths that differ in nothing else may have different names. */
  get tellsIdentifiers(): boolean { return this.#patterns.some(({ segments }) => segments.some((segment) => IDENTIFIER.test(segment))) }

  of(path: string): string {
    const known = this.#known.get(path)
    if (known !== undefined) return known
    const segments = path.split('/')
    const route = this.#patterns.find((pattern) => fits(pattern.segments, segments))?.name ?? generalised(segments)
    if (path.length > ROUTE_MAX) return route
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(path, route)
    return route
  }
}

const fits = (pattern: readonly string[], path: readonly string[]): boolean =>
  pattern.length === path.length && pattern.every((segment, n) => (segment.startsWith(':') ? path[n] !== '' : segment === path[n]))

function generalised(segments: readonly string[]): string {
  const route = segments.map((segment) => (IDENTIFIER.test(segment) ? ':id' : segment)).join('/')
  return route.length > ROUTE_MAX ? `${route.slice(0, ROUTE_MAX)}…` : route
}
