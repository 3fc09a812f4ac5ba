/** A load that a program of others makes: started with the run, ended with it, and what it tells put into our buckets. */

import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monotonicNow, monotonicOf, realClock, sleep, type Timer } from '../../core/clock.ts'
import { BrownoutError } from '../../core/errors.ts'
import { assertNever, ms, type Ms } from '../../core/units.ts'
import type { Watchdog } from '../../watchdog/watchdog.ts'
import type { BucketRecord } from '../../record/buckets.ts'
import { statusMatcher } from '../http.ts'
import type { PartFigures } from '../merge.ts'
import type { DrivenLoad, LoadSpec } from '../spec.ts'
import { Tally } from '../tally.ts'
import { readArtillery } from './artillery.ts'
import { readK6 } from './k6.ts'
import { LOCUSTFILE, locustArguments } from './locust.ts'
import { Program, type ProgramOptions } from './program.ts'
import { readOwn, type ReadLine, type Sample } from './sample.ts'
import { FileLines } from './file-lines.ts'

/** What a run lends to programs that it starts. */
export interface Premises {
  /** The run's folder: what programs say goes to `<name>.log` in it. */
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly watchdog: Watchdog
  /** Tells at each call what CPU time a process and its descendants have used since the last; undefined at first, and where the machine does not tell. */
  cpuMeter(pid: number): () => Ms | undefined
}

export interface DrivenOptions {
  readonly spec: LoadSpec
  readonly send: DrivenLoad
  readonly premises: Premises
  readonly origin: Ms
  readonly width: Ms
  readonly warmup: Ms
  onBucket(bucket: BucketRecord): void
  onProblem(text: string): void
}

/** A program that has told nothing by then will tell nothing. */
const FIRST_WITHIN: Ms = ms(30_000)
const FIRST_POLL: Ms = ms(50)
/** So long it may take its leave: it writes its report, and its users end what they are at. */
const LEAVE_WITHIN: Ms = ms(10_000)
/** What is told this much after it happened still comes into its own bucket. */
const TOLD_WITHIN = 400
/** So many of its lines may be unreadable, of all. */
const UNREAD_SHARE_MAX = 0.001

export class Driven {
  readonly #options: DrivenOptions
  #programs: readonly Program[] = []
  #tally: Tally | undefined
  #began: { readonly at: Ms; readonly meters: readonly (() => Ms | undefined)[] } | undefined
  #timer: Timer | undefined
  #file: FileLines | undefined
  #told = 0
  #unread = 0
  #dropped = 0
  #stopping = false
  #why: string | undefined

