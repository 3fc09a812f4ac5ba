/** WebSocket loads: what is said on each connection, and how what comes is counted. */

import { formatDuration, ms } from '../core/units.ts'
import { captureOf } from '../load/capture.ts'
import type { LoadSpec, WebSocketTraffic } from '../load/spec.ts'
import { checkUrl, headersOf } from './link-requests.ts'
import { textOf } from './link-pieces.ts'
import { checkData, checkReferences, type Linking } from './linking.ts'
import type { Windows } from './plan.ts'
import type { LoadInput } from './schema.ts'
import type { Path } from './tree.ts'

/** Connections are begun 200 a second. */
const BETWEEN = 5
const BACKOFF = ms(500)
const BACKOFF_MAX = ms(10_000)

/** Whether messages are sent and come back, or just arrive. */
export const expectOf = ({ expect, send, rate, users }: LoadInput): 'echo' | 'messages' => expect ?? (send !== undefined || rate !== undefined || users !== undefined ? 'echo' : 'messages')

/** Warns of connections that would still be made when the baseline begins. */
export function warnOfRamps({ reader }: Linking, loads: readonly LoadSpec[], { warmup }: Windows): void {
  for (const { name, send } of loads) {
    if (send.kind !== 'websocket' || send.over <= warmup) continue
    reader.problems.warning('RAMP_LONG', reader.entry(['load', name, 'over']).value, `the connections of ${name} are made over ${formatDuration(send.over)}, and warmup lasts ${formatDuration(warmup)}`)
  }
}

export function linkWebSocket(linking: Linking, path: Path, input: LoadInput, connections: number): WebSocketTraffic | undefined {
  const { reader } = linking
  const { websocket: url = '', send, open, resume, id, reconnect, over } = input
  const expect = expectOf(input)
  const refuse = (key: 'send' | 'rate' | 'users' | 'resume' | 'id', why: string, hint: string): void => { if (key in input) reader.failKey('KEY_UNKNOWN', [...path, key], `\`${key}\` means nothing ${why}`, hint) }
  const headers = Object.fromEntries(headersOf(linking, path, input.headers, (at, text) => checkReferences(linking, at, text)))
  checkProtocols(linking, path, headers['sec-websocket-protocol'])
  for (const key of ['send', 'open', 'resume'] as const) {
    const text = input[key]
    if (text === undefined) continue
    checkReferences(linking, [...path, key], text)
    checkData(linking, [...path, key], text, key === 'send' ? undefined : 'what a connection begins with is the same each time')
    if (key === 'open' && text.includes('{last_id}')) reader.fail('VALUE_INVALID', [...path, key], 'open: at first there is no {last_id}', 'what is sent to go on from an id stands in `resume`')
  }
  if (expect === 'echo') {
    for (const key of ['id', 'resume'] as const) refuse(key, 'with expect: echo', 'a message is known by {id} in `send`')
    if (send !== undefined && !send.includes('{id}')) reader.fail('VALUE_INVALID', [...path, 'send'], 'send: nothing tells which message comes back', 'put {id} where it comes back with the message')
    if (send !== undefined && /\{id\}\d/.test(send)) reader.fail('VALUE_INVALID', [...path, 'send'], 'send: {id} ends in a number, and a digit follows', 'put something else between them')
  } else {
    for (const key of ['send', 'rate', 'users'] as const) refuse(key, 'with expect: messages', 'the system sends; what is said first stands in `open`')
    if (resume !== undefined && id === undefined) reader.failKey('KEY_MISSING', [...path, 'resume'], '`id` is missing: where the id of a message stands', 'such as id: json:seq')
    const found = id === undefined ? undefined : captureOf(id)
    if (id !== undefined && found && ('wrong' in found || !found.ofBody)) reader.fail('VALUE_INVALID', [...path, 'id'], `id: ${'wrong' in found ? found.wrong.replace('header:NAME, cookie:NAME ', '') : 'a message has no headers'}`, 'such as json:seq or /seq=(\\d+)/')
  }
  if (!checkUrl(linking, [...path, 'websocket'], url, 'websocket')) return undefined
  if (url.includes('#')) reader.fail('VALUE_INVALID', [...path, 'websocket'], 'a WebSocket URL has no #fragment')
  return {
    kind: 'websocket', url, headers, over: over ?? ms(connections * BETWEEN), expect, send: textOf(send ?? '{id}', 'string'), compression: input.compression ?? false,
    ...(open === undefined ? {} : { open }), ...(resume === undefined ? {} : { resume }), ...(id === undefined ? {} : { id }),
    ...(input.heartbeat === undefined ? {} : { heartbeat: input.heartbeat }),
    ...(reconnect === false ? {} : { reconnect: { backoff: reconnect?.backoff ?? BACKOFF, max: reconnect?.max ?? BACKOFF_MAX } }),
  }
}

/** Each a word, none twice. (RFC 6455, 4.1) */
function checkProtocols({ reader }: Linking, path: Path, written: string | undefined): void {
  const names = written?.split(',').map((one) => one.trim()) ?? []
  if (names.some((name) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) || new Set(names).size < names.length) {
    reader.fail('VALUE_INVALID', [...path, 'headers'], 'sec-websocket-protocol: expected names with commas between, none twice')
  }
}
