/** Loads: what is sent, how often, and what counts as an answer. */

import { formatRate, ms, perSecond, type Ms } from '../core/units.ts'
import { thinkTime, type LoadSpec } from '../load/spec.ts'
import { DRIVERS, drivenSpec, linkDriven, linkProgram } from './link-driven.ts'
import { httpRequest, STATUSES_HINT, statusesProblem } from './link-http.ts'
import { linkJourney, linkJourneys } from './link-journey.ts'
import { usesData } from './link-pieces.ts'
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

const KINDS = ['http', 'journey', 'journeys', 'redis', 'postgres', 'websocket', ...DRIVERS] as const
type Kind = (typeof KINDS)[number]
/** What each may have beside what all have. */
const KEYS: Readonly<Record<Kind, readonly string[]>> = {
  http: ['headers', 'json', 'body', 'ok', 'keep_alive'],
  journey: ['ok', 'keep_alive'],
  journeys: ['ok', 'keep_alive'],
  redis: ['url', 'connections', 'pipeline'],
  postgres: ['url', 'connections', 'params', 'pipeline'],
  websocket: ['headers', 'connections', 'over', 'expect', 'send', 'open', 'resume', 'id', 'heartbeat', 'reconnect', 'compression'],
  locust: ['users', 'host', 'args', 'env', 'workers', 'spawn_rate'],
  artillery: ['ok', 'host', 'args', 'env'],
  k6: ['args', 'env'],
  command: ['env'],
}
const KEYS_OF_ALL: readonly string[] = ['rate', 'arrivals', 'users', 'think', 'processes', 'timeout', 'in_flight']

export function linkLoad(linking: Linking, { name, path, input }: Named<LoadInput>): LoadSpec | undefined {
  if (!input) return undefined
  const kind = oneKind(linking, path, input, KINDS)
  if (!kind) return undefined
  const paced = 'rate' in input || 'users' in input
  const driver = kind === 'command' && paced ? undefined : DRIVERS.find((one) => one === kind)
  refuseKeys(linking, path, input, Object.keys(input).filter((key) => key !== kind && !KEYS[kind].includes(key) && (driver !== undefined || !KEYS_OF_ALL.includes(key))), driver === 'command' ? 'command that is not given a `rate`' : kind)
  if (driver) {
    const driven = linkDriven(linking, path, input, driver)
    return driven && drivenSpec(name, driven, okOf(linking, path, input), { rate: perSecond(0), timeout: TIMEOUT })
  }
  const timeout = input.timeout ?? TIMEOUT
  const connections = input.connections ?? (kind === 'websocket' ? input.users : undefined) ?? CONNECTIONS
  const ok = okOf(linking, path, input)
  const send = sendOf(linking, path, input, kind, connections)
  const pace = send && paceOf(linking, path, input, send, connections)
  if (!send || !pace) return undefined
  const life: Ms = ms(timeout + thinkTime(send))
  const stalled = Math.ceil(IN_FLIGHT_OF_STALL * pace.rate * (life / 1000))
  const processes = processesOf(linking, path, input, send, connections)
  return {
    name, send, ...pace, timeout, ok, inFlightMax: input.in_flight ?? Math.max(IN_FLIGHT_LEAST, stalled, input.users ?? 0), connections,
    ...(processes > 1 ? { processes } : {}),
    ...(usesData(send) ? { data: Object.fromEntries([...linking.data].flatMap(([key, one]) => (one ? [[key, one.source]] : []))) } : {}),
  }
}

function okOf({ reader }: Linking, path: Path, { ok = '2xx' }: LoadInput): string {
  const problem = statusesProblem(ok)
  if (problem !== undefined) reader.fail('VALUE_INVALID', [...path, 'ok'], problem, STATUSES_HINT)
  return ok.replaceAll(/\s/g, '')
}

type Pace = Pick<LoadSpec, 'rate' | 'profile' | 'arrivals' | 'users'>

/** An open loop by its rate, or a closed one by its users. */
function paceOf({ reader }: Linking, path: Path, input: LoadInput, send: LoadSpec['send'], connections: number): Pace | undefined {
  const { rate, users, think, arrivals } = input
  if (users !== undefined) {
    for (const key of ['rate', 'arrivals'] as const) if (key in input) reader.failKey('KEY_UNKNOWN', [...path, key], `\`${key}\` means nothing with \`users\`: they send when they have been answered`, 'take one of the two out')
    return { rate: perSecond(0), users: { count: users, think: think ?? ms(0) } }
  }
  if (think !== undefined) reader.failKey('KEY_UNKNOWN', [...path, 'think'], '`think` means nothing without `users`', 'a rate is kept whatever becomes of those before; a step of a journey can think')
  if (send.kind === 'websocket' && send.expect === 'messages') {
    for (const key of ['arrivals'] as const) if (key in input) reader.failKey('KEY_UNKNOWN', [...path, key], `\`${key}\` means nothing with expect: messages`, 'the system sends')
    return { rate: perSecond(0) }
  }
  if (rate === undefined && send.kind !== 'websocket') return void reader.failKey('KEY_MISSING', path, '`rate` is missing', 'such as rate: 100/s, or for a closed loop users: 50')
  const { rate: highest, profile } = rate ?? { rate: ECHO_RATE }
  const times = send.kind === 'websocket' ? connections : 1
  const whole = perSecond(highest * times)
  if (whole > RATE_MAX) reader.fail('VALUE_INVALID', [...path, 'rate'], `rate: ${connections} connections would send ${formatRate(whole)} together, and ${formatRate(perSecond(RATE_MAX))} is the most`)
  if (whole === 0) reader.fail('VALUE_INVALID', [...path, 'rate'], 'rate: nothing would ever be sent')
  return {
    rate: whole, ...(arrivals === 'poisson' ? { arrivals } : {}),
    ...(profile ? { profile: profile.map(({ over, from, to }) => ({ over, from: perSecond(from * times), to: perSecond(to * times) })) } : {}),
  }
}

/** Each process needs something to do. */
function processesOf({ reader }: Linking, path: Path, { processes = 1, users }: LoadInput, send: LoadSpec['send'], connections: number): number {
  const most = users ?? (send.kind === 'redis' || send.kind === 'postgres' || send.kind === 'websocket' ? connections : processes)
  if (processes > most) reader.fail('VALUE_INVALID', [...path, 'processes'], `processes: ${processes} of them cannot share ${most} ${users === undefined ? 'connections' : 'users'}`)
  return processes
}

function sendOf(linking: Linking, path: Path, input: LoadInput, kind: Kind, connections: number): LoadSpec['send'] | undefined {
  switch (kind) {
    case 'http': return httpRequest(linking, path, input)
    case 'journey': return linkJourney(linking, path, input, input.ok ?? '2xx')
    case 'journeys': return linkJourneys(linking, path, input, input.ok ?? '2xx')
    case 'redis': case 'postgres': return storeRequest(linking, path, input, kind)
    case 'websocket': return linkWebSocket(linking, path, input, connections)
    case 'command': return linkProgram(linking, path, input)
    // Made by others.
    case 'locust': case 'artillery': case 'k6': return undefined
  }
}
