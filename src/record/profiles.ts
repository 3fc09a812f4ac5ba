/** What an application's processor time went to, before and under a fault: as it is journalled. Shares are of one core: 1 is a core that is busy all the time. */

/** A function by its name and where it stands: `orders.js:42`, `node_modules/pg/lib/client.js:531`, `node:net:301`; empty of what has no source, such as (garbage collector). */
export interface ProfiledFunction { readonly name: string; readonly at: string; /** Its own time, without what it called. */ readonly baseline: number; readonly fault: number }

/** A place in a stack of calls, with what it called: its time is theirs and its own. */
export interface ProfiledFrame extends ProfiledFunction { readonly calls: readonly ProfiledFrame[] }

export interface ProfiledProcess { readonly pid: number; readonly title: string; /** Names in the run's folder. */ readonly files: readonly string[] }

export interface ProfileRecord {
  readonly app: string
  /** `fault`, or the step that was looked at. */
  readonly during: string
  readonly processes: readonly ProfiledProcess[]
  readonly intervalMs: number
  readonly baselineMs: number
  readonly faultMs: number
  /** What was busy, all functions together. */
  readonly baseline: number
  readonly fault: number
  /** Whose own share grew most, first. */
  readonly grown: readonly ProfiledFunction[]
  /** The outermost calls; what is too small to be seen is left out. */
  readonly calls: readonly ProfiledFrame[]
}
