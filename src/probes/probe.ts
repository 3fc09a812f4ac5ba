/** Probes: questions asked from outside, once or again and again, beside the load. */

import { assertNever } from '../core/units.ts'
import { probeCommand } from './command.ts'
import { timed, type Finding } from './deadline.ts'
import { probeHttp } from './http.ts'
import { probePostgres } from './postgres.ts'
import { probeRedis } from './redis.ts'
import { Repeated } from './repeated.ts'
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
  /** Ends the repeated ones, waits for those under way, then asks the ones `at: end` unless told not to. Idempotent, never rejects. */
  stop(askEnd?: boolean): Promise<void>
}

/** Asks the ones `at: start`, resolves when they have answered, and goes on asking those with `every`, the first time at once. Never rejects; `onReading` must not throw. */
export async function startProbes(specs: readonly ProbeSpec[], { onReading }: { onReading(name: string, reading: ProbeReading): void }): Promise<ProbesRun> {
  const read = async (spec: ProbeSpec): Promise<void> => onReading(spec.name, await readProbe(spec))
  const readAll = async (when: 'start' | 'end'): Promise<void> => {
    await Promise.all(specs.filter((spec) => 'at' in spec.when && spec.when.at === when).map(read))
  }
  const repeated = specs.flatMap((spec) => ('every' in spec.when ? [new Repeated(spec.when.every, () => read(spec))] : []))
  await readAll('start')
  let stopped: Promise<void> | undefined
  const stop = async (askEnd: boolean): Promise<void> => {
    await Promise.all(repeated.map((one) => one.stop()))
    if (askEnd) await readAll('end')
  }
  return { stop: (askEnd = true) => { stopped ??= stop(askEnd); return stopped } }
}
