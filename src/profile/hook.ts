/** Has every Node process of an application profile itself: each loads a small script that asks us for orders over a socket. */

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monotonicNow, realClock } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Profiled } from './compare.ts'
import { isCpuProfile } from './cpu-profile.ts'
import { hookScript } from './hook-script.ts'

export interface ProfiledOne extends Profiled { readonly pid: number; readonly title: string }

const START_WITHIN = ms(10_000)
/** A profile of minutes is some megabytes, and is made on the application's own thread. */
const STOP_WITHIN = ms(30_000)
/** Each costs the application some percent of a core. */
const PROCESSES_MAX = 16
const LINE_MAX = 65_536
const GONE = 'it has gone'
const CLOCKS_APART = ms(100)

/** One process, as it has made itself known. */
class Told {
  readonly pid: number
  readonly title: string
  readonly #socket: Socket
  readonly #waiting = new Map<number, (problem: string | undefined) => void>()
  #last = 0
  #gone = false
  begun = false

  constructor(socket: Socket, pid: number, title: string) {
    this.#socket = socket
    this.pid = pid
    this.title = title
    socket.once('close', () => {
      this.#gone = true
      for (const done of this.#waiting.values()) done(GONE)
      this.#waiting.clear()
    })
  }

  /** What went wrong; undefined where nothing did. */
  ask(order: object, within: Ms): Promise<string | undefined> {
    if (this.#gone) return Promise.resolve(GONE)
    const id = ++this.#last
    return new Promise((resolve) => {
      const timer = realClock.at(ms(realClock.now() + within), () => finish('it did not answer'))
      const finish = (problem: string | undefined): void => {
        timer.cancel()
        this.#waiting.delete(id)
        resolve(problem)
      }
      this.#waiting.set(id, finish)
      this.#socket.write(`${JSON.stringify({ id, ...order })}\n`)
    })
  }

  answered(id: unknown, problem: unknown): void { if (typeof id === 'number') this.#waiting.get(id)?.(problem === undefined ? undefined : String(problem)) }
}

export class Hook {
  readonly #folder: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #told: Told[] = []
  readonly #onNote: (text: string) => void
  #interval: Ms | undefined
  #starting: Promise<unknown>[] = []

  private constructor(folder: string, server: Server, onNote: (text: string) => void) {
    this.#folder = folder
    this.#server = server
    this.#onNote = onNote
    server.on('connection', (socket) => this.#heed(socket))
  }

  /** Nothing of it is to be reached by others: script and socket lie in a folder of our own. `onNote` is told why a process is not profiled. */
  static async listen(onNote: (text: string) => void): Promise<Hook> {
    const folder = mkdtempSync(join(tmpdir(), 'brownout-profile-'))
    chmodSync(folder, 0o700)
    const socket = join(folder, 'socket')
    writeFileSync(join(folder, 'hook.cjs'), hookScript(socket), { mode: 0o600 })
    const server = createServer()
    const hook = new Hook(folder, server, onNote)
    await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(socket, resolve) })
    return hook
  }

  /** What NODE_OPTIONS is to be, for `options` that are there already. */
  options(options: string | undefined): string {
    return [options ?? '', `--require="${join(this.#folder, 'hook.cjs').replace(/["\\]/g, '\\$&')}"`].join(' ').trim()
  }

  /** Of all processes that are there, and of each that comes. Resolves when those that are there have begun. Never rejects. */
  async start(interval: Ms): Promise<void> {
    this.#interval = interval
    for (const one of this.#told) this.#begin(one, interval)
    await Promise.all(this.#starting)
  }

  /** What each process did; one that cannot say is told of and left out. Never rejects. */
  async stop(): Promise<readonly ProfiledOne[]> {
    this.#interval = undefined
    await Promise.all(this.#starting)
    if (this.#told.length === 0) this.#onNote('none of its processes is a Node that took NODE_OPTIONS')
    const profiles = await Promise.all(this.#told.map(async (one): Promise<readonly ProfiledOne[]> => {
      if (!one.begun) return []
      const file = join(this.#folder, `${one.pid}.json`)
      const asked = monotonicNow()
      const problem = await one.ask({ what: 'stop', file }, STOP_WITHIN)
      const profiled = problem === undefined ? this.#read(one, file, asked) : undefined
      if (!profiled) this.#onNote(`process ${one.pid} has no profile: ${problem ?? 'what it wrote is none'}`)
      return profiled ? [profiled] : []
    }))
    return profiles.flat()
  }

  /** Idempotent. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => { this.#server.close(() => resolve()) })
    this.discard()
  }

  /** Leaves nothing on the disk, for a process that ends now. */
  discard(): void { rmSync(this.#folder, { recursive: true, force: true }) }

  #heed(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket)).on('error', () => undefined)
    let told: Told | undefined
    let rest = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > LINE_MAX) socket.destroy()
      for (const line of lines) {
        const { pid, title, id, problem } = fieldsOf(line)
        if (told) told.answered(id, problem)
        else if (typeof pid === 'number' && this.#told.length < PROCESSES_MAX) {
          told = new Told(socket, pid, String(title ?? 'node'))
          this.#told.push(told)
          if (this.#interval !== undefined) this.#begin(told, this.#interval)
        }
      }
    })
  }

  #begin(one: Told, interval: Ms): void {
    this.#starting.push(one.ask({ what: 'start', interval: Math.round(interval * 1000) }, START_WITHIN).then((problem) => {
      if (problem === undefined) one.begun = true
      // What comes and goes is nobody's loss.
      else if (problem !== GONE) this.#onNote(`process ${one.pid} is not profiled: ${problem}`)
    }))
  }

  /** `asked`: when it was asked to stop, between which and now it did. */
  #read({ pid, title }: Told, file: string, asked: Ms): ProfiledOne | undefined {
    try {
      const profile: unknown = JSON.parse(readFileSync(file, 'utf8'))
      if (!isCpuProfile(profile)) return undefined
      const ended = profile.endTime / 1000
      // Both are CLOCK_MONOTONIC, unless the process lives elsewhere.
      return { pid, title, profile, offset: ended > asked - CLOCKS_APART && ended < monotonicNow() + CLOCKS_APART ? ms(0) : ms(asked - ended) }
    } catch {
      return undefined
    }
  }
}

/** Of one line of a process; none where it is no such. */
function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value as Readonly<Record<string, unknown>> : {}
  } catch {
    return {}
  }
}
