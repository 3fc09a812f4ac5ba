/** The memory of a run's processes while it lasts: what each has for itself, and its share of what is shared. */

import { shareBelow } from '../proc.ts'
import type { Row } from './rows.ts'

const EVERY_MS = 2000
const MIB = 2 ** 20
/** What makes the load, and what looks after the others. */
const OURS = /generator-main|watchdog/

export class Watched {
  readonly #timer: NodeJS.Timeout
  #most = 0

  /** Looks every two seconds from now on at all that `root` has started, but for `root` itself and what makes the load. */
  constructor(root: number) {
    this.#timer = setInterval(() => { this.#most = Math.max(this.#most, shareBelow(root, OURS)) }, EVERY_MS)
  }

  end(): { row(limitMib: number): Row } {
    clearInterval(this.#timer)
    const mib = this.#most / MIB
    return { row: (limit) => ({ figure: 'memory of shop, Postgres and Redis under base load', target: `< ${limit} MB`, measured: `${mib.toFixed(0)} MiB at the most`, verdict: mib > 0 && (mib * MIB) / 1e6 < limit ? 'met' : 'missed' }) }
  }
}
