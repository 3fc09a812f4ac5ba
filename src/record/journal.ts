/** The journal of a run: one event a line (NDJSON), on disk before what it tells of goes on. A crash leaves a readable prefix. */

import { closeSync, constants, fdatasyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { wallTime, type Clock, realClock } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import type { EventBody, EventKind, JournalEvent } from './events.ts'
import { isEvent } from './shape.ts'

export const JOURNAL_FILE = 'journal.ndjson'
export const JOURNAL_FORMAT = 1

/** The first line of the file. `pid` tells a run that is under way from one that crashed. */
export interface JournalHeader { readonly journal: 'brownout'; readonly format: number; readonly pid: number }

export interface JournalOptions {
  /** Takes secrets out of text. Every string of every event goes through it, but the kind. */
  readonly redact?: (text: string) => string
  readonly clock?: Clock
  readonly wall?: () => string
  /** Opens the file for writing; for tests of a disk that is full. */
  readonly open?: (file: string) => number
}

/** What must survive the machine going down right after: that a fault was about to be armed, that it is gone, what was found. */
const FLUSHED: ReadonlySet<EventKind> = new Set(['rule.arming', 'rule.cleared', 'verdict', 'run.ended'])

/** Only we, never through a link, never over another journal. */
const openNew = (file: string): number => openSync(file, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW, 0o600)

export class Journal {
  readonly file: string
  readonly #descriptor: number
  readonly #redact: (text: string) => string
  readonly #clock: Clock
  readonly #wall: () => string
  #seq = 0
  #failed: BrownoutError | undefined
  #closed = false

  private constructor(file: string, descriptor: number, { redact = (text) => text, clock = realClock, wall = wallTime }: JournalOptions) {
    this.file = file
    this.#descriptor = descriptor
    this.#redact = redact
    this.#clock = clock
    this.#wall = wall
  }

  /** A new journal in `folder`, which is made (0700) when it is missing. Throws JOURNAL_FAILED, also where there is a journal already. */
  static create(folder: string, options: JournalOptions = {}): Journal {
    const file = join(folder, JOURNAL_FILE)
    let journal: Journal
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      journal = new Journal(file, (options.open ?? openNew)(file), options)
    } catch (cause) {
      throw failure(file, cause)
    }
    try {
      journal.#append({ journal: 'brownout', format: JOURNAL_FORMAT, pid: process.pid } satisfies JournalHeader)
    } catch (error) {
      journal.close()
      throw error
    }
    return journal
  }

  /** Set once a write has failed: nothing is written from then on. */
  get failed(): BrownoutError | undefined { return this.#failed }

  /**
   * Writes one event; it is with the system when this returns, and on the disk for what must not be lost.
   * Throws JOURNAL_FAILED once, at the first write that fails; later events are only returned, so that healing is not kept from its work.
   */
  write(body: EventBody): JournalEvent {
    const event: JournalEvent = { seq: this.#seq++, at: this.#clock.now(), wall: this.#wall(), ...this.#clean(body) }
    if (this.#failed || this.#closed) return event
    this.#append(event)
    if (FLUSHED.has(body.kind)) this.flush()
    return event
  }

  /** Has the disk take all that was written. Throws JOURNAL_FAILED once, as `write` does. */
  flush(): void {
    if (this.#failed || this.#closed) return
    this.#guarded(() => {
      try {
        fdatasyncSync(this.#descriptor)
      } catch (error) {
        // Not everything that can be written to can be synchronised (a pipe).
        if (!(error instanceof Error && 'code' in error && error.code === 'EINVAL')) throw error
      }
    })
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    closeSync(this.#descriptor)
  }

  #append(line: JournalHeader | JournalEvent): void {
    this.#guarded(() => {
      const bytes = Buffer.from(`${oneLine(line)}\n`)
      for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at)
    })
  }

  #guarded(write: () => void): void {
    try {
      write()
    } catch (cause) {
      this.#failed = failure(this.file, cause)
      throw this.#failed
    }
  }

  #clean(body: EventBody): EventBody {
    const redact = (key: string, value: unknown): unknown =>
      typeof value !== 'string' || key === 'kind' || key === 'latency' ? value : this.#redact(value)
    return JSON.parse(JSON.stringify(body, redact)) as EventBody
  }
}

const failure = (file: string, cause: unknown): BrownoutError =>
  new BrownoutError('JOURNAL_FAILED', { message: `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, cause })

const hex = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
/** JSON escapes C0 itself; DEL, C1 and the line separators would reach a terminal or split a line. */
const oneLine = (value: unknown): string => JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029]/g, hex)

export interface ReadJournal {
  readonly header: JournalHeader | undefined
  readonly events: readonly JournalEvent[]
  /** The last line was cut: the process or the machine went down while it was written. */
  readonly torn: boolean
  /** Lines that are no events, and gaps: a journal that brownout did not leave so. Lines count from 1. */
  readonly problems: readonly { readonly line: number; readonly text: string }[]
}

/** Reads a journal, whole or cut at any byte. Throws JOURNAL_FORMAT where it is none, or of a newer format, or cannot be read. */
export function readJournal(file: string): ReadJournal {
  try {
    return parseJournal(readFileSync(file, 'utf8'), file)
  } catch (cause) {
    if (cause instanceof BrownoutError) throw cause
    throw new BrownoutError('JOURNAL_FORMAT', { message: `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, hint: 'check the path: a run folder holds journal.ndjson', cause })
  }
}

/** `name` is for messages only. */
export function parseJournal(text: string, name: string): ReadJournal {
  const lines = text.split('\n')
  const torn = lines.pop() !== ''
  const header = lines.length === 0 ? undefined : headerOf(lines[0] ?? '', name)
  const events: JournalEvent[] = []
  const problems: { line: number; text: string }[] = []
  for (const [i, line] of lines.entries()) {
    if (i === 0) continue
    const event = parsed(line)
    if (!isEvent(event)) problems.push({ line: i + 1, text: 'not an event that this version knows' })
    else {
      if (event.seq !== (events.at(-1)?.seq ?? -1) + 1) problems.push({ line: i + 1, text: 'events are missing before this one' })
      events.push(event)
    }
  }
  return { header, events, torn, problems }
}

function headerOf(line: string, name: string): JournalHeader {
  const header = parsed(line)
  const isHeader = (value: unknown): value is JournalHeader =>
    typeof value === 'object' && value !== null && 'journal' in value && value.journal === 'brownout' && 'format' in value && 'pid' in value && typeof value.pid === 'number'
  if (!isHeader(header)) throw new BrownoutError('JOURNAL_FORMAT', { message: `${name} is not a journal of brownout` })
  if (header.format !== JOURNAL_FORMAT) throw new BrownoutError('JOURNAL_FORMAT', { message: `${name} is of format ${String(header.format)}; this version reads format ${JOURNAL_FORMAT}` })
  return header
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
