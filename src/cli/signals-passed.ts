/** What signals are to a program that wraps another: the other's, while that runs. */

import type { WrappedCommand } from '../wrap/command.ts'
import { inForeground } from '../wrap/terminal.ts'
import type { Context } from './command.ts'

/** Those that ask a program to end. */
const ENDING: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])

export class SignalsPassed {
  readonly #stop: () => void
  readonly #context: Pick<Context, 'stdin'>
  #command: WrappedCommand | undefined
  #early: NodeJS.Signals | undefined

  constructor(context: Pick<Context, 'onEvery' | 'stdin'>) {
    this.#context = context
    this.#stop = context.onEvery((signal) => this.#hear(signal))
  }

  /** We were asked to end before there was a command. */
  get early(): NodeJS.Signals | undefined { return this.#early }

  /** From now on they are that command's. Where it has ended they are passed over: we are about to end too. */
  to(command: WrappedCommand): void { this.#command = command }

  close(): void { this.#stop() }

  #hear(signal: NodeJS.Signals): void {
    if (this.#command) {
      if (!this.#fromTerminal(signal)) this.#command.signal(signal)
    } else if (ENDING.has(signal)) this.#early ??= signal
  }

  /** Ctrl-C and its like go to all of the terminal's foreground group: the command has them already. */
  #fromTerminal(signal: NodeJS.Signals): boolean {
    return (signal === 'SIGINT' || signal === 'SIGQUIT') && inForeground(this.#context.stdin.isTTY === true)
  }
}
