/** The command that is wrapped: on the terminal that brownout was started on, in its process group, without a shell. It is not ended unless asked for. */

import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { realClock, type Timer } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { WRAP_EXIT } from '../core/exit.ts'
import { ms, type Ms } from '../core/units.ts'
import type { AppProcess } from '../experiment/app.ts'
import type { Ending } from '../experiment/child.ts'
import type { Watchdog } from '../watchdog/watchdog.ts'

export interface CommandOptions {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Ends it when brownout is gone, and removes that folder. */
  readonly watchdog: Watchdog
  readonly cleanup?: string | undefined
}

export interface CommandEnd {
  /** As a shell has it: its own, 128 + the signal that ended it, 127 where there is no such command, 126 where it cannot be run. */
  readonly exit: number
  readonly signal?: NodeJS.Signals | undefined
  /** Why it could not be started. */
  readonly problem?: BrownoutError | undefined
}

const KILL_AFTER: Ms = ms(5000)

export class WrappedCommand {
  readonly ended: Promise<CommandEnd>
  readonly #process: ChildProcess
  #end: CommandEnd | undefined

  private constructor(process: ChildProcess, name: string, settle: (pid: number) => void) {
    this.#process = process
    this.ended = new Promise((resolve) => {
      const end = (one: CommandEnd): void => {
        this.#end ??= one
        if (process.pid !== undefined) settle(process.pid)
        resolve(this.#end)
      }
      process.once('error', (error: NodeJS.ErrnoException) => end(unstarted(name, error)))
      process.once('exit', (code, signal) => end(signal === null ? { exit: code ?? 0 } : { exit: 128 + constants.signals[signal], signal }))
    })
  }

  /** Never throws for a command that is not there: `ended` tells. */
  static start({ argv: [name = '', ...args], cwd, env, watchdog, cleanup }: CommandOptions): WrappedCommand {
    // Not detached: in a group of its own it could not read the terminal, and Ctrl-C would miss it.
    const child = spawn(name, args, { cwd, env, stdio: 'inherit' })
    if (child.pid !== undefined) watchdog.guard(child.pid, { group: false, cleanup })
    return new WrappedCommand(child, name, (pid) => watchdog.release(pid))
  }

  get pid(): number | undefined { return this.#process.pid }
  /** Undefined while it runs. */
  get end(): CommandEnd | undefined { return this.#end }

  /** As an application that is looked at, and is nobody's to end. */
  get untouched(): AppProcess {
    const ending = (): Ending | undefined => this.#end && { exit: this.#end.exit, signal: this.#end.signal ?? null }
    return { pid: this.pid, get ending() { return ending() }, ended: new Promise<never>(() => undefined), stop: () => Promise.resolve(), ask: () => undefined, kill: () => undefined, tail: () => '' }
  }

  /** Passes a signal on. */
  signal(signal: NodeJS.Signals): void { if (!this.#end) this.#process.kill(signal) }

  /** SIGTERM, and SIGKILL after `patience`. */
  async stop(patience: Ms = KILL_AFTER): Promise<CommandEnd> {
    let timer: Timer | undefined
    if (!this.#end) {
      this.signal('SIGTERM')
      timer = realClock.at(ms(realClock.now() + patience), () => this.signal('SIGKILL'))
    }
    const end = await this.ended
    timer?.cancel()
    return end
  }
}

function unstarted(name: string, error: NodeJS.ErrnoException): CommandEnd {
  const missing = error.code === 'ENOENT'
  return {
    exit: missing ? WRAP_EXIT.missing : WRAP_EXIT.unusable,
    problem: new BrownoutError(missing ? 'COMMAND_MISSING' : 'COMMAND_UNUSABLE', { message: missing ? `there is no command "${name}"` : `"${name}" cannot be run: ${error.code ?? error.message}`, cause: error }),
  }
}
