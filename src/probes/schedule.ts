/** When the probes of a run are asked: at its start, again and again, at its end. */

import { realClock, type Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import { readProbe } from './probe.ts'
import type { ProbeReading, ProbeSpec } from './spec.ts'

export interface Probes {
  /** Those `at: start` have answered. Never rejects. */
  readonly started: Promise<void>
  /** Ends the repeated ones, waits for those under way, then asks the ones `at: end`. Idempotent, never rejects. */
  stop(): Promise<void>
  /** Asks nothing more; what is under way ends by its timeout and is not told. */
  cancel(): void
}

/** Asks the ones `at: start`, and those with `every` from now on, the first time at once. */
export function startProbes(specs: readonly ProbeSpec[], { onReading }: { onReading(name: string, reading: ProbeReading): void }): Probes {
  let cancelled = false
  const read = async (spec: ProbeSpec): Promise<void> => {
    const reading = await readProbe(spec)
    if (!cancelled) onReading(spec.name, reading)
  }
  const readAll = async (when: 'start' | 'end'): Promise<void> => {
    await Promise.all(specs.filter((spec) => 'at' in spec.when && spec.when.at === when).map(read))
  }
  const started = readAll('start')
  const repeated = specs.flatMap((spec) => ('every' in spec.when ? [new Repeated(spec.when.every, () => read(spec))] : []))
  const stopRepeated = (): Promise<unknown> => Promise.all(repeated.map((one) => one.stop()))
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await Promise.all([started, stopRepeated()])
    if (!cancelled) await readAll('end')
  }
  return {
    started,
    stop: () => { stopped ??= stop(); return stopped },
    cancel: () => { cancelled = true; void stopRepeated() },
  }
}

/** Asks at multiples of `every` from its start; a time that comes while the last is under way is left out, never made up for. */
class Repeated {
  readonly #every: Ms
  readonly #read: () => Promise<void>
  readonly #began = realClock.now()
  #timer: Timer | undefined
  #underWay: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(every: Ms, read: () => Promise<void>) {
    this.#every = every
    this.#read = read
    this.#ask()
  }

  stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    return this.#underWay
  }

  #ask(): void {
    this.#underWay = this.#read().then(() => {
      if (this.#stopped) return
      const turns = Math.floor((realClock.now() - this.#began) / this.#every) + 1
      this.#timer = realClock.at(ms(this.#began + turns * this.#every), () => this.#ask())
    })
  }
}
