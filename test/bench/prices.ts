/**
 * What it costs the sample shop to tell ten thousand subscribers of prices, with each of its switches and without: processor time of its one process by message and by change, and
 * bytes on the wire. CONNECTIONS (10000) and SECONDS (8) are taken from the environment. The subscribers read and throw away.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import Table from 'cli-table3'
import { monotonicNow, sleep } from '../../src/core/clock.ts'
import { ms } from '../../src/core/units.ts'

interface Case { readonly name: string; readonly wish: (n: number) => string; readonly env: Readonly<Record<string, string>> }
interface Figures { readonly peers: number; readonly messages: number; readonly lost: number; readonly changes: number; readonly memory: number; readonly cpu: { readonly user: number; readonly system: number } }

const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 10_000)
const SECONDS = Number(process.env['SECONDS'] ?? 8)
const AT_ONCE = 250
const own = (n: number): string => `{"subscribe":[${1 + n % 200}]}`
const all = (): string => '{"subscribe":"all"}'
const CASES: readonly Case[] = [
  { name: 'a product each, everything to everybody', wish: own, env: { WS_TOPICS: '0', PRICE_TICKS: '1' } },
  { name: 'a product each, by topic', wish: own, env: { PRICE_TICKS: '100' } },
  { name: 'all products, serialised for each', wish: all, env: { WS_TOPICS: '0', PRICE_TICKS: '1' } },
  { name: 'all products, serialised once', wish: all, env: { PRICE_TICKS: '1' } },
  { name: 'all products, in batches of a second', wish: all, env: { PRICE_TICKS: '20', WS_BATCH: '1000' } },
  { name: 'the same, compressed once', wish: all, env: { PRICE_TICKS: '20', WS_BATCH: '1000', WS_DEFLATE: '1' } },
  { name: 'the same, compressed for each', wish: all, env: { PRICE_TICKS: '20', WS_BATCH: '1000', WS_DEFLATE: '1', WS_TOPICS: '0' } },
]

/** A text frame of a client's, masked with nothing. (RFC 6455, 5.2) */
const frame = (text: string): Buffer => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
const hello = (deflate: boolean): string => `GET /prices/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${deflate ? 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n' : ''}\r\n`
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])
const PONG_EVERY = 2000

async function measure({ name, wish, env }: Case): Promise<readonly string[]> {
  const child = fork(fileURLToPath(new URL('./prices-main.js', import.meta.url)), { env })
  const [port] = await once(child, 'message') as [number]
  const sockets: Socket[] = []
  let received = 0
  for (let n = 0; n < CONNECTIONS; n += AT_ONCE) {
    const opened = Array.from({ length: Math.min(AT_ONCE, CONNECTIONS - n) }, async (_, i) => {
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      socket.write(hello(env['WS_DEFLATE'] === '1'))
      socket.on('error', () => undefined)
      await once(socket, 'data')
      // Whether a ping was in it is not looked for: who says that he is there every now and then need not.
      let told = monotonicNow()
      socket.on('data', (chunk) => {
        received += chunk.length
        if (monotonicNow() - told < PONG_EVERY) return
        told = monotonicNow()
        socket.write(PONG)
      })
      socket.write(frame(wish(n + i)))
    })
    await Promise.all(opened)
  }
  const figures = async (): Promise<Figures> => {
    child.send('')
    const [told] = await once(child, 'message') as [Figures]
    return told
  }
  await sleep(ms(2000))
  const [before, bytesBefore, from] = [await figures(), received, monotonicNow()]
  await sleep(ms(SECONDS * 1000))
  const [after, bytesAfter, to] = [await figures(), received, monotonicNow()]
  const us = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system
  const [messages, changes] = [after.messages - before.messages, after.changes - before.changes]
  for (const socket of sockets) socket.resetAndDestroy()
  child.disconnect()
  await once(child, 'exit')
  const per = (value: number, count: number, digits = 1): string => (count === 0 ? '-' : (value / count).toFixed(digits))
  return [
    name, String(after.peers), String(after.lost), `${per(changes * 1000, to - from, 0)}/s`, `${per(messages * 1000, to - from, 0)}/s`, `${per(us, 10 * (to - from), 0)} %`, per(us, messages), per(us / 1000, changes),
    per(bytesAfter - bytesBefore, messages, 0), per(bytesAfter - bytesBefore, changes * after.peers, 1), per(after.memory, 1024 * 1024, 0),
  ]
}

const table = new Table({ head: ['', 'subscribers', 'given up', 'changes', 'messages', 'CPU', 'us/message', 'ms/change', 'bytes/message', 'bytes/change and subscriber', 'MiB'], style: { head: [], border: [] } })
for (const one of CASES) table.push([...await measure(one)])
process.stdout.write(`${table.toString()}\n`)
