/** brownout.yaml: found upwards from the working directory, and what an experiment takes over from it. */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isMap, type Places, type Tree, type TreeMap } from './tree.ts'

export const SHARED_FILE = 'brownout.yaml'

/** The nearest brownout.yaml in `folder` or above it. */
export function findShared(folder: string): string | undefined {
  const file = join(folder, SHARED_FILE)
  if (existsSync(file)) return file
  return dirname(folder) === folder ? undefined : findShared(dirname(folder))
}

/** The experiment with what it does not say itself taken from `shared`, entry by entry. Places stay those of where each entry is written. */
export function inherit(own: TreeMap, shared: TreeMap, places: Places): TreeMap {
  // One way of naming applications rules out the other's.
  const hidden = 'apps' in own ? 'app' : 'app' in own ? 'apps' : undefined
  const taken = Object.fromEntries(Object.entries(shared).filter(([key]) => key !== hidden))
  for (const key of Object.keys(taken)) copyPlace(places, shared, key, taken, key)
  return mergeMaps(own, taken, places, LEVELS)
}

/** How far down entries are joined: a section's, and in an app its variables'. */
const LEVELS: Readonly<Record<string, number>> = { vars: 1, targets: 1, app: 2, apps: 1, data: 1, load: 1, probes: 1, windows: 1 }

function mergeMaps(own: TreeMap, shared: TreeMap, places: Places, levels: Readonly<Record<string, number>>): TreeMap {
  const merged: TreeMap = {}
  for (const key of new Set([...Object.keys(own), ...Object.keys(shared)])) {
    const [mine, theirs] = [own[key], shared[key]]
    const from = mine === undefined || mine === null ? shared : own
    copyPlace(places, from, key, merged, key)
    const level = levels[key] ?? 0
    if (isMap(mine) && isMap(theirs) && level > 0) merged[key] = mergeMaps(mine, theirs, places, level > 1 ? Object.fromEntries(Object.keys(theirs).map((one) => [one, level - 1])) : {})
    else if (Array.isArray(mine) && Array.isArray(theirs) && Object.hasOwn(LISTS, key)) merged[key] = mergeLists(mine, theirs, LISTS[key] ?? '', places)
    else merged[key] = mine === undefined || mine === null ? theirs ?? null : mine
  }
  return merged
}

/** Lists that are joined, and what of an entry is its own: the signal that a condition is on, the name of an alert. */
const LISTS: Readonly<Record<string, string>> = { steady_state: 'signal', abort: 'signal', alerts: 'alert' }

/** Shared entries first, but those that the experiment has itself. */
function mergeLists(own: Tree[], shared: Tree[], by: string, places: Places): Tree[] {
  const ours = new Set(own.map((one) => (isMap(one) ? one[by] : undefined)))
  const merged: Tree[] = []
  for (const [from, keep] of [[shared, (one: Tree) => !(isMap(one) && ours.has(one[by] ?? null))], [own, () => true]] as const) {
    from.forEach((one, index) => {
      if (!keep(one)) return
      copyPlace(places, from, index, merged, merged.length)
      merged.push(one)
    })
  }
  return merged
}

function copyPlace(places: Places, from: object, key: PropertyKey, to: object, as: PropertyKey): void {
  const entry = places.get(from, key)
  if (entry) places.set(to, as, entry)
}
