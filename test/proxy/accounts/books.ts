/** The accounts of a target on a clock of the test's own, fed with what a session says on the wire; what they came to, as lines. */

import { ms, type Ms } from '../../../src/core/units.ts'
import type { Framed, Protocol } from '../../../src/protocols/codec.ts'
import { PostgresConversation } from '../../../src/protocols/postgres/conversation.ts'
import { RedisConversation } from '../../../src/protocols/redis/conversation.ts'
import { WebConversation } from '../../../src/protocols/web.ts'
import { isFrame } from '../../../src/protocols/websocket/frame.ts'
import { Accounts } from '../../../src/proxy/accounts/accounts.ts'
import type { SessionAccounts } from '../../../src/proxy/accounts/session-accounts.ts'
import type { TakenRecords } from '../../../src/proxy/plane.ts'
import type { CellCounts } from '../../../src/record/cells.ts'
import { latencyMax, readCells, type Latencies } from '../../../src/record/latencies.ts'
import type { FiguresRecord, PartRecord } from '../../../src/record/figures.ts'

/** What a conversation of any protocol does, as a session uses it. */
interface Talks<M extends Framed> {
  readonly toServer: { feed(chunk: Buffer): M[] }
  readonly toClient: { feed(chunk: Buffer): M[]; end(): M[] }
  asked(message: M): { readonly exchange: number; readonly operation: number | null }
  sent(message: M, exchange: number, operation: number | null): void
  received(message: M): { readonly exchange: number; readonly last: boolean } | null
  delivered?(message: M): void
}

export class Books {
  readonly accounts: Accounts
  readonly #protocol: Protocol
  now: Ms = ms(1000)
  #sessions = 0

  constructor(protocol: Exclude<Protocol, 'tcp'>, routes: readonly string[] = []) {
    this.#protocol = protocol
    this.accounts = new Accounts('target', protocol, routes)
    this.accounts.cut(ms(0), ms(1_000_000))
  }

  session(client = '10.0.0.1'): Said {
    const id = ++this.#sessions
    return new Said(this, this.accounts.session(id, client, this.now), this.#talks())
  }

  #talks(): Talks<Framed> {
    switch (this.#protocol) {
      case 'redis': return new RedisConversation() as Talks<Framed>
      case 'postgres': return new PostgresConversation() as Talks<Framed>
      default: return new WebConversation(this.accounts.routes) as Talks<Framed>
    }
  }

  wait(duration: number): this {
    this.now = ms(this.now + duration)
    return this
  }

  take(): TakenRecords { return this.accounts.take(ms(2_000_000)) }

  figures(): FiguresRecord {
    const [record] = this.take().figures
    if (!record) throw new Error('no figures')
    return record
  }

  /** `GET user:*: 2/2 ok, 3ms 4ms, 1 hit`: offered, answered well, each latency. */
  lines(): string[] { return this.figures().parts.map(lineOf) }
}

export const lineOf = ({ of, offered, ok, errors = {}, latency, server, firstByte, heldMs, hits = 0, misses = 0 }: PartRecord): string => [
  `${Object.values(of).join(' ')}: ${ok}/${offered} ok`,
  ...Object.entries(errors).map(([code, count]) => `${count} ${code}`),
  ...(firstByte ? [`first ${times(firstByte)}`] : []), ...(latency ? [times(latency)] : []), ...(server ? [`server ${times(server)}`] : []), ...(heldMs === undefined ? [] : [`held ${heldMs}`]),
  ...(hits + misses > 0 ? [`${hits} hit ${misses} miss`] : []),
].join(', ')

/** Whole milliseconds: a cell is wider than that only past 64 ms. */
export const times = (cells: CellCounts): string => {
  const { values, counts }: Latencies = readCells(cells)
  return values.map((value, at) => `${Math.round(value)}ms${counts[at] === 1 ? '' : `x${counts[at] ?? 0}`}`).join(' ')
}
export const longest = (cells: CellCounts): number | undefined => latencyMax(readCells(cells))

/** One session. */
export class Said {
  readonly #books: Books
  readonly accounts: SessionAccounts
  readonly talks: Talks<Framed>
  #exchange = 0
  #asked: Framed | undefined

  constructor(books: Books, accounts: SessionAccounts, talks: Talks<Framed>) {
    this.#books = books
    this.accounts = accounts
    this.talks = talks
  }

  /** The exchange that was asked last. */
  get exchange(): number { return this.#exchange }

  /** The client says it, and it reaches the server. */
  ask(...bytes: readonly Buffer[]): this { return this.#ask(bytes, true) }
  /** The client says it, and a fault takes it away. */
  lose(...bytes: readonly Buffer[]): this { return this.#ask(bytes, false) }

  #ask(bytes: readonly Buffer[], sent: boolean): this {
    for (const message of this.talks.toServer.feed(Buffer.concat(bytes))) {
      const { exchange, operation } = this.talks.asked(message)
      this.#exchange = exchange
      this.#asked = message
      this.accounts.opened(exchange, message, this.#books.now)
      if (sent) this.talks.sent(message, exchange, operation)
    }
    return this
  }

  /** A rule does that to what the client said last. */
  altered(did: string, rule = 'rule'): this {
    this.accounts.altered(rule, this.#asked && isFrame(this.#asked) ? 0 : this.#exchange, did, this.#books.now, this.#asked)
    return this
  }

  /** A rule takes away what the server says. */
  alteredAnswer(did: string, ...bytes: readonly Buffer[]): this {
    for (const message of this.talks.toClient.feed(Buffer.concat(bytes))) {
      const paired = this.talks.received(message)
      this.accounts.altered('rule', isFrame(message) ? 0 : paired?.exchange ?? 0, did, this.#books.now, message)
    }
    return this
  }

  answer(...bytes: readonly (Buffer | string)[]): this { return this.answerHeld(0, ...bytes) }

  /** It goes on `held` after it came; the clock stands at when it goes on. */
  answerHeld(held: number, ...bytes: readonly (Buffer | string)[]): this {
    for (const message of this.talks.toClient.feed(Buffer.concat(bytes.map((one) => Buffer.from(one))))) this.#goesOn(message, ms(held))
    return this
  }

  /** The server's FIN. */
  end(): this {
    for (const message of this.talks.toClient.end()) this.#goesOn(message, ms(0))
    return this
  }

  #goesOn(message: Framed, held: Ms): void {
    const paired = this.talks.received(message)
    this.accounts.answered(message, isFrame(message) ? null : paired, this.#books.now, held)
    this.talks.delivered?.(message)
  }

  wait(duration: number): this {
    this.#books.wait(duration)
    return this
  }

  close(): this {
    this.accounts.closed(this.#books.now)
    return this
  }
}
