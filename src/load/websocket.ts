/**
 * WebSocket load: connections that are made one after another over a time, each made anew when it is lost. Messages that come back are the
 * operations of one schedule for all connections, in turn: no connection has a timer of its own while it stands.
 */

import type { Timer } from '../core/clock.ts'
import { isLoopback } from '../core/loopback.ts'
import { randomStream } from '../core/random.ts'
import { ms, type Ms } from '../core/units.ts'
import { WHOLE, type Share } from './arrivals.ts'
import { captureOf } from './capture.ts'
import { NOTHING_SENT, template, type Beginning, type Client, type Done, type Sent } from './client.ts'
import { NO_DATA, type Data } from './data.ts'
import { renderedText } from './pieces.ts'
import type { LoadSpec, WebSocketTraffic } from './spec.ts'
import { Line } from './websocket-line.ts'

/** What a message is known by when it comes back begins so, and its number follows. */
const ID = 'brownout-'
const ID_BYTES = Buffer.from(ID)
/** Larger messages end the connection. */
const MESSAGE_MAX = 16 * 1024 * 1024
/** So long connections have for taking leave at the end. */
const LEAVE_MAX = ms(500)
/** So many parts of all connections are pinged one after another. */
const SLICES = 50

/** Of all connections those whose number leaves the share's index. */
export const openWebSockets = (spec: LoadSpec, traffic: WebSocketTraffic, share: Share = WHOLE, data: Data = NO_DATA): Client => new Crowd(spec, traffic, share, data)

class Crowd implements Client {
  readonly opened = Promise.resolve()
  readonly #spec: LoadSpec
  readonly #traffic: WebSocketTraffic
  readonly #share: Share
  readonly #lines: Line[] = []
  /** By connection, the messages that have not come back. */
  readonly #waiting = new Map<Line, Map<number, Done>>()
  readonly #text: (n: number) => string
  readonly #idOf: ((message: Buffer) => unknown) | undefined
  #beginning: Beginning | undefined
  #timer: Timer | undefined
  #beats: Timer | undefined
  #leaving: Promise<void> | undefined

  constructor(spec: LoadSpec, traffic: WebSocketTraffic, share: Share, data: Data) {
    this.#spec = spec
    this.#traffic = traffic
    this.#share = share
    const known = (text: string): string => text.replaceAll('{id}', () => `${ID}{n}`)
    const { send } = traffic
    this.#text = renderedText(typeof send === 'string' ? known(send) : send.map((piece) => (typeof piece === 'string' ? known(piece) : piece)), data)
    const id = traffic.id === undefined ? undefined : captureOf(traffic.id)
    this.#idOf = id && !('wrong' in id) ? (message) => id.read({ headers: {}, body: message.toString() }) : undefined
  }

