/** brownout as a library: proxies, faults and experiments from tests. docs/library.md shows its use. */

/// <reference lib="esnext.disposable" />

import type { ErrorCode, FaultParams } from './faults.js'

export type { ErrorCode, FaultParams, Ramp, Rate, Share, Size, Throughput, Time } from './faults.js'
export type FaultName = keyof FaultParams
export type Protocol = 'tcp' | 'redis' | 'postgres' | 'http' | 'websocket'

/** What a person or a program did wrong, or could not be done: `code` tells which, `hint` what to do. docs/errors.md lists all. */
export declare class BrownoutError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  /** Where in a file, for what was read from one. */
  readonly place: { readonly file: string; readonly line: number; readonly column: number } | undefined
}

export interface Disposable {
  /** Idempotent; `await using` calls it. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface TargetOptions {
  /** Where the dependency is: redis://, postgres://, http://, ws://, tcp://HOST:PORT, unix:/PATH and their like, as in an experiment. */
  readonly upstream: string | URL
  /** Told by the scheme of `upstream` where it has one, else tcp. */
  readonly protocol?: Protocol
  /** For messages of errors; `target` unless given. */
  readonly name?: string
  /** HOST:PORT or unix:/PATH; a free port of 127.0.0.1 unless given. */
  readonly listen?: string
  readonly tls?: { readonly client?: 'terminate' | 'passthrough'; readonly upstream?: 'require' | 'prefer' | 'off'; readonly cert?: string; readonly key?: string; readonly ca?: string; readonly verify?: boolean }
  readonly host?: 'upstream' | 'keep'
  readonly cluster?: boolean
  readonly routes?: readonly string[]
  readonly dial_timeout?: string | number
  /** Needed by faults that falsify data. */
  readonly corruption?: 'allow'
  /** Makes chance repeatable; a random one unless given. */
  readonly seed?: number
}

/** Whom a fault hits, how often and how long: as the keys of a step of an experiment. */
export interface Injection {
  /** Facets of the protocol (command, key, table, route …), or client and node. */
  readonly where?: Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>
  /** The share that is hit: 0.2 or "20%". */
  readonly chance?: number | string
  readonly direction?: 'to_server' | 'to_client' | 'both'
  readonly scope?: 'connection' | 'message'
  readonly skip?: number
  readonly times?: number
  readonly sequence?: { readonly fail: number; readonly pass: number }
  /** Cleared by itself after that; it lasts until cleared unless given. */
  readonly for?: string | number
}

/** What a fault has come to: operations or connections that it concerned, and those that it altered. */
export interface Hits { readonly matched: number; readonly altered: number }

/** An armed fault. Disposing of it clears it. */
export interface Fault extends AsyncDisposable {
  readonly fault: FaultName
  /** False once it is cleared, by `clear`, by its `for` or with its target. */
  readonly armed: boolean
  hits(): Promise<Hits>
  /** Takes it away: held bytes go out at once, in order. Idempotent. Rejects with FAULT_BROKEN where the fault itself threw. */
  clear(): Promise<Hits>
}

/** Operations of one name since the target was opened. */
export interface OperationFigures {
  /** { command: 'GET', key: 'user:*' }, { tag: 'SELECT', table: 'orders' … }, { method: 'GET', route: '/orders/:id' } */
  readonly of: Readonly<Record<string, string>>
  readonly offered: number
  readonly ok: number
  /** By code. */
  readonly errors: Readonly<Record<string, number>>
  readonly inFlight: number
  /** What rules held back, together. */
  readonly heldMs: number
}

/** Totals since the target was opened. */
export interface Figures {
  readonly connections: number
  readonly accepted: number
  readonly failedDials: number
  readonly resets: number
  readonly bytesToServer: number
  readonly bytesToClient: number
  /** Where messages are read. */
  readonly operations: readonly OperationFigures[]
}

/** A dependency behind a proxy. Disposing of it heals and closes it. */
export interface Target extends Disposable {
  readonly name: string
  /** The upstream's URL with host and port of the proxy: what the application under test is given. */
  readonly url: string
  readonly host: string
  readonly port: number
  readonly seed: number
  /** Resolves once the fault holds. FAULT_UNKNOWN, PARAM_*, PROTOCOL_MISMATCH, CORRUPTION_REFUSED, VALUE_INVALID … */
  inject<Name extends FaultName>(fault: Name, params?: FaultParams[Name], how?: Injection): Promise<Fault>
  /** Clears all faults. */
  clear(): Promise<void>
  figures(): Promise<Figures>
}

/** An experiment as it stands in a file; times may be numbers of milliseconds. docs/experiments.md describes every key. */
export interface Experiment {
  readonly name: string
  readonly question?: string
  readonly tags?: readonly string[]
  readonly seed?: number
  readonly targets?: Readonly<Record<string, Entry>>
  readonly app?: Entry
  readonly apps?: Readonly<Record<string, Entry>>
  readonly load?: Readonly<Record<string, Entry>>
  readonly probes?: Readonly<Record<string, Entry>>
  readonly windows?: Entry
  readonly profile?: Entry
  readonly steady_state?: readonly Entry[]
  readonly abort?: readonly Entry[]
  readonly alerts?: readonly Entry[]
  readonly method?: readonly Entry[]
  readonly expect?: readonly Entry[]
  readonly [key: string]: unknown
}
export type Entry = Readonly<Record<string, unknown>>

export interface ExperimentOptions {
  /** Of its variables, and of the apps it starts; the process's own unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** brownout.yaml is looked for here and above; the process's own unless given. */
  readonly cwd?: string
  readonly vars?: Readonly<Record<string, string>>
  readonly seed?: number
  /** The folder of runs; `.brownout/runs` as for the commands unless given. */
  readonly out?: string
  /** Heals, and lets the run end as interrupted. */
  readonly signal?: AbortSignal
}

export interface ExpectationResult { readonly text: string; readonly outcome: Outcome; readonly measured: string; readonly limit: string; readonly margin?: string | undefined }
export type Outcome = 'PASS' | 'FAIL' | 'INCONCLUSIVE' | 'ERROR' | 'ABORTED'

export interface ExperimentResult {
  readonly outcome: Outcome
  /** Of the command that would have run it. */
  readonly exit: number
  /** In a sentence. */
  readonly why: string
  readonly expectations: readonly ExpectationResult[]
  /** report.json; docs/report.md describes it. */
  readonly report: Readonly<Record<string, unknown>>
  /** Holds the journal and the reports. */
  readonly folder: string
}

/** A server that speaks Toxiproxy's HTTP API, for its clients. */
export interface Toxiproxy extends Disposable {
  readonly url: string
  readonly host: string
  readonly port: number
}

export interface Brownout {
  /** Opens a proxy in front of a dependency. UPSTREAM_INVALID, PORT_IN_USE, LISTEN_FAILED, TLS_INVALID … */
  target(options: TargetOptions): Promise<Target>
  /** Runs an experiment, given as an object or by its file. Rejects where it has errors (the first one's code) and where no run can begin; all else is in the result. */
  experiment(definition: Experiment | string, options?: ExperimentOptions): Promise<ExperimentResult>
  /** Starts a Toxiproxy-compatible server in this process, on a free port unless told otherwise. */
  toxiproxy(options?: { readonly host?: string; readonly port?: number; readonly seed?: number }): Promise<Toxiproxy>
}

export declare const brownout: Brownout
