/** The parent's side of the load: generators in processes of their own, so that neither can slow the other down. */

import { monotonicNow } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import type { BucketRecord } from '../record/buckets.ts'
import { Driven, type Premises } from './drivers/driven.ts'
import { GeneratorProcess } from './generator-process.ts'
import { mergedFigures, Merger, type PartFigures } from './merge.ts'
import type { DrivenLoad, LoadSpec } from './spec.ts'
import { judgeLoad, type LoadVerdict } from './verdict.ts'

export interface LoadOptions {
  /** None: nothing is started, and stop() answers with nothing. */
  readonly specs: readonly LoadSpec[]
  /** Monotonic time at which bucket 0 begins; bucket i covers [origin + i width, origin + (i + 1) width). */
  readonly origin: Ms
  readonly width: Ms
  /** Rates that change begin to so long after the load begins; at once unless given. */
  readonly warmup?: Ms | undefined
  /** Shifts each load's first operation within 1 / rate, so that equal rates do not march in step. */
  readonly seed: number
  /** For loads that programs of others make. */
  readonly premises?: Premises | undefined
  /** Every bucket of every load from the first operation on, empty ones too, in order, about one width after its end. */
  onBucket(bucket: BucketRecord): void
  /** What a person should know; holds no secret. */
  onProblem(text: string): void
}

export interface LoadRun {
  /** Begins to send at the next bucket's edge and resolves with that time, which may be a width ahead. Rejects with LOAD_FAILED. */
  begin(): Promise<Ms>
  /** Sends nothing more, waits for what is in flight (at most its timeout, at most 2 s), delivers the last buckets and ends the process. Never rejects; idempotent. */
  stop(): Promise<readonly LoadVerdict[]>
  /** Ends the process at once; what was in flight is lost. */
  kill(): void
}

/** So long generators have to hear when they are to begin. */
const BEGIN_AHEAD: Ms = ms(5)

/** Starts the generators and opens their connections; resolves when they stand or have failed. Programs of others are started by `begin`. Rejects with LOAD_FAILED when a process cannot be started. */
export async function startLoad(options: LoadOptions): Promise<LoadRun> {
  if (options.specs.length === 0) return { begin: () => Promise.resolve(options.origin), stop: () => Promise.resolve([]), kill: () => undefined }
  const generators = new Generators(options)
  try {
    await generators.open()
  } catch (error) {
    generators.kill()
    throw error
  }
  return generators
}

function drivenOf({ premises, origin, width, warmup = ms(0), onBucket, onProblem }: LoadOptions, spec: LoadSpec, send: DrivenLoad): Driven {
  if (!premises) throw new BrownoutError('LOAD_FAILED', { message: `${spec.name}: there is no folder for ${send.driver} to run in` })
  return new Driven({ spec, send, premises, origin, width, warmup, onBucket, onProblem })
}

const processesOf = ({ processes = 1 }: LoadSpec): number => processes

/** The first process makes a part of every load, those after it parts of the loads that several make. */
class Generators implements LoadRun {
  readonly #options: LoadOptions
  readonly #processes: readonly GeneratorProcess[]
  readonly #mergers: ReadonlyMap<string, Merger>
  readonly #driven: readonly Driven[]
  /** Those that we make. */
  readonly #own: readonly LoadSpec[]
  #stopping: Promise<readonly LoadVerdict[]> | undefined

  constructor(options: LoadOptions) {
    this.#options = options
    const { specs, onBucket, onProblem } = options
    this.#mergers = new Map(specs.filter((spec) => processesOf(spec) > 1).map((spec) => [spec.name, new Merger(processesOf(spec), onBucket)]))
    this.#own = specs.filter(({ send }) => send.kind !== 'driven')
    this.#driven = specs.flatMap((spec) => (spec.send.kind === 'driven' ? [drivenOf(options, spec, spec.send)] : []))
    this.#processes = Array.from({ length: Math.max(0, ...this.#own.map(processesOf)) }, () => new GeneratorProcess({
      onProblem,
      onPart: (part) => {
        const merger = this.#mergers.get(part.bucket.name)
        if (merger) merger.take(part)
        else onBucket(part.bucket)
      },
    }))
  }

  async open(): Promise<void> {
    const { origin, width, warmup = ms(0), seed } = this.#options
    await Promise.all(this.#processes.map((one, process) => one.open({ specs: this.#own.filter((spec) => processesOf(spec) > process), origin, width, warmup, seed, process })))
  }

  async begin(): Promise<Ms> {
    const { origin, width } = this.#options
    // They take their time to come up: ours wait, so that all begin together.
    await Promise.all(this.#driven.map((one) => one.start()))
    const at = ms(origin + Math.ceil((monotonicNow() + BEGIN_AHEAD - origin) / width) * width)
    await Promise.all(this.#processes.map((one) => one.begin(at)))
    for (const one of this.#driven) one.begin(at)
    return at
  }

  stop(): Promise<readonly LoadVerdict[]> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  kill(): void { for (const one of [...this.#processes, ...this.#driven]) one.kill() }

  async #stop(): Promise<readonly LoadVerdict[]> {
    const [ended, driven] = await Promise.all([Promise.all(this.#processes.map((one) => one.stop())), Promise.all(this.#driven.map((one) => one.stop()))])
    for (const merger of this.#mergers.values()) merger.finish()
    const parts = [...ended, ...driven].map((one) => ('parts' in one ? one.parts : []))
    const why = ended.flatMap((one) => ('why' in one ? [one.why] : []))[0]
    const ofDriven = new Map(this.#options.specs.filter(({ send }) => send.kind === 'driven').map(({ name }, i) => [name, driven[i]?.why]))
    // Those that had not begun tell of no load.
    if (why === undefined && parts.every((some) => some.length === 0)) return []
    return this.#options.specs.map((spec) => {
      const broken = ofDriven.has(spec.name) ? ofDriven.get(spec.name) : ended.slice(0, processesOf(spec)).some((one) => 'why' in one) ? why : undefined
      return this.#judge(spec, parts.flat(), broken)
    })
  }

  #judge({ name }: LoadSpec, parts: readonly PartFigures[], why: string | undefined): LoadVerdict {
    const figures = mergedFigures(parts.filter((one) => one.figures.name === name))
      ?? { name, offered: 0, sent: 0, dropped: 0, droppedByUs: 0, latenessP99Ms: undefined, serviceP99Ms: undefined, cpu: 0, errors: {}, closes: {} }
    const verdict = judgeLoad(figures)
    return why === undefined ? verdict : { ...verdict, valid: false, why }
  }
}
