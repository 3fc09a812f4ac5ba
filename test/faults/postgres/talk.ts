/** Postgres, for the laws for faults on messages. */

import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from, to } from 'pg-copy-streams'
import { serialize } from 'pg-protocol'
import { Handshake, PostgresDecoder } from '../../../src/protocols/postgres/decoder.ts'
import { valuesOfRow } from '../../../src/protocols/postgres/fields.ts'
import { postgres } from '../../support/servers.ts'
import type { Nonces, Round, Talk } from '../talk.ts'

const LOGIN = { user: 'postgres', database: 'postgres' }
const pause = (time: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, time) })

async function open(port: number): Promise<pg.Client> {
  const client = new pg.Client({ ...LOGIN, host: '127.0.0.1', port, connectionTimeoutMillis: 1000, query_timeout: 1500 })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

const SETUP = `create table if not exists law (id int, note text); create table if not exists law_copy (id int, note text)`
const ROWS = Array.from({ length: 60 }, (_, i) => `${i}\t${'x'.repeat(50)}\n`)

/** What one client does over and over; a refusal or a broken connection is part of the game. */
const HABITS: readonly ((client: pg.Client, n: number) => Promise<unknown>)[] = [
  (client, n) => client.query(`insert into law values (${n}, 'note')`),
  (client) => client.query('select i, repeat(\'x\', 100) from generate_series(1, 30) i'),
  (client, n) => client.query({ name: 'law', text: 'select $1::int as n, note from law limit 1', values: [n] }),
  (client) => client.query({ name: 'law_constant', text: 'select count(*) from law_copy' }),
  async (client, n) => {
    await client.query('begin')
    await client.query('update law set note = $1 where id = $2', ['b', n - 1])
    await client.query('commit')
  },
  (client) => client.query('select 1/0').catch(() => undefined),
  (client) => client.query("notify law, 'hi'"),
  (client) => pipeline(Readable.from(ROWS), client.query(from('copy law_copy from stdin')).on('error', () => undefined)),
  (client) => client.query(to('copy (select * from law_copy limit 100) to stdout')).on('error', () => undefined).toArray(),
  (client) => client.query('truncate law, law_copy'),
]

/** `act` on one client after the other, until `stopped` says so: a client is thrown away when it fails. */
async function forever(port: number, stopped: () => boolean, act: (client: pg.Client, n: number) => Promise<unknown>): Promise<void> {
  for (let n = 0; !stopped();) {
    const client = await open(port).catch(() => undefined)
    if (!client) await pause(20)
    else {
      const ended = new Promise((resolve) => { client.once('end', resolve) })
      const acting = async (): Promise<void> => { for (; !stopped(); n++) await act(client, n) }
      await Promise.race([acting().catch(() => undefined), ended])
      client.connection.stream.destroy()
    }
  }
}

function cancel(port: number, { processID, secretKey }: { processID?: number; secretKey?: number }): void {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined).resume().end(serialize.cancel(processID ?? 0, secretKey ?? 0))
}

async function mix(port: number): ReturnType<Talk['mix']> {
  const { host, port: direct } = await postgres()
  const setup = new pg.Client({ ...LOGIN, host, port: direct })
  await setup.connect()
  await setup.query(SETUP)
  await setup.end()
  let over = false
  const stopped = (): boolean => over
  const acts = [
    ...[0, 3, 6].map((offset) => forever(port, stopped, async (client, n) => { await HABITS[(n + offset) % HABITS.length]?.(client, n); await pause(1) })),
    // Idle ones, and one that listens.
    ...[1, 2].map(() => forever(port, stopped, () => pause(20))),
    forever(port, stopped, async (client, n) => { if (n === 0) await client.query('listen law'); await pause(20) }),
    // One that comes and goes, and one that is cancelled.
    forever(port, stopped, async (client) => { await client.query('select 1'); await pause(20); throw new Error('it goes') }),
    forever(port, stopped, async (client) => {
      const asleep = client.query('select pg_sleep(0.05)')
      cancel(port, client as { processID?: number; secretKey?: number })
      await asleep.catch(() => undefined)
    }),
  ]
  return {
    async stop() {
      over = true
      await Promise.all(acts)
    },
  }
}

/** Messages, and a query that ends them: its row, and that the server is ready again. */
function round(mark: string, ...messages: readonly Buffer[]): Round {
  const end = Buffer.from(mark)
  return {
    send: Buffer.concat([...messages, serialize.query(`select '${mark}'`)]),
    answered(got) {
      const at = got.indexOf(end)
      return at >= 0 && got.includes('Z\0\0\0\x05I', at)
    },
  }
}

