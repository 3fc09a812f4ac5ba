/** A child process in a group of its own, guarded by the watchdog, with its output in a file. No shell. */

import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { realClock, type Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import { signalGroup } from '../watchdog/group.ts'
import type { Watchdog } from '../watchdog/watchdog.ts'

export interface ChildOptions {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Takes stdout and stderr; appended to, readable by its owner alone. */
  readonly log: string
  /** Ends it when brownout is gone; absent for what must be done even then. */
  readonly watchdog?: Watchdog | undefined
}

/** How it ended. `problem`: it could not be started. */
export interface Ending { readonly exit: number | null; readonly signal: NodeJS.Signals | null; readonly problem?: string | undefined }

const KILL_AFTER = ms(5000)

export class Child {
  readonly #process: ChildProcess
  readonly #watchdog: Watchdog | undefined
  readonly #log: string
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<Ending>
  #ending: Ending | undefined

  private constructor(process: ChildProcess, { watchdog, log }: ChildOptions) {
    this.#process = process
    this.#watchdog = watchdog
    this.#log = log
    this.ended = new Promise((resolve) => {
      const end = (ending: Ending): void => { this.#ending ??= ending; resolve(this.#ending) }
      process.once('error', (error) => end({ exit: null, signal: null, problem: error.message }))
      process.once('exit', (exit, signal) => end({ exit, signal }))
    })
  }

  /** Never throws for a command that is not there: `ended` tells. */
  static start(options: ChildOptions): Child {
    const { argv: [command = '', ...args], cwd, env, log, watchdog } = options
    const output = openSync(log, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW, 0o600)
    try {
      // The file is handed to it directly: it neither waits for us nor dies with our end of a pipe.
      const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', output, output] })
      if (child.pid !== undefined) watchdog?.guard(child.pid, { group: true })
      return new Child(child, options)
    } finally {
      closeSync(output)
    }
  }

  get pid(): number | undefined { return this.#process.pid }
  /** Undefined while it runs. */
  get ending(): Ending | undefined { return this.#ending }

  /** Ends the whole group: SIGTERM, and SIGKILL for what is left after `patience`. Resolves when the child itself is gone. */
  async stop(patience: Ms = KILL_AFTER): Promise<Ending> {
    let timer: Timer | undefined
    if (!this.#ending) {
      this.#signal('SIGTERM')
      timer = realClock.at(ms(realClock.now() + patience), () => this.#signal('SIGKILL'))
    }
    const ending = await this.ended
    timer?.cancel()
    // What it started and left behind.
    this.#signal('SIGKILL')
    if (this.pid !== undefined) this.#watchdog?.release(this.pid)
    return ending
  }

  /** SIGTERM to the group, and no more. */
  ask(): void { if (!this.#ending) this.#signal('SIGTERM') }

  /** At once, without waiting. */
  kill(): void { this.#signal('SIGKILL') }

  /** The last lines that it wrote. */
  tail(lines = 20): string {
    try {
      return readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
    } catch (error) {
      return `(its output could not be read: ${error instanceof Error ? error.message : String(error)})`
    }
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#process
    if (pid !== undefined) signalGroup(pid, signal)
  }
}

/** `exit 1`, `SIGKILL`, or why it did not start. */
export const describeEnding = ({ exit, signal, problem }: Ending): string => problem ?? signal ?? `exit ${exit}`
