/** Asks a Postgres for its tables, indexes and the plans of statements. Nothing is run but queries of catalogues and EXPLAIN, never with ANALYZE. (PostgreSQL 18, 27.2, 51.7, EXPLAIN) */

import type pg from 'pg'
import { monotonicNow } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { PostgresSurvey, SurveyedIndex, SurveyedPlan, SurveyedTable } from '../record/postgres-survey.ts'
import { explain } from './explain.ts'
import { connectPostgres } from './postgres.ts'
import type { ServerSpec } from './server.ts'
import type { Asking } from './survey.ts'

const STATEMENTS_MAX = 25
/** Of the two seconds that a survey has. */
const PLANS_WITHIN: Ms = ms(1000)
/** No lock that others hold is waited for, and nothing can be changed. */
const CAREFUL = `set default_transaction_read_only = on; set lock_timeout = '200ms'; set statement_timeout = '700ms'`

const NAME = `case when n.nspname = 'public' then quote_ident(c.relname) else quote_ident(n.nspname) || '.' || quote_ident(c.relname) end`
const FACTS = `select current_setting('server_version_num')::int version,
  (select extract(epoch from now() - coalesce(stats_reset, pg_postmaster_start_time())) * 1000 from pg_stat_database where datname = current_database()) statistics,
  (select json_object_agg(name, setting::float8 * case unit when '8kB' then 8192 when 'kB' then 1024 when 'MB' then 1048576 else 1 end) from pg_settings
    where name in ('max_connections', 'shared_buffers', 'work_mem', 'effective_cache_size', 'random_page_cost', 'idle_in_transaction_session_timeout', 'statement_timeout', 'plan_cache_mode')
      and vartype in ('integer', 'real')) settings`
const TABLES = `select ${NAME} name, greatest(c.reltuples, s.n_live_tup, 0)::float8 rows, c.relpages::float8 * 8192 size, coalesce(s.seq_scan, 0)::float8 scans, coalesce(s.seq_tup_read, 0)::float8 seq_rows,
  coalesce(s.idx_scan, 0)::float8 idx, (s.n_tup_ins + s.n_tup_upd + s.n_tup_del)::float8 written, s.n_dead_tup::float8 dead,
  coalesce(s.last_analyze, s.last_autoanalyze) is not null analysed, coalesce(io.heap_blks_hit, 0)::float8 hit, coalesce(io.heap_blks_read, 0)::float8 read,
  (select json_agg(json_build_object('name', quote_ident(attname), 'distinct', n_distinct)) from pg_stats p where p.schemaname = n.nspname and p.tablename = c.relname) columns
  from pg_stat_user_tables s join pg_class c on c.oid = s.relid join pg_namespace n on n.oid = c.relnamespace left join pg_statio_user_tables io on io.relid = s.relid
  order by coalesce(s.seq_tup_read, 0) + coalesce(s.idx_tup_fetch, 0) desc limit 100`
const INDEXES = `select x.relname name, ${NAME} "table", array(select pg_get_indexdef(i.indexrelid, k, true) from generate_series(1, i.indnkeyatts) k) columns,
  coalesce(s.idx_scan, 0)::float8 scans, x.relpages::float8 * 8192 size, i.indisvalid valid, i.indpred is not null partial,
  i.indisunique or i.indisreplident or exists (select from pg_constraint k where k.conindid = i.indexrelid) needed
  from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace join pg_class x on x.oid = i.indexrelid
  join pg_stat_user_indexes s on s.indexrelid = i.indexrelid order by x.relpages desc limit 300`

/** Rejects with what the server or the connection says. */
export async function surveyPostgres(server: ServerSpec, { statements }: Asking, signal: AbortSignal): Promise<PostgresSurvey> {
  const client = await connectPostgres(server, signal, 'brownout survey')
  try {
    await client.query(CAREFUL)
    const { rows: [facts] } = await client.query<{ version: number; statistics: string | null; settings: Record<string, number> | null }>(FACTS)
    const version = facts?.version ?? 0
    return {
      kind: 'postgres', version, statisticsMs: facts?.statistics === null || facts === undefined ? null : Math.round(Number(facts.statistics)), settings: facts?.settings ?? {},
      tables: await tablesOf(client), indexes: await indexesOf(client), plans: await plansOf(client, version, statements.slice(0, STATEMENTS_MAX)),
    }
  } finally {
    await client.end()
  }
}

interface TableRow { readonly name: string; readonly rows: number; readonly size: number; readonly scans: number; readonly seq_rows: number; readonly idx: number; readonly written: number; readonly dead: number
  readonly analysed: boolean; readonly hit: number; readonly read: number; readonly columns: SurveyedTable['columns'] | null }

async function tablesOf(client: pg.Client): Promise<readonly SurveyedTable[]> {
  const { rows } = await client.query<TableRow>(TABLES)
  return rows.map(({ name, rows: count, size, scans, seq_rows: read, idx, written, dead, analysed, hit, read: blocksRead, columns }) => ({
    name, rows: count, sizeBytes: size, sequentialScans: scans, sequentialRows: read, indexScans: idx, written, dead, analysed, blocksHit: hit, blocksRead, columns: columns ?? [],
  }))
}

interface IndexRow { readonly name: string; readonly table: string; readonly columns: readonly string[]; readonly scans: number; readonly size: number; readonly valid: boolean; readonly partial: boolean; readonly needed: boolean }

async function indexesOf(client: pg.Client): Promise<readonly SurveyedIndex[]> {
  const { rows } = await client.query<IndexRow>(INDEXES)
  return rows.map(({ name, table, columns, scans, size, valid, partial, needed }) => ({ name, table, columns, scans, sizeBytes: size, needed, valid, partial }))
}

async function plansOf(client: pg.Client, version: number, statements: Asking['statements']): Promise<readonly SurveyedPlan[]> {
  const until = monotonicNow() + PLANS_WITHIN
  const plans: SurveyedPlan[] = []
  for (const { name: statement, text } of statements) plans.push(monotonicNow() > until ? { statement, problem: 'there was no time left to ask' } : { statement, ...(await explain(client, version, text)) })
  return plans
}
