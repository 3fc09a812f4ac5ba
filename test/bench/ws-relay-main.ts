/** A relay of messages as one writes it with ws. `node ws-relay-main.js PORT` prints its own port. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

const server = createServer()
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (near) => {
  const far = new WebSocket(`ws://127.0.0.1:${process.argv[2]}/live`, { perMessageDeflate: false })
  const early: [unknown, boolean][] = []
  near.on('message', (data, binary) => { if (far.readyState === WebSocket.OPEN) far.send(data, { binary }); else early.push([data, binary]) })
  far.on('open', () => { for (const [data, binary] of early.splice(0)) far.send(data as Buffer, { binary }) })
  far.on('message', (data, binary) => near.send(data, { binary }))
  for (const [one, other] of [[near, far], [far, near]] as const) one.on('close', () => other.close()).on('error', () => other.terminate())
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.on('disconnect', () => process.exit())
