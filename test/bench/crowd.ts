/**
 * Many idle TCP connections through the proxy, in one process and in several: are all made and kept, does each of them still lead to the server
 * after its rest, and what does it hold in memory. CONNECTIONS (10000), SECONDS (60 of rest) and WORKERS (1,2) are taken from the environment.
 */

import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import Table from 'cli-table3'
import { brownout, httpServer, type Contender } from './contender.ts'

const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 10_000)
const SECONDS = Number(process.env['SECONDS'] ?? 60)
const WORKERS = (process.env['WORKERS'] ?? '1,2').split(',').map(Number)
/** Opened at once: less than any backlog. */
const AT_ONCE = 100
const REQUEST = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'

const opened = ({ port }: Contender): Promise<Socket | undefined> => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1', () => resolve(socket)).once('error', () => resolve(undefined))
})

/** Whether what is asked through it is answered. */
const answers = (socket: Socket): Promise<boolean> => new Promise((resolve) => {
  if (socket.destroyed) return resolve(false)
  socket.once('data', (chunk) => resolve(chunk.includes('200 OK'))).once('close', () => resolve(false))
  socket.write(REQUEST)
})

async function measure(contender: Contender): Promise<readonly string[]> {
  const empty = contender.memory()
  const sockets: Socket[] = []
  let cut = 0
  const from = performance.now()
  for (let asked = 0; asked < CONNECTIONS; asked += AT_ONCE) {
    const made = (await Promise.all(Array.from({ length: Math.min(AT_ONCE, CONNECTIONS - asked) }, () => opened(contender)))).filter((socket) => socket !== undefined)
    for (const socket of made) socket.on('close', () => cut++).on('error', () => undefined)
    sockets.push(...made)
  }
  const took = (performance.now() - from) / 1000
  await pause(1000)
  const held = (contender.memory() - empty) / 1024 / CONNECTIONS
  await pause(SECONDS * 1000)
  const lost = cut
  let alive = 0
  for (let at = 0; at < sockets.length; at += AT_ONCE) alive += (await Promise.all(sockets.slice(at, at + AT_ONCE).map(answers))).filter(Boolean).length
  for (const socket of sockets) socket.destroy()
  return [String(sockets.length), String(CONNECTIONS - sockets.length), `${took.toFixed(1)} s`, String(lost), String(alive), `${held.toFixed(1)} KiB`]
}

const server = await httpServer()
const table = new Table({ head: ['', 'opened', 'refused', 'took', `cut in ${SECONDS} s`, 'answered after it', 'a connection'], style: { head: [], border: [] } })
for (const workers of WORKERS) {
  const name = workers > 1 ? `brownout, tcp, ${workers} workers` : 'brownout, tcp, one process'
  process.stderr.write(`${name}: ${CONNECTIONS} connections, ${SECONDS} s\n`)
  const contender = await brownout(name, server.port, workers > 1 ? { workers: String(workers) } : {})
  table.push([name, ...await measure(contender)])
  contender.stop()
}
process.stdout.write(`${table.toString()}\n`)
server.stop()
