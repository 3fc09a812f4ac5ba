/** HTTP loads of one request, and what a step of a journey shares with them. */

import type { HttpRequest } from '../load/spec.ts'
import { checkUrl, headersOf } from './link-requests.ts'
import { jsonText, textOf } from './link-pieces.ts'
import { checkData, checkReferences, sampleOf, type Linking } from './linking.ts'
import type { Reader } from './read.ts'
import type { LoadInput } from './schema.ts'
import { valueAt, type Path } from './tree.ts'

/** What is wrong with a list of statuses; undefined where nothing is. */
export const statusesProblem = (ok: string): string | undefined =>
  /^([1-5]xx|[1-5]\d\d)(\s*,\s*([1-5]xx|[1-5]\d\d))*$/.test(ok) ? undefined : `ok: expected statuses, not "${ok}"`
export const STATUSES_HINT = 'write 2xx, 200, or 2xx,404'

/** `METHOD URL`; a URL alone is a GET. */
export function methodAndUrl(reader: Reader, path: Path, written: string): { readonly method: string; readonly url: string } | undefined {
  const found = /^(?:([A-Z]{3,10})\s+)?(\S+)$/.exec(written)
  if (!found) return void reader.fail('VALUE_INVALID', path, `http: expected METHOD URL, not "${written}"`, 'write POST http://127.0.0.1:3000/checkout')
  return { method: found[1] ?? 'GET', url: found[2] ?? '' }
}

/** A URL in which data may stand, but not in its host. */
function urlText(linking: Linking, path: Path, url: string): HttpRequest['url'] | undefined {
  checkData(linking, path, url)
  const text = textOf(url, 'part')
  if (typeof text === 'string') return text
  const start = typeof text[0] === 'string' ? sampleOf(linking, text[0]) : ''
  if (/^https?:\/\/[^/?#]+[/?#]/.test(start)) return text
  return void linking.reader.fail('VALUE_INVALID', path, 'http: host and port cannot be data', 'write them, or refer to a target or an app')
}

export function httpRequest(linking: Linking, path: Path, input: LoadInput): HttpRequest | undefined {
  const { reader } = linking
  const { method, url } = methodAndUrl(reader, [...path, 'http'], input.http ?? '') ?? {}
  if (method === undefined || url === undefined || !checkUrl(linking, [...path, 'http'], url, 'http')) return undefined
  if (input.json !== undefined && input.body !== undefined) reader.fail('VALUE_INVALID', [...path, 'body'], 'body: there is `json` already')
  const checked = (at: Path, text: string): void => { checkReferences(linking, at, text); checkData(linking, at, text) }
  const written = headersOf(linking, path, input.headers, checked)
  const headers = { ...(input.json === undefined ? {} : { 'content-type': 'application/json' }), ...Object.fromEntries(written.map(([name, value]) => [name, textOf(value, 'text')])) }
  const json = input.json === undefined ? undefined : valueAt(reader.root, [...path, 'json']) ?? null
  const plain = json === undefined ? input.body : JSON.stringify(json)
  if (plain !== undefined) checked([...path, json === undefined ? 'body' : 'json'], plain)
  const body = json === undefined ? input.body === undefined ? undefined : textOf(input.body, 'text') : jsonText(json)
  const whole = urlText(linking, [...path, 'http'], url)
  return whole === undefined ? undefined : { kind: 'http', method, url: whole, headers, ...(body === undefined ? {} : { body }), ...(input.keep_alive === false ? { keepAlive: false } : {}) }
}