  begin(beginning: Beginning): void {
    this.#beginning = beginning
    beginning.tally.keepConnections()
    this.#ramp(beginning)
    if (this.#traffic.heartbeat !== undefined) this.#beat(beginning, ms(this.#traffic.heartbeat / SLICES), 0)
  }

  /** Messages of a connection begin when it stands, or has failed. */
  skips(n: number): boolean { return !this.#lineOf(n)?.settled }

  send(n: number, done: Done): Sent {
    const line = this.#lineOf(n)
    if (!line?.send(this.#text(n))) {
      done('error', line?.problem)
      return NOTHING_SENT
    }
    const waiting = this.#waiting.get(line)
    waiting?.set(n, done)
    return { abandon: () => { if (waiting?.delete(n)) this.#count('messages_lost') } }
  }

  close(): Promise<void> {
    this.#timer?.cancel()
    this.#beats?.cancel()
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  #lineOf(n: number): Line | undefined { return this.#lines[Math.floor((n % this.#spec.connections) / this.#share.of)] }

  /** Begins the connections that are due, and waits for the next. */
  #ramp(beginning: Beginning): void {
    const { connections } = this.#spec
    const { at, clock } = beginning
    for (let number = this.#numberOf(this.#lines.length); number < connections; number = this.#numberOf(this.#lines.length)) {
      const due = ms(at + (number * this.#traffic.over) / connections)
      if (due > clock.now()) {
        this.#timer = clock.at(due, () => this.#ramp(beginning))
        return
      }
      const line = this.#line(number, beginning)
      this.#lines.push(line)
      this.#waiting.set(line, new Map())
      line.connect(due)
    }
  }

  /** Of the `i`th connection of this process among all. */
  #numberOf(i: number): number { return i * this.#share.of + this.#share.index }

  /** A slice of the connections at a time, so that all of them do not ping together. */
  #beat(beginning: Beginning, distance: Ms, slice: number): void {
    const { clock } = beginning
    this.#beats = clock.at(ms(clock.now() + distance), () => {
      for (let i = slice; i < this.#lines.length; i += SLICES) this.#lines[i]?.beat()
      this.#beat(beginning, distance, (slice + 1) % SLICES)
    })
  }

  #line(number: number, { tally, clock, seed }: Beginning): Line {
    const { name, timeout } = this.#spec
    const { url, headers, reconnect, expect, open, resume, compression } = this.#traffic
    const numbered = (text: string): string => template(text)(number)
    const { 'sec-websocket-protocol': protocols, ...sent } = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, numbered(value)]))
    // For a subscriber to be cut off is a failure of its own; a sender has those of its messages.
    const wanting = (now: Ms, reason: string): void => { if (expect === 'messages') tally.wanting(now, reason) }
    return new Line({
      url: numbered(url), protocols: protocols?.split(',').map((one) => one.trim()) ?? [], timeout, reconnect, clock,
      random: randomStream(seed, `load/${name}/${number}`),
      // Texts that are cut in the middle of a character are not what is tested here.
      options: { headers: sent, perMessageDeflate: compression, skipUTF8Validation: true, maxPayload: MESSAGE_MAX, rejectUnauthorized: !isLoopback(new URL(url).hostname) },
      begins: (now, meant) => { if (expect === 'messages') tally.sending(now, ms(now - meant)) },
      opened: (line, now, took, anew) => {
        tally.stands(now, 1)
        tally.setUp(now, took)
        if (anew) tally.add(now, 'reconnects')
        const { last } = line.sequence
        const first = resume !== undefined && last !== undefined ? resume.replaceAll('{last_id}', () => last) : open
        if (first !== undefined) line.send(numbered(first))
      },
      failed: (now, reason, late) => {
        if (late) tally.setUp(now, timeout)
        wanting(now, reason)
      },
      closed: (line, now, code) => {
        tally.stands(now, -1, code)
        wanting(now, line.problem)
        this.#cut(line)
      },
      message: expect === 'echo' ? (line, data) => this.#back(line, data) : (line, data) => this.#arrived(line, data),
    })
  }

  /** Where a server tells everybody, only its sender waits for a message. */
  #back(line: Line, data: Buffer): void {
    const n = numberIn(data)
    const waiting = this.#waiting.get(line)
    const done = waiting?.get(n)
    if (!done) return
    waiting?.delete(n)
    this.#count('messages')
    done('ok')
  }

  #arrived(line: Line, data: Buffer): void {
    if (!this.#beginning) return
    const { tally, clock } = this.#beginning
    const now = clock.now()
    if (!this.#idOf) return tally.came(now)
    const id = this.#idOf(data)
    if (id === undefined) return
    const { lost, doubled } = line.sequence.take(id)
    if (doubled) return tally.add(now, 'messages_doubled')
    if (lost > 0) {
      tally.wanting(now, 'lost', lost)
      tally.add(now, 'messages_lost', lost)
    }
    tally.came(now)
  }

  /** What was under way on a connection will not come back. */
  #cut(line: Line): void {
    const waiting = [...this.#waiting.get(line)?.values() ?? []]
    this.#waiting.get(line)?.clear()
    for (const done of waiting) {
      this.#count('messages_lost')
      done('error', line.problem)
    }
  }

  #count(counter: 'messages' | 'messages_lost'): void { this.#beginning?.tally.add(this.#beginning.clock.now(), counter) }

  async #leave(): Promise<void> {
    const lines = this.#lines
    const late = this.#beginning?.clock.at(ms(this.#beginning.clock.now() + LEAVE_MAX), () => { for (const line of lines) line.end() })
    await Promise.all(lines.map((line) => line.leave()))
    late?.cancel()
  }
}

/** The number behind the first id in a message; -1 where there is none. */
function numberIn(data: Buffer): number {
  const at = data.indexOf(ID_BYTES)
  if (at < 0) return -1
  let n = 0
  for (let i = at + ID_BYTES.length; i < data.length; i++) {
    const digit = (data[i] ?? 0) - 48
    if (digit < 0 || digit > 9) return n
    n = n * 10 + digit
  }
  return n
}
