/** The reference: the shortest proxy that Node can be, two pipes. `node pipe-main.js PORT` prints its own port. */

import { connect, createServer, type AddressInfo } from 'node:net'

const upstream = Number(process.argv[2])
const server = createServer({ noDelay: true }, (client) => {
  const socket = connect({ port: upstream, host: '127.0.0.1', noDelay: true })
  client.on('error', () => socket.destroy())
  socket.on('error', () => client.destroy())
  client.pipe(socket)
  socket.pipe(client)
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.on('disconnect', () => process.exit())
