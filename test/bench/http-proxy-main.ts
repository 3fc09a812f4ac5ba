/** The package, as its own manual has it. `node http-proxy-main.js PORT` prints its own port. */

import { Agent, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProxyServer } from 'http-proxy'

const proxy = createProxyServer({ target: `http://127.0.0.1:${process.argv[2]}`, agent: new Agent({ keepAlive: true }) })
const server = createServer((request, response) => { void proxy.web(request, response) })
server.on('upgrade', (request, socket, head) => { void proxy.ws(request, socket as never, {}, head) })
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.on('disconnect', () => process.exit())
