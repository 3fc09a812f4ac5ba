/** A WebSocket of bare bytes, where what is on the wire counts. */

import { until } from '../../proxy/stage.ts'
import type { Seen } from '../../proxy/stage.ts'

/** Opens it; gives what has come behind the head of the answer. `fields`: more of the request's, each with its line end. */
export async function handshake(seen: Seen, fields = ''): Promise<() => Buffer> {
  seen.socket.write(`GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${fields}\r\n`)
  const behind = (): number => seen.text().indexOf('\r\n\r\n') + 4
  await until(() => behind() > 3, 'the answer to the handshake')
  return () => Buffer.from(seen.text().slice(behind()), 'latin1')
}
