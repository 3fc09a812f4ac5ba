/** Sends back what comes; to a PING of Redis it says PONG. Its port is its first line. */

import { createServer, type AddressInfo } from 'node:net'

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined).on('data', (chunk) => socket.write(chunk[0] === 0x2a ? '+PONG\r\n' : chunk))
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
