/** What a process and its children use of the machine, from /proc; nothing where there is none. */

import { readFileSync } from 'node:fs'
import { bytes, ms, type Bytes, type Ms } from '../core/units.ts'

/** USER_HZ: what the kernel counts CPU time in for its readers, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100
/** Generations of children that are followed. */
const DEPTH_MAX = 8

export interface Usage { readonly cpu: Ms; readonly memory: Bytes }

/** CPU time so far and resident memory of `pid` and its descendants; undefined when it is gone or there is no /proc. */
export function usageOf(pid: number, depth = DEPTH_MAX): Usage | undefined {
  const [stat, status, children] = [read(pid, 'stat'), read(pid, 'status'), read(pid, `task/${pid}/children`)]
  if (stat === undefined || status === undefined) return undefined
  // The name in parentheses may hold spaces: fields count from behind it. utime and stime are the 14th and 15th of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  let cpu = ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND
  let memory = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
  for (const child of depth > 0 ? (children ?? '').split(' ').filter(Boolean) : []) {
    const usage = usageOf(Number(child), depth - 1)
    cpu += usage?.cpu ?? 0
    memory += usage?.memory ?? 0
  }
  return { cpu: ms(cpu), memory: bytes(memory) }
}

function read(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    // Gone between two looks, or no /proc at all.
    return undefined
  }
}
