/** The least that answers: `GET` of HTTP or Redis with the same answer each time, a WebSocket's messages with the same message. Prints its port. */

import { createHash } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { kept, readInto, writer } from '../../src/proxy/fast.ts'
import { ECHO, GET_KEY, keyOf, OK, SAID, VALUE } from './wire.ts'

const END = Buffer.from('\r\n\r\n')
const STAR = 0x2a
const accepted = (key: string): string => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

createServer({ noDelay: true }, (socket) => {
  const put = writer(socket)
  // Messages of a known length, whatever they say.
  let spoken: { readonly size: number; readonly answer: Buffer } | undefined
  let rest: Buffer = Buffer.alloc(0)
  let bytes = 0
  socket.on('error', () => socket.destroy())
  readInto(socket, (lent) => {
    if (lent[0] === STAR) spoken ??= { size: GET_KEY.length, answer: VALUE }
    if (spoken) {
      bytes += lent.length
      for (; bytes >= spoken.size; bytes -= spoken.size) put(spoken.answer)
      return
    }
    // Nearly always one request in one chunk.
    let chunk = rest.length > 0 ? Buffer.concat([rest, lent]) : lent
    for (let end = chunk.indexOf(END); end >= 0; end = chunk.indexOf(END)) {
      const key = chunk[5] === 0x6c ? keyOf(chunk.toString('latin1', 0, end)) : ''
      if (key !== '') spoken = { size: SAID.length, answer: ECHO }
      put(key !== '' ? Buffer.from(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accepted(key)}\r\n\r\n`) : OK)
      chunk = chunk.subarray(end + END.length)
    }
    rest = chunk.length > 0 ? Buffer.from(kept(chunk)) : chunk
  })
}).listen(0, '127.0.0.1', function listening(this: { address(): unknown }) { process.stdout.write(`${(this.address() as AddressInfo).port}\n`) })
process.on('disconnect', () => process.exit())
