/** Values read out of what a system answers: by a path in its JSON, a header, a cookie, or a regular expression. */

import { RE2JS } from 're2js'

export interface Answer {
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Empty where `ofBody` says that it is not needed. */
  readonly body: string
}

export interface Capture {
  /** Looks into the body. */
  readonly ofBody: boolean
  /** What JSON can hold; undefined where it is not there. Never throws. */
  read(answer: Answer): unknown
}

/** `/…(group)…/`, or with `i` behind it. */
const REGEX = /^\/(.+)\/(i?)$/s

/** `json:PATH` (keys and places with dots between), `header:NAME`, `cookie:NAME`, or `/…(group)…/` over the body, which takes linear time. */
export function captureOf(text: string): Capture | { readonly wrong: string } {
  const regex = REGEX.exec(text)
  if (regex) return patternOf(regex[1] ?? '', regex[2] === 'i')
  const [, kind = '', name = ''] = /^(json|header|cookie):(.+)$/s.exec(text) ?? []
  switch (kind) {
    case 'json': return { ofBody: true, read: ({ body }) => within(body, name.split('.')) }
    case 'header': return { ofBody: false, read: ({ headers }) => first(own(headers, name.toLowerCase())) }
    case 'cookie': return { ofBody: false, read: ({ headers }) => cookie(own(headers, 'set-cookie'), name) }
    default: return { wrong: 'expected json:PATH, header:NAME, cookie:NAME or /…(group)…/' }
  }
}

function patternOf(source: string, anyCase: boolean): Capture | { readonly wrong: string } {
  try {
    const pattern = RE2JS.compile(source, anyCase ? RE2JS.CASE_INSENSITIVE : 0)
    if (pattern.groupCount() < 1) return { wrong: 'the regular expression has no group that would say what of it is meant' }
    return {
      ofBody: true,
      read({ body }) {
        const found = pattern.matcher(body)
        return found.find() ? found.group(1) ?? undefined : undefined
      },
    }
  } catch (error) {
    return { wrong: `the regular expression cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function within(body: string, path: readonly string[]): unknown {
  try {
    // Null is there, but nothing that could be carried on.
    return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? own(value, key) : undefined), JSON.parse(body)) ?? undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const own = (value: object, key: string): unknown => (Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined)
const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value)

/** The value of the cookie of that name, where one is set; the last counts. (RFC 6265, 4.1) */
function cookie(header: unknown, name: string): string | undefined {
  const set = [header].flat().filter((one) => typeof one === 'string')
  const found = set.findLast((one) => one.slice(0, one.indexOf('=')).trim() === name)
  return found?.slice(found.indexOf('=') + 1).split(';', 1)[0]?.trim()
}
