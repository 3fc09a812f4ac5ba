/** Loads: what is sent, how often, and what counts as an answer. */

import { formatRate, ms, perSecond, type Ms } from '../core/units.ts'
import { thinkTime, type LoadSpec } from '../load/spec.ts'
import { httpRequest, STATUSES_HINT, statusesProblem } from './link-http.ts'
import { linkJourney } from './link-journey.ts'
import { oneKind, refuseKeys, storeRequest } from './link-requests.ts'
import { linkWebSocket } from './link-websocket.ts'
import type { Linking } from './linking.ts'
import type { Named } from './read.ts'
import type { LoadInput } from './schema.ts'
import type { Path } from './tree.ts'

const TIMEOUT = ms(5_000)
const CONNECTIONS = 10
/** Of echoes, on each connection. */
const ECHO_RATE = perSecond(1)
/** What one process can be asked to send. */
const RATE_MAX = 100_000
/** Twice what a system that answers nothing leaves under way, so that its stall is never taken for the generator's. */
const IN_FLIGHT_OF_STALL = 2
const IN_FLIGHT_LEAST = 100

const KINDS = ['http', 'journey', 'redis', 'postgres', 'websocket'] as const
type Kind = (typeof KINDS)[number]
/** What each may have beside what all have. */
const KEYS: Readonly<Record<Kind, readonly string[]>> = {
  http: ['headers', 'json', 'body', 'ok', 'keep_alive'],
  journey: ['ok', 'keep_alive'],
  redis: ['url', 'connections'],
  postgres: ['url', 'connections', 'params'],
  websocket: ['headers', 'connections', 'over', 'expect', 'send', 'open', 'resume', 'id', 'heartbeat', 'reconnect', 'compression'],
}
const KEYS_OF_ALL: readonly string[] = ['rate', 'timeout', 'in_flight']

export function linkLoad(linking: Linking, { name, path, input }: Named<LoadInput>): LoadSpec | undefined {
  if (!input) return undefined
  const { reader } = linking
  const kind = oneKind(linking, path, input, KINDS)
  if (!kind) return undefined
  refuseKeys(linking, path, input, Object.keys(input).filter((key) => key !== kind && !KEYS[kind].includes(key) && !KEYS_OF_ALL.includes(key)), kind)
  const timeout = input.timeout ?? TIMEOUT
  const connections = input.connections ?? CONNECTIONS
  const ok = input.ok ?? '2xx'
  const problem = statusesProblem(ok)
  if (problem !== undefined) reader.fail('VALUE_INVALID', [...path, 'ok'], problem, STATUSES_HINT)
  const send = sendOf(linking, path, input, kind, connections)
  const rate = send?.kind === 'websocket' ? (send.expect === 'echo' ? (input.rate ?? ECHO_RATE) * connections : 0) : input.rate
  if (rate === undefined && kind !== 'websocket') reader.failKey('KEY_MISSING', path, '`rate` is missing', 'such as rate: 100/s')
  if (rate !== undefined && rate > RATE_MAX) reader.fail('VALUE_INVALID', [...path, 'rate'], `rate: ${connections} connections would send ${formatRate(perSecond(rate))} together, and ${formatRate(perSecond(RATE_MAX))} is the most`)
  if (!send || rate === undefined) return undefined
  const life: Ms = ms(timeout + thinkTime(send))
  const stalled = Math.ceil(IN_FLIGHT_OF_STALL * rate * (life / 1000))
  return { name, send, rate: perSecond(rate), timeout, ok: ok.replaceAll(/\s/g, ''), inFlightMax: input.in_flight ?? Math.max(IN_FLIGHT_LEAST, stalled), connections }
}

function sendOf(linking: Linking, path: Path, input: LoadInput, kind: Kind, connections: number): LoadSpec['send'] | undefined {
  switch (kind) {
    case 'http': return httpRequest(linking, path, input)
    case 'journey': return linkJourney(linking, path, input, input.ok ?? '2xx')
    case 'redis': case 'postgres': return storeRequest(linking, path, input, kind)
    case 'websocket': return linkWebSocket(linking, path, input, connections)
  }
}
