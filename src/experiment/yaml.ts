/** The first pass: text to plain values with places. Bounded before anything recurses; whatever is wrong is a problem, never an exception. */

import { isAlias, isMap as isYamlMap, isScalar, isSeq, Lexer, LineCounter, parseDocument, Parser, type Alias, type Document, type Node, type Pair } from 'yaml'
import type { Place } from '../core/errors.ts'
import type { Problems } from './problem.ts'
import type { Places, Tree, TreeMap } from './tree.ts'

export const YAML_BYTES_MAX = 256 * 1024
export const YAML_DEPTH_MAX = 32
export const YAML_ALIASES_MAX = 50
/** Values once every alias is followed: what a bomb multiplies. */
export const YAML_VALUES_MAX = 20_000
const LEXEMES_MAX = 100_000
const SYNTAX_ERRORS_SHOWN = 10
const NESTING: ReadonlySet<string> = new Set(['block-map', 'block-seq', 'flow-collection'])
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const TRAPS: readonly (readonly [RegExp, string])[] = [
  [/flow-map-start|flow-seq-start|Flow map|Flow sequence|flow-map-end|flow-seq-end|flow collection/i, 'text with a comma, a brace, a bracket or " #" inside { } or [ ] needs quotes'],
  [/Nested mappings|Implicit keys/i, 'text with ": " in it needs quotes'],
  [/reserved character|directive indicator/i, 'text that starts with @, ` or % needs quotes'],
  [/Tabs/i, 'indent with spaces'],
  [/Unresolved tag/i, 'tags such as !name are not allowed; text that starts with ! needs quotes'],
  [/multiple documents/i, 'one experiment a file: no `---` between documents'],
]

/** The document's value; undefined when it cannot be trusted, which `problems` then says. */
export function parseYaml(text: string, file: string, places: Places, problems: Problems): Tree | undefined {
  const lines = new LineCounter()
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.max(0, Math.min(offset, text.length)))
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  if (!withinBounds(text, file, problems)) return undefined
  const document = parseDocument(text, {
    version: '1.2', schema: 'core', merge: false, uniqueKeys: false, stringKeys: true, resolveKnownTags: false, prettyErrors: false, logLevel: 'error', lineCounter: lines,
  })
  for (const { message, pos } of [...document.errors, ...document.warnings].slice(0, SYNTAX_ERRORS_SHOWN)) {
    problems.error('YAML_INVALID', placeOf(pos[0]), message.replace(/; please use.*$/s, ''), TRAPS.find(([what]) => what.test(message))?.[1])
  }
  if (problems.failed) return undefined
  const tree = new Converter(document, placeOf, places, problems).convert()
  return problems.failed ? undefined : tree
}

/** Size, depth and aliases, from the flat stream of lexemes: the parser behind it recurses. */
function withinBounds(text: string, file: string, problems: Problems): boolean {
  const limit = (message: string, before: string): false => {
    const line = before.split('\n')
    problems.error('YAML_LIMIT', { file, line: line.length, column: (line.at(-1) ?? '').length + 1 }, message)
    return false
  }
  if (Buffer.byteLength(text) > YAML_BYTES_MAX) return limit(`the file is larger than ${YAML_BYTES_MAX / 1024} KiB`, '')
  const parser = new Parser()
  let [offset, aliases, lexemes, previous] = [0, 0, 0, '']
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme)) lexemes++
    const before = (): string => text.slice(0, offset)
    if (++lexemes > LEXEMES_MAX) return limit(`the file has more than ${LEXEMES_MAX} parts`, before())
    if (lexeme.startsWith('*') && previous !== SCALAR && ++aliases > YAML_ALIASES_MAX) return limit(`more than ${YAML_ALIASES_MAX} aliases`, before())
    if (parser.stack.filter(({ type }) => NESTING.has(type)).length > YAML_DEPTH_MAX) return limit(`nested more than ${YAML_DEPTH_MAX} deep`, before())
    if (!CONTROL.has(lexeme)) offset += lexeme.length
    previous = lexeme
  }
  return true
}
/** Marks that the lexer puts between lexemes: they stand for no text. */
const SCALAR = '\u001f'
const CONTROL: ReadonlySet<string> = new Set(['\u0002', '\u0018', SCALAR])

interface Converted { readonly tree: Tree; readonly size: number; readonly depth: number }

/** YAML nodes to plain values. An alias gives the very object its anchor gave, so nothing is multiplied but in the count. */
class Converter {
  readonly #document: Document.Parsed
  readonly #placeOf: (offset: number) => Place
  readonly #places: Places
  readonly #problems: Problems
  readonly #done = new Map<Node, Converted>()
  readonly #under = new Set<Node>()

