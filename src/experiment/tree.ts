/** Plain values read from YAML, and where in which file each of them stands. */

import type { Place } from '../core/errors.ts'

export type Tree = null | boolean | number | string | Tree[] | TreeMap
export interface TreeMap { [key: string]: Tree }
export type Path = readonly PropertyKey[]

export interface Entry {
  /** Of the key; of the item itself in a sequence. */
  readonly key: Place
  readonly value: Place
  /** A scalar as it is written, where that is not its value: `08006` for 8006. */
  readonly written?: string | undefined
  /** Inside `{ }` or `[ ]`. */
  readonly flow: boolean
}

export const isMap = (value: unknown): value is TreeMap => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Where the entries of mappings and sequences stand. Values of several files may share one. */
export class Places {
  readonly #entries = new WeakMap<object, Map<string, Entry>>()

  set(container: object, key: PropertyKey, entry: Entry): void {
    const entries = this.#entries.get(container) ?? new Map<string, Entry>()
    this.#entries.set(container, entries.set(String(key), entry))
  }

  get(container: object, key: PropertyKey): Entry | undefined { return this.#entries.get(container)?.get(String(key)) }

  /** The entry that `path` leads to, or the deepest on the way that there is; undefined for the root itself. */
  find(root: Tree, path: Path): Entry | undefined {
    let found: Entry | undefined
    let value: Tree | undefined = root
    for (const key of path) {
      if (typeof value !== 'object' || value === null) break
      found = this.get(value, key) ?? found
      value = childOf(value, key)
    }
    return found
  }
}

/** The value that `path` leads to; undefined where there is none. */
export const valueAt = (root: Tree, path: Path): Tree | undefined =>
  path.reduce<Tree | undefined>((value, key) => (typeof value === 'object' && value !== null ? childOf(value, key) : undefined), root)

const childOf = (container: Tree[] | TreeMap, key: PropertyKey): Tree | undefined =>
  (Array.isArray(container) ? container[Number(key)] : Object.hasOwn(container, key) ? container[String(key)] : undefined)