  constructor(options: DrivenOptions) { this.#options = options }

  /** Starts it; resolves once it has told of a first operation, and of those that tell nothing before their end when it runs. LOAD_FAILED. */
  async start(): Promise<void> {
    const { send: { driver } } = this.#options
    this.#programs = await this.#launch()
    for (const program of this.#programs) void program.ended.then((how) => this.#over(how, program))
    const until = monotonicNow() + FIRST_WITHIN
    while (driver !== 'artillery' && this.#told === 0 && this.#why === undefined && !this.#stopping) {
      if (monotonicNow() > until) this.#why = `${driver} told of no operation within ${FIRST_WITHIN / 1000} s${this.#tail()}`
      await sleep(FIRST_POLL)
    }
    if (this.#why !== undefined) throw new BrownoutError('LOAD_FAILED', { message: `${this.#options.spec.name}: ${this.#why}` })
  }

  /** What happens from `at` on counts. */
  begin(at: Ms): void {
    const { spec: { name }, send: { driver }, origin, width, warmup, onBucket } = this.#options
    // Of one that reports at its end all buckets stay open until then.
    const grace = driver === 'artillery' ? Number.POSITIVE_INFINITY : Math.ceil(TOLD_WITHIN / width)
    this.#tally = new Tally({ name, origin, width, begin: at, measuredFrom: ms(at + warmup), grace, emit: onBucket })
    const meters = this.#programs.flatMap(({ pid }) => (pid === undefined ? [] : [this.#options.premises.cpuMeter(pid)]))
    for (const meter of meters) meter()
    this.#began = { at, meters }
    this.#flush()
  }

  /** Never rejects. */
  async stop(): Promise<{ readonly parts: readonly PartFigures[]; readonly why: string | undefined }> {
    const cpu = this.#cpuShare()
    this.#stopping = true
    await Promise.all(this.#programs.map((program) => program.stop(LEAVE_WITHIN)))
    this.#timer?.cancel()
    this.#file?.close()
    this.#readReport()
    const tally = this.#tally
    if (!tally) return { parts: [], why: this.#why }
    tally.finish(monotonicNow())
    if (this.#unread > UNREAD_SHARE_MAX * (this.#told + this.#unread)) this.#why ??= `${this.#unread} of its lines could not be read`
    const { totals, sent, latenessP99, serviceP99, errors, closes, detail } = tally
    const figures = { name: this.#options.spec.name, offered: totals.offered, sent, dropped: totals.dropped, droppedByUs: this.#dropped, latenessP99Ms: latenessP99, serviceP99Ms: serviceP99, cpu, errors, closes }
    return { parts: [{ figures, detail }], why: this.#why }
  }

  kill(): void {
    this.#stopping = true
    for (const program of this.#programs) program.kill()
  }

  async #launch(): Promise<readonly Program[]> {
    const { spec: { name }, send, premises: { folder } } = this.#options
    const { driver, file, args, host } = send
    switch (driver) {
      case 'command': return [this.#program([file, ...args], 1, 'SIGTERM')]
      case 'k6': {
        const path = join(folder, `${name}.k6.ndjson`)
        writeFileSync(path, '', { mode: 0o600 })
        this.#file = new FileLines(path, (line) => this.#line(line))
        return [this.#program(['k6', 'run', '--quiet', '--out', `json=${path}`, ...args, file], 'none', 'SIGINT')]
      }
      case 'artillery': return [this.#program(['artillery', 'run', '--output', this.#report, ...(host === undefined ? [] : ['--target', host]), ...args, file], 'none', 'SIGINT')]
      case 'locust': {
        const path = join(folder, `${name}.locust.py`)
        writeFileSync(path, LOCUSTFILE, { mode: 0o600 })
        const run = { users: send.users ?? 1, spawnRate: send.spawnRate ?? send.users ?? 1, workers: send.workers ?? 1, host, args }
        const port = run.workers > 1 ? await freePort() : 0
        return locustArguments(run, path, port).map((one) => this.#program(['locust', ...one], 3, 'SIGTERM', { BROWNOUT_LOCUSTFILE: file, BROWNOUT_FD: '3' }))
      }
      default: return assertNever(driver)
    }
  }

  #program(argv: readonly string[], lines: ProgramOptions['lines'], signal: ProgramOptions['signal'], own: NodeJS.ProcessEnv = {}): Program {
    const { spec: { name }, send: { cwd, env }, premises } = this.#options
    return Program.start({ argv, cwd, env: { ...premises.env, ...env, ...own }, log: join(premises.folder, `${name}.log`), lines, watchdog: premises.watchdog, signal, onLine: (line) => this.#line(line) })
  }

  get #report(): string { return join(this.#options.premises.folder, `${this.#options.spec.name}.artillery.json`) }

  #line(line: string): void {
    const samples = this.#read(line)
    if (samples === 'unread') this.#unread++
    else for (const sample of samples) this.#count(sample)
  }

  get #read(): ReadLine { return this.#options.send.driver === 'k6' ? readK6 : readOwn }

  #count({ wall, outcome, took, late, reason, count }: Sample): void {
    this.#told += count
    const tally = this.#tally
    const now = monotonicNow()
    // A clock that was set meanwhile must not put anything into the time to come.
    const at = wall === undefined ? now : ms(Math.min(now, monotonicOf(wall)))
    if (!tally || at < (this.#began?.at ?? 0)) return
    for (let i = 0; i < count; i++) {
      tally.offered(ms(Math.max(this.#began?.at ?? 0, at - took)))
      if (outcome === 'dropped') {
        tally.dropped(at)
        if (tally.measures(at)) this.#dropped++
        continue
      }
      tally.sending(at, late)
      const service = ms(took - (late ?? 0))
      if (outcome === 'ok') tally.ok(at, took, service)
      else if (outcome === 'timeout') tally.late(at, took, service, reason)
      else tally.error(at, reason ?? 'error')
    }
  }

  /** Where the report comes at the end. */
  #readReport(): void {
    const { send: { driver }, spec: { ok } } = this.#options
    if (driver !== 'artillery' || !this.#tally) return
    try {
      const samples = readArtillery(readFileSync(this.#report, 'utf8'), statusMatcher(ok))
      if (samples) for (const sample of samples) this.#count(sample)
      else this.#why ??= 'its report cannot be read'
    } catch (error) {
      this.#why ??= `it left no report: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}${this.#tail()}`
    }
  }

  #over(how: string, program: Program): void {
    if (this.#stopping) return
    this.#why ??= `${this.#options.send.driver} ended before the run did: ${how}${program.tail()}`
    if (this.#began) this.#options.onProblem(`${this.#options.spec.name}: ${this.#why}`)
  }

  #flush(): void {
    const tally = this.#tally
    if (!tally || this.#stopping || !Number.isFinite(tally.flushAt)) return
    this.#timer = realClock.at(tally.flushAt, () => {
      tally.flush(monotonicNow())
      this.#flush()
    })
  }

  #tail(): string { return this.#programs[0]?.tail() ?? '' }

  /** Of what it can use: a process of locust runs on one core, the others on all of them. */
  #cpuShare(): number {
    if (!this.#began) return 0
    const { at, meters } = this.#began
    const cores = this.#options.send.driver === 'locust' ? 1 : availableParallelism()
    const shares = meters.map((meter) => (meter() ?? 0) / Math.max(1, monotonicNow() - at) / cores)
    return Math.max(0, ...shares)
  }
}

const freePort = (): Promise<number> => new Promise((resolve, reject) => {
  const server = createServer()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
  })
})
