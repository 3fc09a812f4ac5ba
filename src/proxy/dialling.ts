/** The way from a dial to a server that can be talked to: connected, TLS negotiated where that is due, in time. */

import type { Clock, Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Endpoint } from './endpoint.ts'

export interface DialOwner {
  /** It is known what is spoken: `stream` can be read and written. Where nothing is negotiated that is at once. */
  settled(): void
  /** Once, and never after it was connected. */
  failed(): void
}

/** The timer that fails it after `within`. */
export function dialling(server: Endpoint, clock: Clock, within: Ms, { settled, failed }: DialOwner): Timer {
  let open = true
  const fail = (): void => {
    if (!open) return
    open = false
    failed()
  }
  const timer = clock.at(ms(clock.now() + within), fail)
  server.raw.once('error', fail)
  server.settled(() => {
    server.onConnect(() => {
      open = false
      timer.cancel()
    })
    server.stream.once('error', fail)
    settled()
  })
  return timer
}
