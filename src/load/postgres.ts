/** Postgres queries over a fixed number of connections, each query on the next one that is free. */

import { connect } from 'node:net'
import pg from 'pg'
import { serialize } from 'pg-protocol'
import { realClock, type Timer } from '../core/clock.ts'
import { trustingLoopback } from '../core/loopback.ts'
import { ms, type Ms } from '../core/units.ts'
import { NOTHING_SENT, reasonOf, type Client, type Done, type Sent } from './client.ts'
import { NO_DATA, type Data } from './data.ts'
import { renderedText } from './pieces.ts'
import type { LoadSpec, PostgresQuery } from './spec.ts'

interface Waiting { readonly n: number; readonly done: Done; run?: Line | undefined; abandoned: boolean }

const RECONNECT_MIN = 25
const RECONNECT_MAX = 250

/**
 * A query that finds every connection busy waits, and its waiting counts. While no connection stands and none is being made,
 * queries fail at once. The connection of a query that became late is closed, as a pool would, and made anew.
 */
export const openPostgres = ({ connections, timeout }: LoadSpec, query: PostgresQuery, data: Data = NO_DATA): Client => new Lines(query, connections, timeout, data)

class Lines implements Client {
  readonly opened: Promise<unknown>
  readonly #lines: readonly Line[]
  /** In order; those abandoned stay until they surface. */
  readonly #queue = new Set<Waiting>()
  readonly #free: Line[] = []
  readonly #values: readonly ((n: number) => string)[]
  readonly #sql: string
  readonly #pipeline: number

