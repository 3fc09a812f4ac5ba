/**
 * The replica that the shop reads from, and who is written to.
 *
 *   twice a second:  how far is the primary's log, how far has the replica come?  ─▶ reads go to the replica, or to the primary
 *                    is the replica none any more, on a later timeline?           ─▶ it is the primary now: everything goes there, and never back
 *
 * What it does not do: promote anybody; hold back a shop that cannot see the promotion while it still reaches the old primary, which has
 * to be fenced by who promotes; bring back what the old primary had committed and not sent. What other shops have just written may be missing
 * for as long as the replica may lag.
 */

import type { Pool, QueryConfig, QueryResultRow } from 'pg'
import { type Clock, realClock, type Timer } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { openPool, type Source } from '../pool.ts'
import { Breaker } from './breaker.ts'
import { Lag, type PrimaryWord, type ReplicaWord } from './lag.ts'
import type { MovingPool } from './moving-pool.ts'
import { Recent } from './recent.ts'
import type { Settings } from './settings.ts'

export interface Replica {
  /** Resolves when both have been asked once, so that a shop that starts after a failover begins at the right one. */
  begin(): Promise<void>
  /** Whom to ask for what these keys stand for. */
  sourceFor(...keys: readonly string[]): Source
  /** These have just been written: for a while they are read where they were written. */
  wrote(...keys: readonly string[]): void
  readonly state: 'follows' | 'behind' | 'gone' | 'promoted'
  readonly lag: Ms | undefined
  close(): void
}

export interface ReplicaOptions extends Pick<Settings, 'replicaLagMaxMs'> {
  readonly replicaUrl: string
  readonly primary: MovingPool
  /** For one statement. */
  readonly deadline: Ms
  log(line: string): void
}

const LOOK_EVERY: Ms = ms(500)
/** A server that is slower to say where it is is as good as gone. */
const LOOK_DEADLINE: Ms = ms(300)
/** So often in a row unanswered, and the primary is taken for gone: then an old answer is better than none. */
const GONE_AFTER = 2
const CONNECTIONS = 10
const PRIMARY = `select (pg_current_wal_lsn() - '0/0')::float8 as written, extract(epoch from clock_timestamp())::float8 * 1000 as clock, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline`
const REPLICA = `select pg_is_in_recovery() as follows, (pg_last_wal_replay_lsn() - '0/0')::float8 as applied, extract(epoch from pg_last_xact_replay_timestamp())::float8 * 1000 as committed,
  case when not pg_is_in_recovery() then substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end as timeline`

type Primary = PrimaryWord & { readonly timeline: string }
type Second = ReplicaWord & { readonly follows: boolean; readonly timeline: string | null }

export function openReplica({ replicaUrl, primary, replicaLagMaxMs: lagMax, deadline, log }: ReplicaOptions, clock: Clock = realClock): Replica {
  const short = { max: 1, connectionTimeoutMillis: LOOK_DEADLINE, query_timeout: LOOK_DEADLINE, keepAlive: true }
  const own = openPool({ connectionString: replicaUrl, max: CONNECTIONS, connectionTimeoutMillis: deadline, query_timeout: deadline, keepAlive: true }, log)
  // Connections of their own: a queue for the others must not look like a lag.
  const looks = { primary: openPool({ ...short, connectionString: primary.url }, log), replica: openPool({ ...short, connectionString: replicaUrl }, log) }
  const breaker = new Breaker({ failures: 3, openFor: ms(250), clock, onOpen: () => log('replica: given up for now') })
  const lag = new Lag()
  const written = new Recent(clock)
  let promoted = false
  let unanswered = 0
  let timeline = ''
  let timer: Timer | undefined
  let closed = false

  const behind = (): boolean => (lag.behind(clock.now()) ?? Infinity) > lagMax && unanswered < GONE_AFTER

  async function look(): Promise<void> {
    const at = clock.now()
    const first = await said<Primary>(looks.primary, PRIMARY)
    unanswered = first ? 0 : unanswered + 1
    if (first) {
      lag.primarySaid(first, at)
      timeline = first.timeline
    }
    const second = await breaker.run(() => asked<Second>(looks.replica, REPLICA)).catch(() => undefined)
    if (second?.follows) lag.replicaSaid({ ...second, committed: second.committed ?? undefined })
    else if (second && second.timeline !== null && second.timeline > timeline) promote()
  }

  function promote(): void {
    promoted = true
    log('replica: it has been promoted; it is the primary from now on')
    primary.moveTo(replicaUrl)
  }

  function goOn(): void {
    if (closed || promoted) return
    timer = clock.at(ms(clock.now() + LOOK_EVERY), () => void look().then(goOn))
  }

  /** What is asked of the replica and cannot be had there is asked of the primary. */
  const either: Source = {
    query: <Row extends QueryResultRow>(query: QueryConfig) => breaker.run(() => own.query<Row>(query)).catch(() => primary.pool.query<Row>(query)),
  }

  return {
    begin: () => look().then(goOn),
    sourceFor: (...keys) => (promoted || breaker.state === 'open' || behind() || keys.some((key) => written.has(key)) ? primary.pool : either),
    wrote: (...keys) => written.add(...keys),
    get state() { return promoted ? 'promoted' : breaker.state === 'open' ? 'gone' : behind() ? 'behind' : 'follows' },
    get lag() { return lag.behind(clock.now()) },
    close() {
      closed = true
      timer?.cancel()
      for (const pool of [own, looks.primary, looks.replica]) void pool.end()
    },
  }
}

async function asked<Row extends object>(pool: Pool, text: string): Promise<Row> {
  const { rows: [row] } = await pool.query<Row>(text)
  if (!row) throw new Error('it says nothing')
  return row
}

const said = <Row extends object>(pool: Pool, text: string): Promise<Row | undefined> => asked<Row>(pool, text).catch(() => undefined)
