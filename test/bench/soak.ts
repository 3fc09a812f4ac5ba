/**
 * Churn for MINUTES (60): connect, use, cut, on a TCP, a Redis and an HTTP target, while faults of every kind are armed, changed and cleared.
 * Now and then all stops, and memory, descriptors, handles, sessions and timers must be what they were. RATE (20) connections a second, SAMPLES
 * (60); LEAK plants one on purpose: memory or timer. Needs --expose-gc.
 */

import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import Table from 'cli-table3'
import { parse } from 'yaml'
import { registry as manifest } from '../../faults/index.ts'
import { realClock, monotonicNow, type Clock } from '../../src/core/clock.ts'
import { randomStream } from '../../src/core/random.ts'
import { ms, ratio } from '../../src/core/units.ts'
import { findRedis, startRedis } from '../../src/demo/redis.ts'
import { defineFault, PASS, type AnyFault } from '../../src/fault.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import { readParams } from '../faults/scene.ts'
import { judgeSamples, type Sample } from './soak-judge.ts'
import { startServers, VISITS } from './soak-clients.ts'

const { env } = process
const MINUTES = Number(env['MINUTES'] ?? 60)
const RATE = Number(env['RATE'] ?? 20)
const SAMPLES = Number(env['SAMPLES'] ?? 60)
/** How long a fault is armed: half of it as it comes, half of it changed. */
const ARMED_MS = 1000
/** What a target's connections may take to say goodbye. */
const QUIET_MS = 20_000

const leaked: unknown[] = []
const leak = defineFault({
  ...{ name: 'leak', summary: 'Leaks.', tests: 'The soak.', correct: 'Finds it.', protocols: [], direction: 'both', params: {}, example: '{ fault: leak }' } as const,
  on: ['bytes'],
  decide(unit) {
    if (env['LEAK'] === 'timer') setInterval(() => undefined, 60_000)
    else leaked.push({ unit, more: Array.from({ length: 10_000 }, (_, i) => i + 0.5) })
    return PASS
  },
})
const registry: ReadonlyMap<string, AnyFault> = env['LEAK'] ? new Map<string, AnyFault>([...manifest, ['leak', leak]]) : manifest

/** The process's clock, and how many of its timers are still to come. */
let timers = 0
const clock: Clock = {
  now: () => realClock.now(),
  at(due, action) {
    timers++
    let live = true
    const done = (): boolean => { if (!live) return false; live = false; timers--; return true }
    const timer = realClock.at(due, () => { if (done()) action() })
    return { cancel() { done(); timer.cancel() } }
  },
}

const random = randomStream(1, 'soak')
const servers = await startServers()
const redis = findRedis() ? await startRedis() : undefined
const plane = new LocalPlane({ registry, seed: 1, clock })
const upstreams = { tcp: servers.tcp, http: servers.http, ...(redis ? { redis: redis.port } : {}) }
const targets = (Object.keys(VISITS) as (keyof typeof VISITS)[]).flatMap((protocol) => {
  const port = { redis: undefined, ...upstreams }[protocol]
  return port === undefined ? [] : [{ name: protocol, protocol, upstream: { host: '127.0.0.1', port }, listen: [{ address: { host: '127.0.0.1', port: 0 } }], tls: { client: 'passthrough', upstream: 'off', verify: true }, dialTimeout: ms(1000) } as const]
})
const opened = await plane.open(targets)
const ports = new Map(opened.map(({ name, listen: [first] }) => [name, first && 'port' in first.address ? first.address.port : 0]))
plane.measure(clock.now(), ms(250))
let broken = ''
plane.on((event) => { if (event.kind === 'broken') broken = `${event.rule}: ${event.problem}` })

let [made, going, striking, paused] = [0, 0, 0, false]
let over = false

/** Connections of one target, at its share of the rate. */
async function churn({ name }: (typeof targets)[number]): Promise<void> {
  while (!over) {
    await pause(1000 * targets.length / RATE * (0.5 + random()))
    const visit = VISITS[name][Math.floor(random() * VISITS[name].length)]
    if (paused || over || !visit) continue
    made++
    going++
    void visit(ports.get(name) ?? 0, random).finally(() => { going-- })
  }
}

