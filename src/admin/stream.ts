/** What a Control tells, as server-sent events. (https://html.spec.whatwg.org/multipage/server-sent-events.html) */

import { coarseClock, type Timer } from '../core/clock.ts'
import { ms } from '../core/units.ts'
import type { Control, Told } from '../control/contract.ts'

/** Of who does not read: the stream is ended then, and whoever comes again is told how things stand. */
const QUEUED_MAX = 2 * 1024 ** 2
/** So that whoever reads sees that we are there, and we that they are. */
const BEAT = ms(5000)

/** Begins with a `status`. Ends when `signal` says that nobody reads any more. */
export function streamOf(control: Control, signal: AbortSignal): Response {
  let end = (): void => undefined
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const encoder = new TextEncoder()
      let beat: Timer | undefined
      let off: (() => void) | undefined
      let ended = false
      end = () => {
        if (ended) return
        ended = true
        off?.()
        beat?.cancel()
        try { controller.close() } catch { /* Whoever read has gone already. */ }
      }
      const send = (text: string): void => {
        if (ended) return
        if ((controller.desiredSize ?? 0) < 0) return end()
        controller.enqueue(encoder.encode(text))
      }
      const pulse = (): void => {
        send(':\n\n')
        if (!ended) beat = coarseClock.at(ms(coarseClock.now() + BEAT), pulse)
      }
      signal.addEventListener('abort', end, { once: true })
      send(`event: status\ndata: ${JSON.stringify(await control.status())}\n\n`)
      if (ended) return
      off = control.on((told) => send(`event: ${told.kind}\ndata: ${JSON.stringify(contentOf(told))}\n\n`))
      pulse()
    },
    cancel() { end() },
  }, { highWaterMark: QUEUED_MAX, size: (chunk) => chunk?.byteLength ?? 0 })
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' } })
}

function contentOf(told: Told): unknown {
  switch (told.kind) {
    case 'ticks': return told.ticks
    case 'resources': return told.resources
    case 'event': return told.event
    case 'status': return told.status
  }
}
