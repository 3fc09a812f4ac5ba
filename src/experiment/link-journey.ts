/** Journeys: each step's request, and that what it uses has been captured by then. */

import { nearest } from '../core/errors.ts'
import { captureOf } from '../load/capture.ts'
import type { Journey, JourneyRequest, Journeys, Piece, Think } from '../load/spec.ts'
import { methodAndUrl, STATUSES_HINT, statusesProblem } from './link-http.ts'
import { checkUrl, headersOf, refuseKeys } from './link-requests.ts'
import { jsonPieces, merged, pieces } from './link-pieces.ts'
import { checkData, checkReferences, sampleOf, type Linking } from './linking.ts'
import { partsOf } from './references.ts'
import { NAME, type JourneyStepInput, type LoadInput } from './schema.ts'
import { valueAt, type Path } from './tree.ts'

/** By name, the number of the step that captures it first. */
type Captures = ReadonlyMap<string, number>

export function linkJourney(linking: Linking, path: Path, input: LoadInput, ok: string): Journey | undefined {
  return linkSteps(linking, [...path, 'journey'], input.journey ?? [], ok, input.keep_alive)
}

/** Several, each operation one of them. */
export function linkJourneys(linking: Linking, path: Path, { journeys = {}, keep_alive: keepAlive }: LoadInput, ok: string): Journeys | undefined {
  const linked = Object.entries(journeys).map(([name, { weight, steps }]) => {
    if (!NAME.test(name)) linking.reader.failKey('NAME_INVALID', [...path, 'journeys', name], `"${name}" cannot be a name`)
    const journey = linkSteps(linking, [...path, 'journeys', name, 'steps'], steps, ok, keepAlive)
    return journey && { name, weight: weight ?? 1, journey }
  })
  if (linked.length === 0) linking.reader.fail('VALUE_INVALID', [...path, 'journeys'], 'journeys: there is none', 'give each a name and `steps`')
  const of = linked.filter((one) => one !== undefined)
  return of.length === linked.length ? { kind: 'journeys', of } : undefined
}

function linkSteps(linking: Linking, path: Path, steps: readonly JourneyStepInput[], ok: string, keepAlive: boolean | undefined): Journey | undefined {
  const { reader } = linking
  const captures = new Map<string, number>()
  for (const [index, { capture = {} }] of steps.entries()) for (const name of Object.keys(capture)) if (!captures.has(name)) captures.set(name, index)
  const linked = steps.map((step, index) => linkStep(new StepLink(linking, [...path, index], captures, index), step, ok))
  if (steps.every(({ http }) => http === undefined)) reader.fail('VALUE_INVALID', path, 'journey: there is no request in it', 'give a step `http: METHOD URL`')
  const whole = linked.filter((step) => step !== undefined)
  return whole.length === steps.length ? { kind: 'journey', steps: whole, ...(keepAlive === false ? { keepAlive: false } : {}) } : undefined
}

function linkStep(link: StepLink, input: JourneyStepInput, otherwise: string): JourneyRequest | Think | undefined {
  const { linking, path, index } = link
  const { reader } = linking
  const { http, think, step, capture = {}, ok } = input
  if ((http === undefined) === (think === undefined)) return void reader.fail('VALUE_INVALID', path, 'a step of a journey either asks or thinks', 'give one of `http` and `think`')
  if (think !== undefined) {
    refuseKeys(linking, path, input, ['step', 'headers', 'json', 'body', 'ok', 'capture'], 'think')
    return { kind: 'think', length: think }
  }
  const problem = ok === undefined ? undefined : statusesProblem(ok)
  if (problem !== undefined) reader.fail('VALUE_INVALID', [...path, 'ok'], problem, STATUSES_HINT)
  for (const [name, where] of Object.entries(capture)) {
    if (!/^[A-Za-z0-9_-]+$/.test(name)) reader.failKey('NAME_INVALID', [...path, 'capture', name], `"${name}" cannot be captured under that name`, 'letters, digits, dash and underscore')
    const found = captureOf(where)
    if ('wrong' in found) reader.fail('VALUE_INVALID', [...path, 'capture', name], `capture: ${found.wrong}`, 'such as json:id, json:items.0.id, header:location, cookie:session or /id=(\\d+)/')
  }
  const url = urlOf(link, http ?? '')
  const headers = Object.fromEntries(headersOf(linking, path, input.headers, (at, text) => link.check(at, text)).map(([name, value]) => [name, pieces(value, 'text')]))
  const body = bodyOf(link, input)
  return url && {
    kind: 'request', name: step ?? `step ${index + 1}`, ...url, ok: (ok ?? otherwise).replaceAll(/\s/g, ''), capture,
    headers: { ...(input.json === undefined ? {} : { 'content-type': ['application/json'] }), ...headers }, ...(body ? { body } : {}),
  }
}

