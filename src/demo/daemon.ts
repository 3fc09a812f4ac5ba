/** A server of ours in the background: started, awaited, stopped, and never left behind. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { realClock } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Watchdog } from '../watchdog/watchdog.ts'

/** What every embedded server gives: where it is, and its end. */
export interface DemoServer {
  readonly url: string
  readonly host: string
  readonly port: number
  readonly pid: number
  /** Resolves when the process has gone, asked or unasked. */
  readonly exited: Promise<void>
  /** Ends it and removes its folder; bounded, idempotent. */
  stop(): Promise<void>
}

export interface ServerOptions {
  /** Absent: a free one. */
  readonly port?: number | undefined
  /** Absent: one of its own. */
  readonly watchdog?: Watchdog | undefined
}

/** Whom a process runs as. */
export interface Account { readonly uid: number; readonly gid: number }

export interface DaemonOptions {
  /** `Postgres`: for messages. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Whom it runs as; absent: as we do. */
  readonly as?: Account | undefined
  /** Its own folder, removed with it. */
  readonly folder: string
  /** A line of its output that says that it serves; absent: it is done when it exits with 0. */
  readonly ready?: RegExp | undefined
  /** A line that says that its port is taken. */
  readonly portTaken?: RegExp | undefined
  readonly signal: 'SIGTERM' | 'SIGINT'
  readonly within: Ms
  readonly watchdog: Watchdog
}
/** The folder stays guarded until `stop`, though the process ends before. */
export type Daemon = Pick<DemoServer, 'pid' | 'exited' | 'stop'>

/** From the signal to SIGKILL. */
const STOP_PATIENCE: Ms = ms(3000)
const OUTPUT_KEPT = 8192
const PORT_TRIES = 10

/** A new folder for one server under the system's temporary one, or under one that `as` can reach. */
export async function temporaryFolder(prefix: string, as: Account | undefined): Promise<string> {
  const parent = as ? [tmpdir(), '/tmp', '/var/tmp'].find(openToAll) : tmpdir()
  if (parent === undefined) throw new BrownoutError('SERVER_FAILED', { message: `no temporary folder can be reached by uid ${as?.uid}` })
  const folder = await mkdtemp(join(parent, prefix))
  if (as) await chown(folder, as.uid, as.gid)
  return folder
}

/** May anybody pass through every folder down to `path`, and through `path`? */
export const openToAll = (path: string): boolean =>
  ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o001) !== 0 && (dirname(path) === path || openToAll(dirname(path)))

/** Resolves when the server serves; undefined when its port is taken. Throws SERVER_FAILED, with the end of its output, when it does not come up. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon | undefined> {
  const { name, command, args, env, as, folder, signal, watchdog } = options
  // A group of its own: Ctrl-C ends brownout first, which then stops its servers in order.
  const child = spawn(command, args, { cwd: folder, env: env ?? process.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'], ...as })
  if (child.pid === undefined) {
    const [cause] = await once(child, 'error')
    throw new BrownoutError('SERVER_FAILED', { message: `${name} cannot be started: ${String(cause)}`, cause })
  }
  const { pid } = child
  watchdog.guard(pid, { group: false, signal, cleanup: folder })
  const exited = new Promise<void>((resolve) => { child.once('exit', () => resolve()) })
  const stop = onlyOnce(async () => {
    child.kill(signal)
    if (!(await settled(exited, STOP_PATIENCE))) child.kill('SIGKILL')
    await exited
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    watchdog.release(pid)
  })
  const outcome = await awaitReady(child, exited, options)
  if (outcome.kind === 'ready') return { pid, exited, stop }
  child.kill('SIGKILL')
  await exited
  watchdog.release(pid)
  if (outcome.kind === 'taken') return undefined
  throw new BrownoutError('SERVER_FAILED', { message: `${name} ${outcome.why}: ${outcome.output.trim().split('\n').slice(-3).join(' | ') || 'it said nothing'}` })
}

type Outcome = { readonly kind: 'ready' } | { readonly kind: 'taken' } | { readonly kind: 'failed'; readonly why: string; readonly output: string }

async function awaitReady(child: ChildProcess, exited: Promise<void>, { ready, portTaken, within }: DaemonOptions): Promise<Outcome> {
  let output = ''
  const serves = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      // Read for as long as it lives: a full pipe would stop it.
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-OUTPUT_KEPT)
        if (ready?.test(output)) resolve()
      })
    }
  })
  const came = await settled(ready ? Promise.race([serves, exited]) : exited, within)
  if (!came) return { kind: 'failed', why: `did not come up within ${within / 1000} s`, output }
  const gone = child.exitCode !== null || child.signalCode !== null
  if (ready ? !gone : child.exitCode === 0) return { kind: 'ready' }
  if (portTaken?.test(output)) return { kind: 'taken' }
  return { kind: 'failed', why: `ended with ${child.exitCode ?? child.signalCode}`, output }
}

/** Tries `port`, or free ones until one is not taken between the choice and the bind. */
export async function onFreePort(name: string, port: number | undefined, start: (port: number) => Promise<Daemon | undefined>): Promise<Daemon & { readonly port: number }> {
  for (let tries = 0; tries < PORT_TRIES; tries++) {
    const chosen = port ?? await freePort()
    const daemon = await start(chosen)
    if (daemon) return { ...daemon, port: chosen }
    if (port !== undefined) break
  }
  throw new BrownoutError('PORT_IN_USE', { message: `${name} found ${port === undefined ? 'no free port' : `port ${port} taken`} on 127.0.0.1` })
}

/** A port of 127.0.0.1 that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new BrownoutError('LISTEN_FAILED', { message: 'no port of 127.0.0.1 can be had' })
  return address.port
}

/** Does `promise` settle within `patience`? Leaves no timer behind. */
export function settled(promise: Promise<unknown>, patience: Ms): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = realClock.at(ms(realClock.now() + patience), () => resolve(false))
    promise.then(() => resolve(true), reject).finally(() => timer.cancel())
  })
}

/** The first call does it, the others wait for the same. */
function onlyOnce(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => { running ??= action(); return running }
}
