/** What a process and its descendants use of the machine, from /proc; nothing where there is none. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { ms, type Ms } from '../core/units.ts'

/** USER_HZ: what the kernel counts CPU time in for its readers, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100
/** Generations of children that are followed, and processes that are looked at. */
const DEPTH_MAX = 8
const PROCESSES_MAX = 500
/** What takes long to count (handles, children of threads other than the main one) is counted at this distance. */
const SLOW_EVERY: Ms = ms(1000)
/** Sockets are told from files by a look at each: of a process with more handles they are not told. */
const HANDLES_LOOKED_AT = 1000

/** Gauges as they are, counters since the last look. */
export interface TreeUsage {
  /** CPU time in ms, of children that came and went between two looks too. */
  readonly cpu: Ms
  readonly gauges: Readonly<Record<string, number>>
  /** Bytes, by the names of their rates. */
  readonly bytes: Readonly<Record<string, number>>
}

interface Totals { readonly cpu: number; readonly bytes: Readonly<Record<string, number>> }

/** Looks at one tree again and again. */
export class ProcessTree {
  readonly #root: number
  /** Children of threads other than the main one, by process. */
  #others = new Map<number, readonly number[]>()
  #slow: Readonly<Record<string, number>> = {}
  #slowAt = Number.NEGATIVE_INFINITY
  #before: Totals | undefined

  constructor(root: number) { this.#root = root }

  /** Since the last call; undefined the first time, and where the root is gone or there is no /proc. */
  look(now: Ms): TreeUsage | undefined {
    const slow = now - this.#slowAt >= SLOW_EVERY
    if (slow) this.#slowAt = now
    const pids = this.#pids(slow)
    const parts = pids.flatMap((pid) => processOf(pid) ?? [])
    if (parts[0]?.pid !== this.#root) {
      this.#before = undefined
      return undefined
    }
    if (slow) this.#slow = handlesOf(pids)
    const sum = (of: (part: ProcessUsage) => number): number => parts.reduce((total, part) => total + of(part), 0)
    const totals: Totals = { cpu: sum(({ cpu }) => cpu), bytes: Object.fromEntries(IO.map(([metric]) => [metric, sum(({ io }) => io[metric] ?? 0)])) }
    const before = this.#before
    this.#before = totals
    if (!before) return undefined
    // Less than before: a process that nobody waited for has taken its share with it.
    return {
      cpu: ms(Math.max(0, totals.cpu - before.cpu)),
      gauges: { memory: sum(({ memory }) => memory), threads: sum(({ threads }) => threads), processes: parts.length, ...this.#slow },
      bytes: Object.fromEntries(Object.entries(totals.bytes).map(([metric, total]) => [metric, Math.max(0, total - (before.bytes[metric] ?? 0))])),
    }
  }

  /** The root first. */
  #pids(slow: boolean): readonly number[] {
    if (slow) this.#others = new Map()
    const found: number[] = []
    const add = (pid: number, depth: number): void => {
      if (found.length >= PROCESSES_MAX || depth > DEPTH_MAX) return
      found.push(pid)
      if (slow) this.#others.set(pid, childrenOfThreads(pid))
      for (const child of new Set([...numbers(read(pid, `task/${pid}/children`)), ...(this.#others.get(pid) ?? [])])) add(child, depth + 1)
    }
    add(this.#root, 0)
    return found
  }
}

interface ProcessUsage { readonly pid: number; readonly cpu: number; readonly memory: number; readonly threads: number; readonly io: Readonly<Record<string, number>> }

/** Fields of /proc/PID/io, which hold what children did that were waited for, too. */
const IO = [['io_read', 'rchar'], ['io_written', 'wchar'], ['disk_read', 'read_bytes'], ['disk_written', 'write_bytes']] as const

function processOf(pid: number): ProcessUsage | undefined {
  const [stat, status, io] = [read(pid, 'stat'), read(pid, 'status'), read(pid, 'io')]
  if (stat === undefined || status === undefined) return undefined
  // The name in parentheses may hold spaces: fields count from behind it. The 14th to 17th of all are utime, stime, cutime and cstime.
  const fields = fieldsOf(stat)
  const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field] ?? 0), 0)
  return {
    pid, cpu: (ticks * 1000) / TICKS_PER_SECOND, threads: Number(fields[17] ?? 0),
    memory: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024,
    io: Object.fromEntries(IO.map(([metric, field]) => [metric, Number(new RegExp(`^${field}: (\\d+)$`, 'm').exec(io ?? '')?.[1] ?? 0)])),
  }
}

const fieldsOf = (stat: string): readonly string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ')

/** The process that started `pid`; undefined when it is gone. */
export function parentOf(pid: number): number | undefined {
  const stat = read(pid, 'stat')
  return stat === undefined ? undefined : Number(fieldsOf(stat)[1])
}

/** What `pid` calls itself, its arguments parted by spaces; undefined when it is gone. */
export const titleOf = (pid: number): string | undefined => read(pid, 'cmdline')?.replaceAll('\0', ' ').trimEnd()

function childrenOfThreads(pid: number): readonly number[] {
  return list(pid, 'task').filter((thread) => thread !== String(pid)).flatMap((thread) => numbers(read(pid, `task/${thread}/children`)))
}

/** None where the machine does not let us look. */
function handlesOf(pids: readonly number[]): Readonly<Record<string, number>> {
  let [handles, sockets]: [number, number | undefined] = [0, 0]
  for (const pid of pids) {
    const open = list(pid, 'fd')
    handles += open.length
    if (open.length > HANDLES_LOOKED_AT) sockets = undefined
    else if (sockets !== undefined) sockets += open.filter((handle) => isSocket(pid, handle)).length
  }
  return handles === 0 ? {} : { handles, ...(sockets === undefined ? {} : { sockets }) }
}

function isSocket(pid: number, handle: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/${handle}`).startsWith('socket:')
  } catch {
    // Closed between two looks.
    return false
  }
}

const numbers = (text: string | undefined): readonly number[] => (text ?? '').split(' ').filter(Boolean).map(Number)

function read(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    // Gone between two looks, not ours to see, or no /proc at all.
    return undefined
  }
}

function list(pid: number, name: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/${name}`)
  } catch {
    // As above.
    return []
  }
}
