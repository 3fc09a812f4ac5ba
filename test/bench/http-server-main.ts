/** The least that answers: `GET` with the same answer each time, a WebSocket's messages with the same message. Prints its port. */

import { createHash } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { kept, readInto, writer } from '../../src/proxy/fast.ts'
import { ECHO, keyOf, OK, SAID } from './http-wire.ts'

const END = Buffer.from('\r\n\r\n')
const accepted = (key: string): string => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

createServer({ noDelay: true }, (socket) => {
  const put = writer(socket)
  let websocket = false
  let rest: Buffer = Buffer.alloc(0)
  let bytes = 0
  socket.on('error', () => socket.destroy())
  readInto(socket, (lent) => {
    if (websocket) {
      bytes += lent.length
      for (; bytes >= SAID.length; bytes -= SAID.length) put(ECHO)
      return
    }
    // Nearly always one request in one chunk.
    let chunk = rest.length > 0 ? Buffer.concat([rest, lent]) : lent
    for (let end = chunk.indexOf(END); end >= 0; end = chunk.indexOf(END)) {
      const key = chunk[5] === 0x6c ? keyOf(chunk.toString('latin1', 0, end)) : ''
      websocket = key !== ''
      put(websocket ? Buffer.from(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accepted(key)}\r\n\r\n`) : OK)
      chunk = chunk.subarray(end + END.length)
    }
    rest = chunk.length > 0 ? Buffer.from(kept(chunk)) : chunk
  })
}).listen(0, '127.0.0.1', function listening(this: { address(): unknown }) { process.stdout.write(`${(this.address() as AddressInfo).port}\n`) })
process.on('disconnect', () => process.exit())
