/** A probe: one question asked from outside, one answer in bounded time. */

import { assertNever } from '../core/units.ts'
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
