/** The memory of a run's processes while it lasts: what each has for itself, and its share of what is shared. */

import { readdirSync, readFileSync } from 'node:fs'
import type { Row } from './rows.ts'

const EVERY_MS = 2000
const MIB = 2 ** 20

export class Watched {
  readonly #root: number
  readonly #timer: NodeJS.Timeout
  #most = 0

  /** Looks every two seconds from now on at all that `root` has started, but for `root` itself and what makes the load. */
  constructor(root: number) {
    this.#root = root
    this.#timer = setInterval(() => { this.#most = Math.max(this.#most, this.#now()) }, EVERY_MS)
  }

  end(): { row(limitMib: number): Row } {
    clearInterval(this.#timer)
    const mib = this.#most / MIB
    return { row: (limit) => ({ figure: 'memory of shop, Postgres and Redis under base load', target: `< ${limit} MB`, measured: `${mib.toFixed(0)} MiB at the most`, verdict: mib > 0 && (mib * MIB) / 1e6 < limit ? 'met' : 'missed' }) }
  }

  #now(): number {
    const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => ({ pid: Number(name), parent: parentOf(name), command: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ') }))
    const below = (pid: number): number[] => processes.filter(({ parent }) => parent === pid).flatMap(({ pid: child, command }) => (/generator-main|watchdog/.test(command) ? [] : [child, ...below(child)]))
    return below(this.#root).reduce((sum, pid) => sum + 1024 * Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0), 0)
  }
}

const parentOf = (pid: string): number => Number(read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[1] ?? 0)

/** A process may go while it is looked at. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