/** Faults in their order, from another start for each target: armed, changed, cleared. */
async function strike({ name, protocol }: (typeof targets)[number]): Promise<void> {
  // Of HTTP and WebSocket both speak on that target.
  const spoken: readonly string[] = protocol === 'http' ? ['http', 'websocket'] : [protocol]
  const faults = [...registry.values()].filter(({ protocols }) => protocols.length === 0 || protocols.some((one) => spoken.includes(one)))
  for (let turn = Math.floor(random() * faults.length); !over; turn++) {
    const fault = env['LEAK'] && turn % 2 === 0 ? leak as AnyFault : faults[turn % faults.length]
    if (paused || !fault) { await pause(100); continue }
    const params = readParams(fault, (parse(fault.example) as { params?: Record<string, unknown> }).params ?? {})
    const rule = { id: `of-${name}`, fault: fault.name, on: name, params, standing: true } as const
    // Some are for a protocol that the target's connections have not come to, or not for a target of this kind.
    striking++
    const fits = await plane.arm([rule]).then(() => true, () => false)
    await pause(fits ? ARMED_MS / 2 : 10)
    // A listener knows no chance: it is armed again as it was.
    if (fits) await plane.arm([fault.on.includes('listen') ? rule : { ...rule, chance: ratio(0.5) }])
    await pause(fits ? ARMED_MS / 2 : 10)
    await plane.disarm([rule.id])
    striking--
  }
}

/** Waits until all is quiet, and looks. */
async function sample(start: number): Promise<Sample> {
  paused = true
  const connections = async (): Promise<number> => Object.values((await plane.snapshot()).targets).reduce((sum, { connections: some }) => sum + some, 0)
  for (let waited = 0; waited < QUIET_MS && (striking > 0 || going > 0 || (await connections()) > 0); waited += 20) await pause(20)
  // What the server and the client still have to say to each other, and sockets that linger.
  await pause(Math.min(500, MINUTES * 60_000 / SAMPLES / 4))
  await plane.takeBuckets()
  await plane.takeRecords()
  globalThis.gc?.()
  await pause(10)
  globalThis.gc?.()
  const { rss, heapUsed: heap } = process.memoryUsage()
  const handles = process.getActiveResourcesInfo().length
  const taken = { atMs: monotonicNow() - start, made, rss, heap, descriptors: readdirSync('/proc/self/fd').length, handles, sessions: await connections(), timers }
  paused = false
  return taken
}

const MiB = (size: number): string => `${(size / 1024 / 1024).toFixed(2)} MiB`
const line = ({ atMs, made: connections, rss, heap, descriptors, handles, sessions, timers: waiting }: Sample): string =>
  `${(atMs / 60_000).toFixed(1)} min  ${connections} connections  rss ${MiB(rss)}  heap ${MiB(heap)}  ${descriptors} descriptors  ${handles} handles  ${sessions} sessions  ${waiting} timers\n`

if (!globalThis.gc) throw new Error('node --expose-gc')
const start = monotonicNow()
const working = targets.flatMap((target) => [churn(target), strike(target)])
const samples: Sample[] = []
for (let i = 1; i <= SAMPLES; i++) {
  await pause(Math.max(0, start + i * MINUTES * 60_000 / SAMPLES - monotonicNow()))
  const taken = await sample(start)
  samples.push(taken)
  process.stderr.write(line(taken))
}
over = true
const cpu = process.cpuUsage()
const took = monotonicNow() - start
await Promise.all(working)
await plane.close()
servers.close()
await redis?.stop()

const judged = judgeSamples(samples)
const table = new Table({ head: ['', 'first judged', 'last', 'grew by', 'allowed', ''], style: { head: [], border: [] } })
const shown = (what: keyof Sample, value: number): string => (what === 'rss' || what === 'heap' ? MiB(value) : value.toFixed(value % 1 ? 1 : 0))
for (const { what, grew, allowed, held } of judged) {
  const [first, last] = [samples[Math.floor(samples.length / 4)], samples.at(-1)]
  table.push([what, ...[first?.[what] ?? 0, last?.[what] ?? 0, grew, allowed].map((value) => shown(what, value)), held ? 'held' : 'GREW'])
}
process.stdout.write(`${table.toString()}\n${made} connections in ${(took / 60_000).toFixed(1)} min, ${targets.map(({ name }) => name).join(', ')}; ${((cpu.user + cpu.system) / 10 / took).toFixed(1)} % of a core\n${broken ? `a fault threw: ${broken}\n` : ''}`)
process.exit(broken === '' && judged.every(({ held }) => held) ? 0 : 1)
