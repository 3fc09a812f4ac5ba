/**
 * What an idle connection costs the proxy in memory, by what is spoken on it. CONNECTIONS (3000) are made after WARM (500) and have said one thing
 * each; what they add to the memory of the process (RSS) is divided by their number. Clients and servers are other processes.
 */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import Table from 'cli-table3'
import { brownout, pipe, server, type Contender } from './contender.ts'

const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 3000)
const WARM = Number(process.env['WARM'] ?? 500)
/** Under way at once: fewer than any backlog. */
const AT_ONCE = 50

const GREETINGS = {
  tcp: 'ping',
  redis: '*1\r\n$4\r\nPING\r\n',
  http: 'GET / HTTP/1.1\r\nHost: idle\r\n\r\n',
  websocket: 'GET / HTTP/1.1\r\nHost: idle\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
} as const
export type Spoken = keyof typeof GREETINGS

/** Bytes a connection. */
export async function idleCost(contender: Contender, greeting: string, connections: number, warm: number): Promise<number> {
  const sockets: Socket[] = []
  const open = async (): Promise<void> => {
    const socket = connect({ host: '127.0.0.1', port: contender.port })
    sockets.push(socket)
    socket.write(greeting)
    await once(socket, 'data')
  }
  const make = async (count: number): Promise<void> => {
    for (let made = 0; made < count; made += AT_ONCE) await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - made) }, open))
    await pause(1000)
  }
  try {
    await make(warm)
    const before = contender.memory()
    await make(connections)
    return (contender.memory() - before) / connections
  } finally {
    for (const socket of sockets) socket.destroy()
    contender.stop()
  }
}

/** A server of bytes for those, or of HTTP and WebSockets. */
const SERVERS: Readonly<Record<Spoken, string>> = { tcp: 'byte-echo-main.js', redis: 'byte-echo-main.js', http: 'echo-main.js', websocket: 'echo-main.js' }

/** What an idle connection of that protocol costs brownout. */
export async function idleOf(protocol: Spoken, connections: number, warm: number): Promise<number> {
  const upstream = await server(SERVERS[protocol])
  try {
    return await idleCost(await brownout(protocol, upstream.port, { protocol }), GREETINGS[protocol], connections, warm)
  } finally {
    upstream.stop()
  }
}

export async function idleTable(): Promise<string> {
  const table = new Table({ head: ['', 'KiB/connection'], style: { head: [], border: [] } })
  const KiB = (size: number): string => (size / 1024).toFixed(1)
  const echo = await server('byte-echo-main.js')
  table.push(['a plain pipe of Node', KiB(await idleCost(await pipe(echo.port), GREETINGS.tcp, CONNECTIONS, WARM))])
  echo.stop()
  for (const protocol of Object.keys(GREETINGS) as Spoken[]) table.push([`brownout, ${protocol}`, KiB(await idleOf(protocol, CONNECTIONS, WARM))])
  return table.toString()
}
