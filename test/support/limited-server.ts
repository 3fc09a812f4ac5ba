/**
 * A server whose limits are known by construction, in a process of its own: nothing it does takes the machine's time.
 *
 *   queue PORT WORKERS SERVICE_MS        first come, first served by WORKERS, each of them SERVICE_MS with every request: it takes WORKERS / SERVICE_MS
 *   usl PORT LAMBDA SIGMA KAPPA          with N requests in it, it finishes X(N) of them a second, by the Universal Scalability Law
 *
 * Times are kept by calculation: a timer that comes late makes one answer late, and no other. The queue's timers are exact to a fraction of a
 * millisecond: what it is known to take is known only so well.
 */

import { createServer, type ServerResponse } from 'node:http'
import { monotonicNow, realClock } from '../../src/core/clock.ts'
import { ms } from '../../src/core/units.ts'

type Finish = (response: ServerResponse) => void

const now = (): number => performance.now()
const answerAt = (time: number, response: ServerResponse): void => { realClock.at(ms(monotonicNow() + time - now()), () => { response.end('done\n') }) }

function queue(workers: number, service: number): Finish {
  const freeAt = Array.from({ length: workers }, () => 0)
  return (response) => {
    const first = freeAt.indexOf(Math.min(...freeAt))
    const done = Math.max(now(), freeAt[first] ?? 0) + service
    freeAt[first] = done
    answerAt(done, response)
  }
}

function scalable(lambda: number, sigma: number, kappa: number): Finish {
  /** Oldest first: all get on equally fast. */
  const inside: { readonly from: number; readonly response: ServerResponse }[] = []
  let [progress, at, timer] = [0, now(), setTimeout(() => undefined, 0)]
  const speed = (): number => (inside.length === 0 ? 0 : lambda / (1 + sigma * (inside.length - 1) + kappa * inside.length * (inside.length - 1)) / 1000)
  const advance = (until: number): void => {
    for (;;) {
      const [oldest] = inside
      const done = oldest ? at + (oldest.from + 1 - progress) / speed() : Number.POSITIVE_INFINITY
      if (!oldest || done > until) break
      progress = oldest.from + 1
      at = done
      inside.shift()?.response.end('done\n')
    }
    progress += speed() * (until - at)
    at = until
  }
  const wait = (): void => {
    clearTimeout(timer)
    const [oldest] = inside
    if (oldest) timer = setTimeout(() => { advance(now()); wait() }, Math.max(0, (oldest.from + 1 - progress) / speed()))
  }
  return (response) => {
    advance(now())
    inside.push({ from: progress, response })
    wait()
  }
}

const [kind, port = '0', ...numbers] = process.argv.slice(2)
const [a = 1, b = 1, c = 0] = numbers.map(Number)
const finish = kind === 'usl' ? scalable(a, b, c) : queue(a, b)
createServer((_request, response) => finish(response)).listen(Number(port), '127.0.0.1')