/** A step, where it stands, and what has been captured before it. */
class StepLink {
  readonly linking: Linking
  readonly path: Path
  readonly index: number
  readonly #captures: Captures

  constructor(linking: Linking, path: Path, captures: Captures, index: number) {
    this.linking = linking
    this.path = path
    this.index = index
    this.#captures = captures
  }

  /** Says which references in `text` lead to nothing. */
  check(path: Path, text: string): void {
    const { reader } = this.linking
    checkReferences(this.linking, path, text)
    checkData(this.linking, path, text)
    for (const part of partsOf(text)) {
      if (typeof part === 'string' || part.kind !== 'capture') continue
      const { name } = part
      const by = this.#captures.get(name)
      if (by !== undefined && by < this.index) continue
      const before = [...this.#captures].filter(([, index]) => index < this.index).map(([one]) => one)
      const near = nearest(name, before)
      const hint = by !== undefined ? `step ${by + 1} captures it, which comes ${by === this.index ? 'no sooner' : 'later'}` : near ? `did you mean "${near}"?` : before.length ? `captured by then: ${before.join(', ')}` : 'an earlier step needs `capture: { NAME: json:PATH }`'
      reader.fail('CAPTURE_UNKNOWN', path, `\${capture.${name}}: no earlier step captures "${name}"`, hint)
    }
  }
}

function urlOf(link: StepLink, written: string): Pick<JourneyRequest, 'method' | 'url'> | undefined {
  const { linking, path } = link
  const { reader } = linking
  const at = [...path, 'http']
  const { method, url } = methodAndUrl(reader, at, written) ?? {}
  if (method === undefined || url === undefined) return undefined
  link.check(at, url)
  if (!checkUrl(linking, at, url, 'http')) return undefined
  const split = pieces(url, 'part')
  const [head, second, ...rest] = split
  if (second === undefined) return { method, url: split }
  const start = typeof head === 'string' ? sampleOf(linking, head) : ''
  // The path is what follows the host: only there may a value hold slashes.
  const [, host = ''] = /^https?:\/\/([^/?#]*)/.exec(start) ?? []
  if (typeof head !== 'string' || host === '' || host.endsWith(':')) return void reader.fail('VALUE_INVALID', at, 'http: host and port cannot be captured', 'write them, or refer to a target or an app')
  const begins = /^https?:\/\/[^/?#]*$/.test(start)
  return { method, url: [head, typeof second === 'string' || !begins ? second : { ...second, as: 'path' }, ...rest] }
}

function bodyOf(link: StepLink, { json, body }: JourneyStepInput): readonly Piece[] | undefined {
  const { linking: { reader }, path } = link
  if (json !== undefined && body !== undefined) reader.fail('VALUE_INVALID', [...path, 'body'], 'body: there is `json` already')
  if (json !== undefined) {
    const value = valueAt(reader.root, [...path, 'json']) ?? null
    link.check([...path, 'json'], JSON.stringify(value))
    return merged(jsonPieces(value))
  }
  if (body === undefined) return undefined
  link.check([...path, 'body'], body)
  return pieces(body, 'text')
}
