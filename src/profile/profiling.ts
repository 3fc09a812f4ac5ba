/** Profiles the Node processes of one application from now on until it is asked for what they did. */

import { readFileSync } from 'node:fs'
import { monotonicNow, sleep } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import { titleOf } from '../observe/process-tree.ts'
import type { Profiled } from './compare.ts'
import { Inspector } from './inspector.ts'
import { inspectorsIn, nodeProcesses } from './processes.ts'

export interface ProfilingOptions {
  readonly app: string
  readonly pid: number
  /** What it was started by. */
  readonly command: string
  /** Takes its output, where inspectors say where they listen. */
  readonly log: string
  readonly interval: Ms
  /** Why something is not profiled, a sentence. */
  onNote(text: string): void
}

export interface ProfiledOne extends Profiled { readonly pid: number; readonly title: string }

const FOUND_WITHIN = ms(5000)
const LOOK_EVERY = ms(50)

export class Profiling {
  readonly #options: ProfilingOptions
  readonly #inspectors: ReadonlyMap<number, Inspector>
  readonly #titles: ReadonlyMap<number, string>

  private constructor(options: ProfilingOptions, inspectors: ReadonlyMap<number, Inspector>) {
    this.#options = options
    this.#inspectors = inspectors
    this.#titles = new Map([...inspectors.keys()].map((pid) => [pid, titleOf(pid) ?? options.command]))
  }

  /** Undefined where nothing can be profiled, which has been told. Never rejects. */
  static async start(options: ProfilingOptions): Promise<Profiling | undefined> {
    const { app, pid: root, command, interval, onNote } = options
    const wanted = nodeProcesses(root, command)
    if (wanted.length === 0) {
      onNote(`${app} is not profiled: none of its processes is a Node that can be asked`)
      return undefined
    }
    for (const pid of wanted) signal(pid)
    const found = await inspectorsOf(wanted, options)
    for (const [pid, inspector] of found) {
      try {
        await inspector.start(interval)
      } catch (error) {
        onNote(`${app}, process ${pid}, is not profiled: ${wordsOf(error)}`)
        inspector.close()
        found.delete(pid)
      }
    }
    for (const pid of wanted.filter((one) => !found.has(one))) onNote(`${app}, process ${pid}, is not profiled: its inspector was not found; it may be one that refuses, or whose output goes elsewhere`)
    return found.size > 0 ? new Profiling(options, found) : undefined
  }

  /** What each process did; one that has gone is told of and left out. Never rejects. */
  async stop(): Promise<readonly ProfiledOne[]> {
    const { app, onNote } = this.#options
    const profiles = await Promise.all([...this.#inspectors].map(async ([pid, inspector]): Promise<readonly ProfiledOne[]> => {
      try {
        return [{ pid, title: this.#titles.get(pid) ?? '', ...(await inspector.stop()) }]
      } catch (error) {
        onNote(`${app}, process ${pid}, has no profile: ${wordsOf(error)}`)
        return []
      } finally {
        inspector.close()
      }
    }))
    return profiles.flat()
  }

  /** At once; what was gathered is lost. */
  close(): void { for (const inspector of this.#inspectors.values()) inspector.close() }
}

/** Asks a process to open its inspector. */
function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGUSR1')
  } catch {
    // Gone meanwhile.
  }
}

/** Each inspector is asked which process it is of: several may write to one output. */
async function inspectorsOf(wanted: readonly number[], { log }: ProfilingOptions): Promise<Map<number, Inspector>> {
  const found = new Map<number, Inspector>()
  const tried = new Set<string>()
  const until = monotonicNow() + FOUND_WITHIN
  while (found.size < wanted.length && monotonicNow() < until) {
    for (const url of inspectorsIn(outputOf(log)).filter((one) => !tried.has(one))) {
      tried.add(url)
      const inspector = await Inspector.connect(url).catch(() => undefined)
      const pid = await inspector?.pid().catch(() => undefined)
      if (inspector && pid !== undefined && wanted.includes(pid) && !found.has(pid)) found.set(pid, inspector)
      else inspector?.close()
    }
    if (found.size < wanted.length) await sleep(LOOK_EVERY)
  }
  return found
}

function outputOf(log: string): string {
  try {
    return readFileSync(log, 'utf8')
  } catch {
    // Not there (yet).
    return ''
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
