/** By what names the requests of an HTTP target are kept: their method and their route. */

import { METHODS } from 'node:http'
import { facetsOf } from '../../protocols/http/facets.ts'
import { findField, type FieldLine } from '../../protocols/http/fields.ts'
import type { Head } from '../../protocols/http/head.ts'
import type { HttpMessage } from '../../protocols/http/message.ts'
import type { Routes } from '../../protocols/http/routes.ts'
import { newShape, readShape } from '../../protocols/http/shape.ts'
import type { Entry } from './entry.ts'
import { FNV_PRIME, identityOf, isAll } from './identity.ts'
import type { Register } from './register.ts'

/** Slots of the table of methods and shapes of paths: a power of two, and more than there may be names. */
const SLOTS = 512
const QUESTION = 63
const KNOWN: ReadonlySet<string> = new Set(METHODS)
/** Whoever retries with one says that it is a retry. */
const KEY_FIELD = 'idempotency-key'
const G = 71
const H = 72

interface Known { readonly bytes: Buffer; readonly entry: Entry }

export class HttpNames {
  readonly #register: Register
  readonly #routes: Routes
  readonly #shape = newShape()
  readonly #shapely: boolean
  readonly #known: (Known | undefined)[] = Array.from({ length: SLOTS }, () => undefined)
  /** For routes past the bound: by their method. */
  readonly #rest = new Map<string, Entry>()

  /** What the latest request can be known by again: its method and target, the length of its body, and its Idempotency-Key where it has one. Never 0. */
  identity = 0

  /** Whether that one has an Idempotency-Key. */
  keyed = false

  constructor(register: Register, routes: Routes) {
    this.#register = register
    this.#routes = routes
    this.#shapely = !routes.tellsIdentifiers
  }

  /** Of the message that the head is. */
  entry(message: HttpMessage, head: Head): Entry {
    const { raw, startAt, targetEnd } = head
    const line = keyOf(head)
    this.keyed = line !== undefined
    this.identity = identified(head, line)
    let pathEnd = startAt
    while (pathEnd < targetEnd && raw[pathEnd] !== QUESTION) pathEnd++
    if (!this.#shapely || !readShape(raw, startAt, pathEnd, this.#shape)) return this.#named(message)
    const { bytes, length } = this.#shape
    let hash = length
    for (let at = 0; at < length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), FNV_PRIME)
    const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1)
    const known = this.#known[slot]
    if (known && isAll(known.bytes, bytes, length)) return known.entry
    const entry = this.#named(message)
    this.#known[slot] = { bytes: Buffer.from(bytes.subarray(0, length)), entry }
    return entry
  }

  #named(message: HttpMessage): Entry {
    const { method: word = '', route } = facetsOf(message, this.#routes)
    const method = KNOWN.has(word) ? word : 'other'
    const key = `${method} ${route ?? ''}`
    return this.#register.entry(key) ?? this.#added(key, method, route)
  }

  /** A tunnel has no route. */
  #added(key: string, method: string, route: string | undefined): Entry {
    const entry = this.#register.add(key, route === undefined ? { method } : { method, route })
    if (entry !== this.#register.other) return entry
    const rest = this.#rest.get(method) ?? this.#register.spare(`${method} …`, { method, route: 'other' })
    this.#rest.set(method, rest)
    return rest
  }
}

/** What is only read is the same when it is asked for again; of anything else the client may say so. */
const keyOf = ({ raw, startAt, fieldsAt }: Head): FieldLine | undefined => (raw[startAt] === G || raw[startAt] === H ? undefined : findField(raw, fieldsAt, KEY_FIELD))

function identified({ raw, startAt, targetEnd, length }: Head, line: FieldLine | undefined): number {
  let identity = Math.imul(identityOf(raw, startAt, targetEnd) ^ length, FNV_PRIME)
  if (line) identity = Math.imul(identity ^ identityOf(raw, line.nameEnd, line.lineEnd), FNV_PRIME)
  return identity || 1
}
