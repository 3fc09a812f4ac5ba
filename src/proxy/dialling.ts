/** The way from a dial to a server that can be talked to: connected, TLS negotiated where that is due, in time. */

import type { Timer } from '../core/clock.ts'
import { ms } from '../core/units.ts'
import type { Endpoint } from './endpoint.ts'
import type { SessionHost } from './session-host.ts'

export interface DialOwner {
  /** It is known what is spoken: `stream` can be read and written. Where nothing is negotiated that is at once. */
  settled(): void
  /** Once, and never after it was connected. */
  failed(): void
}

/** The timer that fails it after `dialTimeout`. */
export function dialling(server: Endpoint, { clock, dialTimeout }: Pick<SessionHost, 'clock' | 'dialTimeout'>, { settled, failed }: DialOwner): Timer {
  let open = true
  const fail = (): void => {
    if (!open) return
    open = false
    failed()
  }
  const timer = clock.at(ms(clock.now() + dialTimeout), fail)
  const { raw } = server
  raw.on('error', fail)
  server.settled(() => {
    const { stream } = server
    server.onConnect(() => {
      open = false
      timer.cancel()
      // They would be kept as long as the connection, and what they know with them.
      if (stream === raw) raw.off('error', fail)
    })
    if (stream !== raw) stream.once('error', fail)
    settled()
  })
  return timer
}
