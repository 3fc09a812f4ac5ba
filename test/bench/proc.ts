/** What a process has used, its children and theirs with it, from /proc. */

import { readdirSync, readFileSync } from 'node:fs'

/** The tick of /proc/PID/stat, in microseconds. */
const TICK_US = 10_000

/** utime + stime so far in microseconds, of children that have gone too. To the nanosecond where the kernel tells it, else to 10 ms. */
export const cpuOf = (pid: number): number => {
  // utime, stime, and those of children that were waited for.
  const [utime = 0, stime = 0, ofGone = 0, ofGoneSystem = 0] = fieldsOf(pid).slice(11, 15).map(Number)
  return (scheduled(pid) ?? (utime + stime) * TICK_US) + (ofGone + ofGoneSystem) * TICK_US + sum(childrenOf(pid).map(cpuOf))
}

/** What is held in memory, in bytes. */
export const memoryOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? 0) * 1024 + sum(childrenOf(pid).map(memoryOf))

/**
 * What all that `pid` has started holds, in bytes: of each process its own and its share of what is shared. A process whose command `left` finds
 * counts for nothing, and neither does what it has started.
 */
export const shareBelow = (pid: number, left: RegExp): number =>
  sum(childrenOf(pid).filter((child) => !left.test((read(`/proc/${child}/cmdline`) ?? '').replaceAll('\0', ' '))).map((child) => shareOf(child) + shareBelow(child, left)))

const shareOf = (pid: number): number => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0) * 1024

/** The time on a processor of all threads. A thread that has ended is not in it: ours stay. */
function scheduled(pid: number): number | undefined {
  const times = threadsOf(pid).map((thread) => read(`/proc/${pid}/task/${thread}/schedstat`))
  return times.length === 0 || times.includes(undefined) ? undefined : sum(times.map((line) => Number(line?.split(' ')[0]))) / 1000
}

const childrenOf = (pid: number): number[] =>
  threadsOf(pid).flatMap((thread) => (read(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter((one) => one.trim() !== '').map(Number))

/** From the state on: the name before it may hold anything. */
const fieldsOf = (pid: number): string[] => (read(`/proc/${pid}/stat`) ?? '').split(') ').at(-1)?.split(' ') ?? []

function threadsOf(pid: number): string[] {
  return quietly(() => readdirSync(`/proc/${pid}/task`)) ?? []
}

const read = (file: string): string | undefined => quietly(() => readFileSync(file, 'latin1'))

/** A process may go while it is looked at. */
function quietly<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code))) return undefined
    throw error
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
