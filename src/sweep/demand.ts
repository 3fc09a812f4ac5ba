/** Which measured resource is used up first as throughput grows: by the utilisation law each operation takes its share of it, so use grows in step with throughput. */

/** How much of each resource (1: all of it) was used at one load. */
export interface Use { readonly throughput: number; readonly used: Readonly<Record<string, number>> }

export interface Demand {
  /** A signal: `shop.cpu`. */
  readonly resource: string
  /** At the largest throughput that was measured. */
  readonly used: number
  /** The throughput at which it would be used up. */
  readonly fullAt: number
}

/** A resource whose use does not grow with load, or hardly, does not limit it. */
const GROWTH_MIN = 0.02

/** The first to be used up first. */
export function demandsOf(uses: readonly Use[]): readonly Demand[] {
  const most = uses.reduce<Use | undefined>((best, use) => (best && best.throughput >= use.throughput ? best : use), undefined)
  const names = [...new Set(uses.flatMap(({ used }) => Object.keys(used)))]
  return names.flatMap((resource): Demand[] => {
    const points = uses.flatMap(({ throughput, used }) => (used[resource] === undefined ? [] : [{ x: throughput, y: used[resource] }]))
    const line = points.length < 3 ? undefined : lineThrough(points)
    if (!line || line.slope <= 0 || line.slope * (most?.throughput ?? 0) < GROWTH_MIN) return []
    return [{ resource, used: most?.used[resource] ?? 0, fullAt: (1 - line.base) / line.slope }]
  }).sort((a, b) => a.fullAt - b.fullAt)
}

function lineThrough(points: readonly { readonly x: number; readonly y: number }[]): { readonly base: number; readonly slope: number } | undefined {
  const mean = (of: (point: { readonly x: number; readonly y: number }) => number): number => points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)]
  const spread = mean((point) => (point.x - x) ** 2)
  if (spread === 0) return undefined
  const slope = mean((point) => (point.x - x) * (point.y - y)) / spread
  return { base: y - slope * x, slope }
}