const batch = (text: string, values: string[] = [], name = ''): Buffer =>
  Buffer.concat([serialize.parse({ name, text, types: [] }), serialize.bind({ statement: name, values }), serialize.describe({ type: 'P' }), serialize.execute()])
const { query } = serialize

const script = (): readonly Round[] => [
  round('end-1', serialize.startup(LOGIN)),
  round('end-2', query('create temp table mine (id int, note text)'), query("insert into mine values (1, 'a'), (2, 'b'); select id + 0 as id, note || '' as note from mine"), query('select 1/0'), query('')),
  round('end-3', query('begin'), query('insert into mine values (3)'), query('nonsense'), query('select 1'), query('commit'), query('begin; delete from mine; rollback')),
  round('end-4', batch('select $1::int + 1', ['41']), serialize.sync(), batch('insert into mine values ($1)', ['x']), batch('select 1'), serialize.sync(), batch('select 2', [], 'named'), serialize.flush(), serialize.sync()),
  round('end-5', query('copy mine from stdin'), serialize.copyData(Buffer.from('5\tcopied\n')), serialize.copyDone(), query('copy mine to stdout'), query("select repeat('x', 100000)"), query('listen c'), query("notify c, 'hi'"), query('unlisten *')),
]

/** A client of bare messages, as libpq in pipeline mode: each question is a batch, or a query, of its own. */
class Asker implements Nonces {
  readonly #socket: Socket
  readonly #decoder = new PostgresDecoder('to-client', new Handshake())
  readonly #waiting: ((answer: string | undefined) => void)[] = []
  #row: string | undefined
  closed = false

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('error', () => undefined).on('data', (chunk: Buffer) => { this.#hear(chunk) })
    this.#socket.on('close', () => {
      this.closed = true
      for (const answered of this.#waiting.splice(0)) answered(undefined)
    })
  }

  #hear(chunk: Buffer): void {
    for (const message of this.#decoder.feed(chunk)) {
      if (message.type === 'DataRow') {
        const [value] = valuesOfRow(message)
        this.#row = message.raw.toString('latin1', value?.at, value?.end)
      } else if (message.type === 'ReadyForQuery') {
        this.#waiting.shift()?.(this.#row)
        this.#row = undefined
      }
    }
  }

  ask(question: Buffer): Promise<string | undefined> {
    if (this.closed) return Promise.resolve(undefined)
    this.#socket.write(question)
    return new Promise((resolve) => { this.#waiting.push(resolve) })
  }

  async burst(asks: readonly string[]): Promise<readonly (string | undefined)[]> {
    const answers = asks.map((ask, n) => {
      const between = [query('select i from generate_series(1, 15) i'), Buffer.concat([batch('select 1/0'), batch('select 3'), serialize.sync()]), query('begin; rollback')]
      for (const other of between.slice(n % 4)) void this.ask(other)
      return this.ask(n % 2 === 0 ? query(`select '${ask}'`) : Buffer.concat([batch('select $1::text', [ask]), serialize.sync()]))
    })
    return Promise.all(answers)
  }

  close(): void { this.#socket.destroy() }
}

async function nonces(port: number): Promise<Nonces> {
  const asker = new Asker(port)
  await asker.ask(serialize.startup(LOGIN))
  return asker
}

async function healthy(port: number): Promise<void> {
  const client = await open(port)
  assert.deepEqual((await client.query('select 1 a')).rows, [{ a: 1 }])
  await client.query('begin')
  await client.query('create temp table healthy (id int)')
  await client.query({ name: 'healthy', text: 'insert into healthy values ($1)', values: [1] })
  await client.query('commit')
  assert.deepEqual((await client.query('select * from healthy')).rows, [{ id: 1 }])
  await client.end()
}

/** What stands behind the first `head` taken out, so many characters of it. */
function without(said: string, head: string, length: number): string {
  const at = said.indexOf(head) + head.length
  return at < head.length ? said : said.slice(0, at) + said.slice(at + length)
}

export const postgresTalk: Talk = {
  protocol: 'postgres',
  missing: undefined,
  server: postgres, mix, script, nonces, healthy,
  // Process and key of a session, and the process that notifies.
  plain: (said) => without(without(said.toString('latin1'), 'K\0\0\0\x0c', 8), 'A\0\0\0\x0d', 4),
}