  constructor({ url, sql, params, pipeline = 1 }: PostgresQuery, connections: number, timeout: Ms, data: Data) {
    this.#sql = sql
    this.#pipeline = pipeline
    this.#values = params.map((one) => renderedText(one, data))
    this.#lines = Array.from({ length: connections }, () => new Line(url, timeout, pipeline > 1, { freed: (line) => this.#freed(line), down: (reason) => this.#down(reason) }))
    this.opened = Promise.all(this.#lines.map((line) => line.open()))
  }

  send(n: number, done: Done): Sent {
    const query: Waiting = { n, done, abandoned: false }
    const line = this.#next()
    if (line) this.#run(query, line)
    else if (this.#lines.some(({ state }) => state !== 'down')) this.#queue.add(query)
    else {
      done('error', this.#lines[0]?.problem ?? 'not connected')
      return NOTHING_SENT
    }
    return {
      abandon: () => {
        query.abandoned = true
        this.#queue.delete(query)
        query.run?.giveUp()
      },
    }
  }

  close(): Promise<void> {
    this.#queue.clear()
    for (const line of this.#lines) line.close()
    return Promise.resolve()
  }

  #next(): Line | undefined {
    for (let line = this.#free.pop(); line; line = this.#free.pop()) if (line.state === 'free') return line
    return undefined
  }

  #run(query: Waiting, line: Line): void {
    query.run = line
    const rows = Array.from({ length: this.#pipeline }, (_, i) => this.#values.map((value) => value(query.n * this.#pipeline + i)))
    line.query(this.#sql, rows, (outcome, reason) => {
      query.run = undefined
      if (!query.abandoned) query.done(outcome, reason)
    })
  }

  #freed(line: Line): void {
    const [query] = this.#queue
    if (!query) {
      this.#free.push(line)
      return
    }
    this.#queue.delete(query)
    this.#run(query, line)
  }

  #down(reason: string): void {
    if (this.#lines.some(({ state }) => state !== 'down')) return
    const waiting = [...this.#queue]
    this.#queue.clear()
    for (const { done } of waiting) done('error', reason)
  }
}

type State = 'making' | 'free' | 'busy' | 'down' | 'closed'
interface LineEvents { freed(line: Line): void; down(reason: string): void }

/** One connection, made anew whenever it is lost. */
class Line {
  readonly #url: string
  readonly #timeout: Ms
  readonly #pipelined: boolean
  readonly #events: LineEvents
  #client: pg.Client | undefined
  #done: Done | undefined
  #failures = 0
  #retry: Timer | undefined
  #state: State = 'down'
  #problem: string | undefined

  constructor(url: string, timeout: Ms, pipelined: boolean, events: LineEvents) {
    this.#url = url
    this.#pipelined = pipelined
    this.#timeout = timeout
    this.#events = events
  }

  get state(): State { return this.#state }
  get problem(): string | undefined { return this.#problem }

  async open(): Promise<void> {
    this.#state = 'making'
    const client = new pg.Client({ connectionString: trustingLoopback(this.#url), connectionTimeoutMillis: Math.max(1, this.#timeout), keepAlive: true, application_name: 'brownout load', pipeline: this.#pipelined })
    this.#client = client
    client.on('error', (error) => this.#lost(client, error))
    client.on('end', () => this.#lost(client, new Error('connection lost')))
    try {
      await client.connect()
    } catch (error) {
      return this.#lost(client, error)
    }
    if (this.#client !== client) return
    this.#failures = 0
    this.#free()
  }

  /** The statement once for each of `rows`, together where there are several: then it is prepared once a connection, and the first error is the outcome. */
  query(sql: string, rows: readonly string[][], done: Done): void {
    const client = this.#client
    if (!client) return done('error', 'not connected')
    this.#state = 'busy'
    this.#done = done
    let left = rows.length
    let failed: Error | null = null
    const answered = (error: Error | null): void => {
      failed ??= error
      if (--left > 0 || this.#client !== client) return
      this.#settle(failed ? ['error', reasonOf(failed)] : ['ok'])
      if (this.#state === 'busy') this.#free()
    }
    for (const values of rows) {
      // Without values it goes as a simple query, as an application would send it.
      if (this.#pipelined) client.query({ name: 'load', text: sql, values }, answered)
      else if (values.length === 0) client.query(sql, answered)
      else client.query(sql, values, answered)
    }
  }

  /** The query that runs is late: nobody waits for this connection to come round. */
  giveUp(): void {
    const client = this.#client
    if (!client) return
    this.#lost(client, new Error('late'))
    cancel(client, this.#timeout)
  }

  close(): void {
    this.#state = 'closed'
    this.#retry?.cancel()
    if (this.#client) discard(this.#client)
    this.#client = undefined
  }

  #free(): void {
    this.#state = 'free'
    this.#events.freed(this)
  }

  #settle([outcome, reason]: Parameters<Done>): void {
    const done = this.#done
    this.#done = undefined
    done?.(outcome, reason)
  }

  #lost(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return
    const busy = this.#state === 'busy'
    const connected = busy || this.#state === 'free'
    this.#client = undefined
    this.#problem = reasonOf(error) === 'Error' ? 'connection lost' : reasonOf(error)
    discard(client)
    // One that stood is made anew at once; one that could not be made waits a little longer each time.
    const wait = connected ? 0 : Math.min(RECONNECT_MIN * ++this.#failures, RECONNECT_MAX)
    this.#state = connected ? 'making' : 'down'
    this.#retry = realClock.at(ms(realClock.now() + wait), () => { if (this.#state !== 'closed') void this.open() })
    if (busy) this.#settle(['error', this.#problem])
    if (!connected) this.#events.down(this.#problem)
  }
}

/** Closes a client whatever it is doing; errors that it still tells are of no interest any more. */
function discard(client: pg.Client): void {
  client.removeAllListeners()
  client.on('error', () => undefined)
  client.connection.stream.destroy()
}

/** Asks the server to give up what a client that was discarded is still running: a stuck server would fill up with its sessions. (PostgreSQL 18, 54.2.8) */
function cancel(client: pg.Client, timeout: Ms): void {
  if (!('processID' in client && typeof client.processID === 'number' && 'secretKey' in client && typeof client.secretKey === 'number')) return
  const socket = connect(client.port, client.host)
  const late = realClock.at(ms(realClock.now() + timeout), () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('close', () => late.cancel())
  socket.end(serialize.cancel(client.processID, client.secretKey))
}
