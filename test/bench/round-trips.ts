/** Round trips at a fixed rate, timed by a client that sleeps in between, so that it takes no core from the proxy. */

import { connect, type Socket } from 'node:net'

/** How long answers are waited for after the last question. */
const PATIENCE_MS = 5000

/**
 * How long each took, in ms, smallest first: `rate` a second for `seconds`, over `connections` sockets to `port`, each with one under way at the
 * most. `question` is answered with one chunk. The first tenth, in which everything warms up, is left out.
 */
export async function roundTrips(port: number, rate: number, seconds: number, connections: number, question: string): Promise<number[]> {
  const took: number[] = []
  const idle: { socket: Socket; sent: number }[] = []
  const all = await Promise.all(Array.from({ length: connections }, () => new Promise<{ socket: Socket; sent: number }>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(one))
    const one = { socket, sent: 0 }
    socket.on('error', reject)
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
        next.socket.write(question)
      }
      if (took.length >= total || performance.now() > start + seconds * 1000 + PATIENCE_MS) resolve()
      else setTimeout(pump, 1)
    }
    pump()
  })
  for (const { socket } of all) socket.destroy()
  return took.slice(Math.floor(took.length / 10)).sort((a, b) => a - b)
}
