/** A service whose outages are known: SIGUSR2 takes it down (listener closed, connections reset) and up again, and each time it says when. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { monotonicNow } from '../../src/core/clock.ts'

const sockets = new Set<Socket>()
const answer = (_request: IncomingMessage, response: ServerResponse): void => { response.end('ok') }
let server: Server | undefined

const up = (port: number): Promise<number> => new Promise((resolve) => {
  const started = createServer(answer)
  started.on('connection', (socket) => { sockets.add(socket); socket.on('close', () => sockets.delete(socket)) })
  started.listen(port, '127.0.0.1', () => { server = started; resolve((started.address() as AddressInfo).port) })
})

const port = await up(0)
process.send?.({ port })
process.on('SIGUSR2', () => {
  const goingDown = server
  if (goingDown) {
    server = undefined
    goingDown.close()
    for (const socket of sockets) socket.resetAndDestroy()
    process.send?.({ down: monotonicNow() })
  } else void up(port).then(() => process.send?.({ up: monotonicNow() }))
})
process.on('disconnect', () => process.exit())
