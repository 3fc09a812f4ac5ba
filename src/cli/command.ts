/** What a command is, and what it is handed: nothing in a command asks the process for anything. */

import type { Argv, ArgumentsCamelCase } from 'yargs'
import type { Exit } from '../core/exit.ts'
import type { Registry } from '../fault.ts'

export type Signal = 'SIGINT' | 'SIGTERM'

/** A stream to a person or a machine; `columns` is there on a terminal. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean }

export interface Context {
  readonly registry: Registry
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** Machine output, and only with `--json` and its like. */
  readonly stdout: Output
  /** People's output. */
  readonly stderr: Output
  readonly stdin: Input
  /** Whether stderr takes colours: a terminal, and NO_COLOR not set. */
  readonly color: boolean
  /** The folder of the installed package: experiments/, dist/ and package.json lie in it. */
  readonly packageRoot: string
  readonly version: string
  /** What stands behind `--`, where a command is to start another. */
  readonly rest: readonly string[]
  /** What a worker process runs. */
  readonly worker: URL
  /** Hears SIGINT and SIGTERM (and SIGHUP as such) in place of the process's own reaction; the answer stops hearing. */
  onSignal(hear: (signal: Signal) => void): () => void
  /** Hears every signal that a program may be told something by, those two included, in place of the process's own reaction; the answer stops hearing. */
  onEvery(hear: (signal: NodeJS.Signals) => void): () => void
  /** Hears SIGHUP, which then no longer counts as SIGTERM; the answer stops hearing. */
  onHangup(hear: () => void): () => void
  /** Hears SIGTTIN (one worker more) and SIGTTOU (one less); the answer stops hearing. */
  onResize(hear: (by: 1 | -1) => void): () => void
  /** Hears what was thrown where nobody could catch it, in place of the process's death; the answer stops hearing. */
  onCrash(hear: (error: unknown) => void): () => void
  /** Ends the process at once, whatever is under way: a second signal. Everything else returns its exit code. */
  quit(exit: Exit): void
}

/** One command, one file. Errors that a person caused are thrown as BrownoutError; main prints them and exits with their code. */
export interface Command<A> {
  /** With its positionals, as yargs reads them: `run <file..>`. The first word is the command's name. */
  readonly name: string
  /** One sentence, without a full stop. */
  readonly describe: string
  builder(yargs: Argv): Argv<A>
  /** The exit code: one of ours, but of a command that starts another. */
  run(args: ArgumentsCamelCase<A>, context: Context): Promise<number>
}
