/** A WebSocket server that sends back what it hears. `node echo-main.js` prints its port. */

import { WebSocketServer } from 'ws'

// A backlog as a real server has it: a ramp must not depend on how soon we come to accept.
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096, perMessageDeflate: false, skipUTF8Validation: true })
server.on('listening', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' && address ? address.port : 0}\n`)
})
server.on('connection', (socket) => {
  socket.on('error', () => socket.terminate())
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})
process.on('disconnect', () => process.exit())
