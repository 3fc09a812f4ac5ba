/** What candidates take over from the file that was watched: its sections as they are written there, comments and references included. */

import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { Document, isAlias, isMap, isScalar, parseDocument, visit, YAMLMap, type Pair } from 'yaml'

/** Whose system it is; what is asked of it is the candidates' own. */
const KEPT = ['vars', 'targets', 'app', 'apps', 'data', 'load', 'probes', 'abort'] as const

/** Keys whose values are paths from the file's folder. */
const PATHS: ReadonlySet<string> = new Set(['file', 'cwd', 'cert', 'key', 'ca', 'locust', 'artillery', 'k6'])
const WITH_PATHS: ReadonlySet<string> = new Set(['targets', 'app', 'apps', 'data', 'load'])

/** Pairs of the file at `from` in the order that experiments have, with their paths as seen from a file in the folder `into`; both absolute. */
export function keptSections(source: string, from: string, into: string): readonly Pair[] {
  const parsed = parseDocument(source)
  // An alias may lead to what is left out.
  const document = hasAliases(parsed) ? new Document(parsed.toJS(), { aliasDuplicateObjects: false }) : parsed
  const { contents } = document
  if (!isMap(contents)) return []
  const pairs = KEPT.flatMap((key) => contents.items.filter((pair) => isScalar(pair.key) && pair.key.value === key && pair.value !== null))
  for (const pair of pairs) {
    if (isScalar(pair.key)) {
      pair.key.commentBefore = null
      pair.key.spaceBefore = false
      if (WITH_PATHS.has(String(pair.key.value)) && dirname(from) !== into) move(pair, dirname(from), into)
    }
  }
  return pairs
}

function hasAliases(document: Document): boolean {
  let found = false
  visit(document, (_key, node) => {
    if (isAlias(node)) found = true
    return found ? visit.BREAK : undefined
  })
  return found
}

function move(section: Pair, from: string, into: string): void {
  const map = new YAMLMap()
  map.items.push(section)
  visit(map, { Pair(_key, { key, value }) {
    if (!isScalar(key) || !PATHS.has(String(key.value)) || !isScalar(value) || typeof value.value !== 'string') return
    const path = value.value
    if (path === '' || isAbsolute(path) || path.includes('${')) return
    const moved = relative(into, resolve(from, path))
    value.value = moved.startsWith('.') ? moved : `./${moved}`
  } })
}
