/** How exact an injected latency is: small exchanges at a fixed rate, timed by a client that sleeps in between, so that it takes no core from the proxy. */

import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Exactness {
  readonly rate: number
  readonly asked: number
  /** Distance of single round trips from the median without the fault and what was asked: it holds what the machine scatters too. */
  readonly p50: number
  readonly p99: number
  /** The 99th percentile with the fault less the one without, less what was asked: what the fault adds of its own. */
  readonly addedAtP99: number
}

/** A server that answers each byte with a byte. */
export const echo = (): Promise<{ port: number; close(): void }> => new Promise((resolve) => {
  const server = createServer({ noDelay: true }, (socket) => { socket.on('error', () => socket.destroy()); socket.on('data', (chunk) => socket.write(chunk)) })
  server.listen(0, '127.0.0.1', () => resolve({ port: (server.address() as AddressInfo).port, close: () => server.close() }))
})

/** Round trips in ms at `rate` a second for `seconds`, over `connections` sockets, each with one exchange under way at the most. */
export async function roundTrips(port: number, rate: number, seconds: number, connections: number): Promise<number[]> {
  const took: number[] = []
  const idle: { socket: Socket; sent: number }[] = []
  const all = await Promise.all(Array.from({ length: connections }, () => new Promise<{ socket: Socket; sent: number }>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(one))
    const one = { socket, sent: 0 }
    socket.on('data', () => { took.push(performance.now() - one.sent); idle.push(one) })
  })))
  idle.push(...all)
  const start = performance.now()
  const total = rate * seconds
  await new Promise<void>((resolve) => {
    let sent = 0
    const pump = (): void => {
      while (sent < total && performance.now() >= start + (sent * 1000) / rate) {
        const next = idle.shift()
        if (!next) break
        sent++
        next.sent = performance.now()
        next.socket.write('x')
      }
      if (took.length >= total || performance.now() > start + seconds * 1000 + 5000) resolve()
      else setTimeout(pump, 1)
    }
    pump()
  })
  for (const { socket } of all) socket.destroy()
  // The first tenth warms everything up.
  return took.slice(Math.floor(took.length / 10)).sort((a, b) => a - b)
}

const at = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN

/** What was injected: the round trips through the fault, less the median through the proxy without it; then its distance from what was asked. */
export function exactness(rate: number, asked: number, plain: readonly number[], slowed: readonly number[]): Exactness {
  const base = at(plain, 0.5)
  const off = slowed.map((took) => Math.abs(took - base - asked)).sort((a, b) => a - b)
  return { rate, asked, p50: at(off, 0.5), p99: at(off, 0.99), addedAtP99: at(slowed, 0.99) - at(plain, 0.99) - asked }
}
