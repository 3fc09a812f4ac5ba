/** Does something listen there? ok: the connection stands. */

import { connect } from 'node:net'
import type { Finding } from './deadline.ts'

export const probeTcp = (host: string, port: number, signal: AbortSignal): Promise<Finding> => new Promise((resolve, reject) => {
  const socket = connect({ host, port, signal })
  socket.on('error', reject)
  socket.on('connect', () => {
    socket.destroy()
    resolve({ ok: true })
  })
})
