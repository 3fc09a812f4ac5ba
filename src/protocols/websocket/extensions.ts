/** The extensions of a connection, as the response to its handshake settles them. (RFC 6455, 9.1; RFC 7692, 7.1) */

import type { Direction } from '../codec.ts'

export interface Deflate {
  /** Whether what goes that way may refer to the messages before it. */
  readonly takeover: Readonly<Record<Direction, boolean>>
}

export interface Extensions {
  readonly deflate: Deflate | undefined
  /** Names of those that brownout does not know, and of what makes no sense: payloads with reserved bits cannot be read then. */
  readonly others: readonly string[]
}

export const NO_EXTENSIONS: Extensions = { deflate: undefined, others: [] }

const DEFLATE = 'permessage-deflate'
const TOKEN = "[\\w!#$%&'*+.^`|~-]+"
const EXTENSION = new RegExp(`[ \\t]*(${TOKEN})((?:[ \\t]*;[ \\t]*${TOKEN}(?:=(?:${TOKEN}|"${TOKEN}"))?)*)[ \\t]*(?:,|$)`, 'y')
const NAME_MAX = 64
/** Of Deflate's parameters: what each may be. */
const VALUES: ReadonlyMap<string, RegExp> = new Map([
  ['server_no_context_takeover', /^$/], ['client_no_context_takeover', /^$/],
  ['server_max_window_bits', /^([89]|1[0-5])$/], ['client_max_window_bits', /^([89]|1[0-5])$/],
])

/** The values of `Sec-WebSocket-Extensions` in a 101 response, in order. Never throws: what cannot be understood is among `others`. */
export function parseExtensions(...values: readonly string[]): Extensions {
  let deflate: Deflate | undefined
  const others: string[] = []
  for (const [name, parameters] of values.flatMap(extensionsIn)) {
    const parsed = name === DEFLATE && !deflate ? deflateOf(parameters) : undefined
    if (parsed) deflate = parsed
    else others.push(name)
  }
  return { deflate, others }
}

/**
 * Why compressed messages that go `direction` can be neither edited, dropped, doubled nor put in another order; undefined where they can.
 * Each may refer to what the peer inflated before it: with one missing, or one too many, all behind it are garbage. What is not compressed is in nobody's window and is free.
 */
export function whyBound({ deflate, others }: Extensions, direction: Direction): string | undefined {
  if (others.length > 0) return `${others.join(', ')} may tie messages together`
  return deflate?.takeover[direction] ? `${DEFLATE} carries its context from message to message` : undefined
}

type Parameters = readonly (readonly [name: string, value: string])[]

function extensionsIn(value: string): (readonly [name: string, parameters: Parameters])[] {
  const found: (readonly [string, Parameters])[] = []
  EXTENSION.lastIndex = 0
  for (let at = 0; at < value.length; at = EXTENSION.lastIndex) {
    const match = EXTENSION.exec(value)
    if (!match) return [...found, [value.slice(at, at + NAME_MAX).trim(), []]]
    found.push([match[1] ?? '', parametersIn(match[2] ?? '')])
  }
  return found
}

const parametersIn = (text: string): Parameters => text.split(';').slice(1).map((parameter) => {
  const [name = '', value = ''] = parameter.trim().split('=')
  return [name, value.replaceAll('"', '')] as const
})

/** Undefined of parameters that no client would accept: unknown ones, wrong values, one twice. (RFC 7692, 7.1) */
function deflateOf(parameters: Parameters): Deflate | undefined {
  const names = new Set(parameters.map(([name]) => name))
  if (names.size < parameters.length || !parameters.every(([name, value]) => VALUES.get(name)?.test(value))) return undefined
  return { takeover: { 'to-server': !names.has('client_no_context_takeover'), 'to-client': !names.has('server_no_context_takeover') } }
}
