/** Probes: questions asked from outside, once or again and again, beside the load. */

import { realClock, type Timer } from '../core/clock.ts'
import { assertNever, ms, type Ms } from '../core/units.ts'
import { probeCommand } from './command.ts'
import { timed, type Finding } from './deadline.ts'
import { probeHttp } from './http.ts'
import { probePostgres } from './postgres.ts'
import { probeRedis } from './redis.ts'
import type { ProbeCheck, ProbeReading, ProbeSpec } from './spec.ts'
import { probeTcp } from './tcp.ts'

/** Asks once. Never rejects; is over soon after the timeout at the latest, and leaves no socket and no process. */
export const readProbe = ({ check, timeout }: Pick<ProbeSpec, 'check' | 'timeout'>): Promise<ProbeReading> => timed(timeout, (signal) => ask(check, signal))

async function ask(check: ProbeCheck, signal: AbortSignal): Promise<Finding> {
  switch (check.kind) {
    case 'http': return probeHttp(check.url, signal)
    case 'tcp': return probeTcp(check.host, check.port, signal)
    case 'redis': return probeRedis(check.url, check.command, signal)
    case 'postgres': return probePostgres(check.url, check.sql, signal)
    case 'command': return probeCommand(check.argv, signal)
    default: return assertNever(check)
  }
}

export interface ProbesRun {
  /** Ends the repeated ones, waits for those under way, then asks the ones `at: end`. Idempotent, never rejects. */
  stop(): Promise<void>
  /** Asks nothing more; what is under way ends by its timeout and is not told. */
  cancel(): void
}

/** Asks the ones `at: start`, resolves when they have answered, and goes on asking those with `every`, the first time at once. */
export async function startProbes(specs: readonly ProbeSpec[], { onReading }: { onReading(name: string, reading: ProbeReading): void }): Promise<ProbesRun> {
  let cancelled = false
  const read = async (spec: ProbeSpec): Promise<void> => {
    const reading = await readProbe(spec)
    if (!cancelled) onReading(spec.name, reading)
  }
  const at = (when: 'start' | 'end'): ProbeSpec[] => specs.filter((spec) => 'at' in spec.when && spec.when.at === when)
  await Promise.all(at('start').map(read))
  const repeated = specs.flatMap((spec) => ('every' in spec.when ? [new Repeated(spec.when.every, () => read(spec))] : []))
  const stopRepeated = (): Promise<unknown> => Promise.all(repeated.map((one) => one.stop()))
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await stopRepeated()
    if (!cancelled) await Promise.all(at('end').map(read))
  }
  return {
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
