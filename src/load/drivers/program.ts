/** A program that makes load: started without a shell, in a group of its own, its lines heard, ended with the run. */

import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { realClock } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { signalGroup } from '../../watchdog/group.ts'
import type { Watchdog } from '../../watchdog/watchdog.ts'

export interface ProgramOptions {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Takes what it says; readable by its owner alone. */
  readonly log: string
  /** The descriptor on which it tells its lines. */
  readonly lines: 'none' | 1 | 3
  readonly watchdog: Watchdog
  /** What asks it to end. */
  readonly signal: 'SIGTERM' | 'SIGINT'
  onLine(line: string): void
}

const TAIL_LINES = 8

export class Program {
  readonly #child: ChildProcess
  readonly #options: ProgramOptions
  /** Resolves with how it ended, once its last line has been heard. */
  readonly ended: Promise<string>
  #ending: string | undefined

  private constructor(child: ChildProcess, options: ProgramOptions) {
    this.#child = child
    this.#options = options
    const stream = options.lines === 'none' ? undefined : child.stdio[options.lines]
    const heard = stream && 'read' in stream ? hear(stream as Readable, options.onLine) : Promise.resolve()
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`))
    })
    this.ended = exited.then(async (how) => {
      this.#ending = how
      await heard
      return how
    })
  }

  /** Never throws for a program that is not there: `ended` tells. */
  static start(options: ProgramOptions): Program {
    const { argv: [command = '', ...args], cwd, env, log, lines, watchdog, signal } = options
    const output = openSync(log, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW, 0o600)
    try {
      const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', lines === 1 ? 'pipe' : output, output, ...(lines === 3 ? ['pipe' as const] : [])] })
      if (child.pid !== undefined) watchdog.guard(child.pid, { group: true, signal })
      return new Program(child, options)
    } finally {
      closeSync(output)
    }
  }

  get pid(): number | undefined { return this.#child.pid }
  /** Undefined while it runs. */
  get ending(): string | undefined { return this.#ending }

  /** Asks it to end and waits, at most `patience`; then all of its group is killed. */
  async stop(patience: Ms): Promise<void> {
    if (this.#ending === undefined) this.#signal(this.#options.signal)
    const late = realClock.at(ms(realClock.now() + patience), () => this.#signal('SIGKILL'))
    await this.ended
    late.cancel()
    this.kill()
    if (this.pid !== undefined) this.#options.watchdog.release(this.pid)
  }

  kill(): void { this.#signal('SIGKILL') }

  /** Its last words. */
  tail(): string {
    try {
      return readFileSync(this.#options.log, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).map((line) => `\n    ${line}`).join('')
    } catch (error) {
      return `\n    (its output could not be read: ${error instanceof Error ? error.message : String(error)})`
    }
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this
    if (pid !== undefined) signalGroup(pid, signal)
  }
}

/** Resolves when the stream has ended. */
const hear = (stream: Readable, onLine: (line: string) => void): Promise<void> => new Promise((resolve) => {
  stream.on('error', () => resolve())
  createInterface({ input: stream }).on('line', onLine).on('close', () => resolve())
})
