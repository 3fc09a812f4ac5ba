/** What a soak is judged by: samples taken at quiet moments, when nothing is connected and nothing armed. */

export interface Sample {
  readonly atMs: number
  /** Connections made until then. */
  readonly made: number
  readonly rss: number
  /** After a collection of garbage. */
  readonly heap: number
  readonly descriptors: number
  /** What keeps the process alive, by the process's own account. */
  readonly handles: number
  readonly sessions: number
  readonly timers: number
}

export interface Judged { readonly what: keyof Sample; readonly grew: number; readonly allowed: number; readonly held: boolean }

const MiB = 1024 * 1024
/** Over all that is judged, however long: what is lost with each connection or each rule shows all the more the longer it runs. */
const ALLOWED = { heap: MiB, rss: 8 * MiB, descriptors: 1, handles: 1, sessions: 0, timers: 1 } as const satisfies Partial<Record<keyof Sample, number>>
type Judgeable = keyof typeof ALLOWED
/** What the process has of the system comes in large pieces, and is not given back: over minutes it says little, and what leaks shows in the heap and the handles. */
const RSS_SHORT = 32 * MiB
const SHORT_MS = 20 * 60_000

/** The first quarter is warming up: code is compiled, caches fill, memory is taken that is used again. */
export const judgeSamples = (samples: readonly Sample[]): readonly Judged[] => {
  const late = samples.slice(Math.floor(samples.length / 4))
  return (Object.keys(ALLOWED) as Judgeable[]).map((what) => {
    const grew = growth(late.map((sample) => [sample.atMs, sample[what]]))
    const allowed = what === 'rss' && (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0) < SHORT_MS ? RSS_SHORT : ALLOWED[what]
    return { what, grew, allowed, held: late.length > 2 && grew <= allowed }
  })
}

/** The median of the slopes between all pairs (Theil and Sen), over the whole time: a few odd samples do not move it. */
function growth(points: readonly (readonly [at: number, value: number])[]): number {
  const slopes = points.flatMap(([at, value], i) => points.slice(i + 1).map(([later, grown]) => (grown - value) / (later - at))).sort((a, b) => a - b)
  const [first, last] = [points[0], points.at(-1)]
  return first && last && slopes.length > 0 ? (slopes[slopes.length >> 1] ?? 0) * (last[0] - first[0]) : 0
}