  constructor(document: Document.Parsed, placeOf: (offset: number) => Place, places: Places, problems: Problems) {
    this.#document = document
    this.#placeOf = placeOf
    this.#places = places
    this.#problems = problems
  }

  convert(): Tree | undefined {
    const { contents } = this.#document
    return contents === null ? null : this.#node(contents).tree
  }

  #node(node: Node): Converted {
    const done = this.#done.get(node)
    if (done) return done
    this.#under.add(node)
    const converted = this.#fresh(node)
    this.#under.delete(node)
    this.#done.set(node, converted)
    if (converted.size > YAML_VALUES_MAX) return this.#refuse('YAML_LIMIT', node, `more than ${YAML_VALUES_MAX} values once its aliases are followed`)
    if (converted.depth > YAML_DEPTH_MAX) return this.#refuse('YAML_LIMIT', node, `nested more than ${YAML_DEPTH_MAX} deep`)
    return converted
  }

  #fresh(node: Node): Converted {
    if (isAlias(node)) return this.#alias(node)
    if (isScalar(node)) {
      const { value } = node
      if (typeof value === 'number' && !Number.isFinite(value)) return this.#refuse('VALUE_INVALID', node, `${node.source ?? 'this'} is not a number that can be used`)
      return { tree: typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number' ? value : null, size: 1, depth: 0 }
    }
    if (isSeq(node)) return this.#sequence(node.items.filter((item) => isNode(item)), node.flow === true)
    if (isYamlMap(node)) return this.#mapping(node.items, node.flow === true)
    return this.#refuse('YAML_INVALID', node, 'this cannot be read')
  }

  #alias(alias: Alias): Converted {
    const target = alias.resolve(this.#document)
    if (!target) return this.#refuse('YAML_INVALID', alias, `nothing is anchored as &${alias.source}`, 'text that starts with * needs quotes')
    return this.#under.has(target) ? this.#refuse('YAML_INVALID', alias, 'an alias stands inside what it stands for') : this.#node(target)
  }

  #sequence(items: readonly Node[], flow: boolean): Converted {
    const tree: Tree[] = []
    let [size, depth] = [1, 0]
    for (const item of items) {
      const converted = this.#node(item)
      const place = this.#at(item)
      this.#places.set(tree, tree.length, { key: place, value: place, written: writtenOf(item), flow })
      tree.push(converted.tree)
      size += converted.size
      depth = Math.max(depth, converted.depth)
    }
    return { tree, size, depth: depth + 1 }
  }

  #mapping(pairs: readonly Pair[], flow: boolean): Converted {
    const tree: TreeMap = {}
    let [size, depth] = [1, 0]
    for (const { key: keyNode, value: valueNode } of pairs) {
      if (!isNode(keyNode)) continue
      const place = this.#at(keyNode)
      const key = isScalar(keyNode) ? String(keyNode.value) : undefined
      if (key === undefined) this.#problems.error('YAML_INVALID', place, 'a key must be text')
      else if (key === '<<') this.#problems.error('YAML_INVALID', place, 'merge keys (<<) are not supported', 'put what is shared into brownout.yaml, or repeat it')
      else if (FORBIDDEN_KEYS.has(key)) this.#problems.error('YAML_INVALID', place, `the key "${key}" is not allowed`, 'choose another name')
      else if (Object.hasOwn(tree, key)) this.#problems.error('YAML_INVALID', place, `the key "${key}" is there twice`, 'keep one of them')
      else {
        const converted = isNode(valueNode) ? this.#node(valueNode) : { tree: null, size: 1, depth: 0 }
        this.#places.set(tree, key, { key: place, value: isNode(valueNode) ? this.#at(valueNode) : place, written: writtenOf(valueNode), flow })
        tree[key] = converted.tree
        size += converted.size
        depth = Math.max(depth, converted.depth)
      }
    }
    return { tree, size, depth: depth + 1 }
  }

  #refuse(code: 'YAML_INVALID' | 'YAML_LIMIT' | 'VALUE_INVALID', node: Node, message: string, hint?: string): Converted {
    this.#problems.error(code, this.#at(node), message, hint)
    return { tree: null, size: 1, depth: 0 }
  }

  #at(node: Node): Place { return this.#placeOf(node.range?.[0] ?? 0) }
}

const isNode = (value: unknown): value is Node => isAlias(value) || isScalar(value) || isSeq(value) || isYamlMap(value)
/** A scalar's text where it is not what its value prints as. */
const writtenOf = (node: unknown): string | undefined =>
  (isScalar(node) && typeof node.value !== 'string' && node.source !== undefined && node.source !== String(node.value) ? node.source : undefined)
