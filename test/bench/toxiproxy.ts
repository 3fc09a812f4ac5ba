/**
 * What Toxiproxy's users measure: how late a message comes through a proxy without and with a toxic that does nothing, each way, and how
 * exact latency and bandwidth are. Driven through the admin API by toxiproxy-node-client; run it on an idle machine.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { Toxiproxy, type Toxic, type ToxicType } from 'toxiproxy-node-client'
import { closeAll, echo, exchange, listenOn, LOCAL, until, type Seen } from '../proxy/stage.ts'
import { added } from '../toxiproxy-client/overhead.ts'
import { dial, portOf, push } from '../toxiproxy-client/stage.ts'

const ROUNDS = 3000
const ADDED_US_MAX = 300
const OFF_MS_MAX = 10

let missed = 0
function tell(what: string, figure: number, unit: string, most: number): void {
  const ok = Math.abs(figure) <= most
  if (!ok) missed++
  process.stdout.write(`${what.padEnd(58)} ${figure.toFixed(1).padStart(8)} ${unit}  ${ok ? 'within' : 'NOT WITHIN'} ${most} ${unit}\n`)
}

const child = spawn(process.execPath, [fileURLToPath(new URL('./admin-main.js', import.meta.url))], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
const [port] = await once(child.stdout as Readable, 'data')
const served: Socket[] = []
const { address } = await listenOn(LOCAL, (socket) => { served.push(socket); echo(socket) })
const upstream = 'port' in address ? address.port : 0
const proxy = await new Toxiproxy(`http://127.0.0.1:${Number(String(port))}`).createProxy({ name: 'bench', listen: '127.0.0.1:0', upstream: `127.0.0.1:${upstream}` })
const connect = (): Promise<Seen> => dial(portOf(proxy.listen))
const toxic = (type: ToxicType, attributes: object): Promise<Toxic<object>> => proxy.addToxic({ name: type, type, stream: 'downstream', toxicity: 1, attributes })

const [direct, proxied] = [await dial(upstream), await connect()]
const overhead = async (what: string): Promise<void> => {
  const { mean, median } = await added(direct, proxied, ROUNDS)
  tell(`one-way latency added by ${what}, mean`, mean * 1000, 'us', ADDED_US_MAX)
  tell(`one-way latency added by ${what}, median`, median * 1000, 'us', ADDED_US_MAX)
}
await overhead('a proxy')
const nothing = await toxic('latency', { latency: 0, jitter: 0 })
await overhead('a toxic of 0 ms')
await nothing.remove()

for (const asked of [10, 100, 1000]) {
  const slow = await toxic('latency', { latency: asked, jitter: 0 })
  const off: number[] = []
  for (let i = 0; i < (asked < 1000 ? 21 : 3); i++) off.push((await exchange(proxied, 'ping')) - asked)
  off.sort((a, b) => a - b)
  tell(`latency of ${asked} ms: the round trip is late by, median`, off[Math.floor(off.length / 2)] ?? Number.NaN, 'ms', OFF_MS_MAX)
  process.stdout.write(`${''.padEnd(47)} at worst ${(off.at(-1) ?? Number.NaN).toFixed(1).padStart(10)} ms\n`)
  await slow.remove()
}
for (const rate of [100, 1000]) {
  const thin = await toxic('bandwidth', { rate })
  const before = served.length
  const sink = await connect()
  await until(() => served.length > before, 'accepted')
  const source = served.at(-1)
  const start = performance.now()
  if (source) push(source, rate * 480)
  await until(() => sink.bytes() >= rate * 480, 'the bytes', 10_000)
  tell(`bandwidth of ${rate} KB/s: ${rate * 0.48} kB, due after 480 ms, are off by`, performance.now() - start - 480, 'ms', OFF_MS_MAX)
  await thin.remove()
}
await closeAll()
child.disconnect()
process.exitCode = missed === 0 ? 0 : 1
