/**
 * The payment service as it should be asked: by a name of the sale, so that it takes the money once however often it is asked; not for
 * long, again only while there is something to spend on it, not at all while it is down or has asked for a pause. What could not be
 * charged is charged later (settle.ts).
 */

import { coarseClock, sleep } from '../../core/clock.ts'
import { randomStream } from '../../core/random.ts'
import { ms, type Ms } from '../../core/units.ts'
import { fieldsOf, isCount, parsedJson } from '../pages.ts'
import { Breaker, BreakerOpen } from './breaker.ts'
import { CHARGES_PATH, type Payment } from './payment.ts'
import { Pause, retryAfter, RetryBudget } from './retries.ts'

/** Many times what a bank takes. */
const TRY_DEADLINE: Ms = ms(250)
const TRIES = 3
const BACKOFF: Ms = ms(20)

/** It has said no, and would again: not tried again. */
class Declined extends Error {}
/** It has asked for a pause, or is taking one. */
class Paused extends Error {}

export function patientPayment(url: string, log: (line: string) => void): Payment {
  const breaker = new Breaker({ failures: 5, openFor: ms(250), onOpen: () => log('payment: given up for now') })
  const budget = new RetryBudget()
  const pause = new Pause()
  const jitter = randomStream(process.pid, 'payment')

  async function attempt(reference: string, amountCents: number): Promise<void> {
    const response = await fetch(new URL(CHARGES_PATH, url), {
      method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': reference }, redirect: 'error',
      body: JSON.stringify({ reference, amountCents }), signal: AbortSignal.timeout(TRY_DEADLINE),
    })
    // To its end: an answer that breaks off rejects, and one that was read leaves the connection to the next.
    const text = await response.text()
    if (response.ok) return believe(response, text, reference, amountCents)
    const wait = retryAfter(response.headers)
    if (wait !== undefined && (response.status === 503 || response.status === 429)) {
      // A little later than asked, and not all at once.
      pause.extend(ms(wait * (1 + 0.2 * jitter())))
      throw new Paused(`payment: ${response.status}, not before ${wait} ms`)
    }
    if (response.status < 500 && ![408, 425, 429].includes(response.status)) throw new Declined(`payment: ${response.status} ${text.slice(0, 200)}`)
    throw new Error(`payment: ${response.status}`)
  }

  return {
    async charge(reference, amountCents) {
      budget.earn()
      for (let tries = 1; ; tries++) {
        if (!pause.over) throw new Paused('payment: it has asked for a pause')
        try {
          return await breaker.run(() => attempt(reference, amountCents), (error) => error instanceof Declined || error instanceof Paused)
        } catch (error) {
          if (error instanceof Declined || error instanceof Paused || error instanceof BreakerOpen || tries === TRIES || !budget.spend()) throw error
          await sleep(ms(BACKOFF * 2 ** (tries - 1) * (0.5 + jitter())), coarseClock)
        }
      }
    },
    state: () => (pause.over ? breaker.state : 'paused'),
  }
}

/** A 2xx is a charge if it says so, whole and of this sale: an error page may come with any status. */
function believe(response: Response, text: string, reference: string, amountCents: number): void {
  if (!/^application\/json\s*(;|$)/i.test(response.headers.get('content-type') ?? '')) throw new Error(`payment: ${response.status}, and no JSON`)
  const charge = fieldsOf(parsedJson(text), 'id', 'reference', 'amountCents')
  if (!isCount(charge.id) || charge.reference !== reference || charge.amountCents !== amountCents) throw new Error('payment: an answer that is not to the question')
}
