/** A process that must not outlive brownout, and how it is ended: never another that has come by its pid. */

import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { monotonicNow, sleep } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'

export interface Ward {
  readonly pid: number
  /** The whole process group that `pid` leads, or `pid` alone. */
  readonly group: boolean
  /** What asks it to end; SIGKILL follows after PATIENCE. */
  readonly signal: 'SIGTERM' | 'SIGINT'
  /** A temporary folder that goes with it. */
  readonly cleanup?: string | undefined
  /** When it started, in the system's own count; undefined where there is no /proc. */
  readonly startedAt?: string | undefined
}

const PATIENCE: Ms = ms(2000)
const POLL: Ms = ms(20)

interface ProcStat { readonly state: string; readonly group: number; readonly startedAt: string }

/** What /proc/PID/stat says; undefined when there is no such process, or no /proc. (proc(5): state is field 3, pgrp 5, starttime 22) */
export function procStat(pid: number | string): ProcStat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
  // The command in field 2 may hold blanks and parentheses.
  const [state = '', , group = '', ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state, group: Number(group), startedAt: rest[16] ?? '' }
}

/** Is there anything left to end? A zombie counts as gone; a process that merely has the pid is none of ours. */
export function isAlive(ward: Ward): boolean {
  const { pid, group, startedAt } = ward
  if (startedAt === undefined) return signalled(ward, 0)
  const leader = procStat(pid)
  if (leader) {
    if (leader.startedAt !== startedAt) return false
    if (leader.state !== 'Z') return true
  }
  // A group outlives its leader, and while it does the kernel gives its number to nobody else.
  return group && readdirSync('/proc').some((name) => {
    const stat = /^\d+$/.test(name) ? procStat(name) : undefined
    return stat?.group === pid && stat.state !== 'Z'
  })
}

/** Ends it: asks, waits up to PATIENCE, then kills; then its folder goes. Resolves with whether it is gone. */
export async function endWard(ward: Ward): Promise<boolean> {
  for (const signal of [ward.signal, 'SIGKILL'] as const) {
    const patience = ms(monotonicNow() + PATIENCE)
    if (isAlive(ward)) signalled(ward, signal)
    while (isAlive(ward) && monotonicNow() < patience) await sleep(POLL)
  }
  if (ward.cleanup !== undefined) await rm(ward.cleanup, { recursive: true, force: true, maxRetries: 5 })
  return !isAlive(ward)
}

/** Sends it; false when there is nobody to take it. */
function signalled({ pid, group }: Ward, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(group ? -pid : pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) return false
    throw error
  }
}
