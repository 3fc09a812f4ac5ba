/** Money that was taken: one row a charge, and one charge a key. */

import type { Pool } from 'pg'
import { Refused } from '../pages.ts'

/** What a shop asks for; `reference` is its own name for the sale. */
export interface Bill { readonly reference: string; readonly amountCents: number }
export interface Charge extends Bill { readonly id: number }

const SCHEMA = `
  begin;
  select pg_advisory_xact_lock(7310577366);
  create schema if not exists brownout_payment;
  create table if not exists brownout_payment.charges (id bigint generated always as identity primary key, key text unique, reference text not null, amount_cents int not null, at timestamptz not null default now());
  create index if not exists charges_reference on brownout_payment.charges (reference);
  commit;`

const COLUMNS = 'id::int as id, reference, amount_cents as "amountCents"'

/** Idempotent. */
export async function createCharges(pool: Pool): Promise<void> { await pool.query(SCHEMA) }

/** Takes the money; a second time under the same key it takes nothing and gives the first charge again. Without a key it takes it whenever it is asked to. Refused where the key was for something else. */
export async function charge(pool: Pool, { reference, amountCents }: Bill, key: string | undefined): Promise<{ readonly charge: Charge; readonly again: boolean }> {
  const { rows: [made] } = await pool.query<Charge>(
    `insert into brownout_payment.charges (key, reference, amount_cents) values ($1, $2, $3) on conflict (key) do nothing returning ${COLUMNS}`, [key, reference, amountCents])
  if (made) return { charge: made, again: false }
  const { rows: [first] } = await pool.query<Charge>(`select ${COLUMNS} from brownout_payment.charges where key = $1`, [key])
  if (!first) throw new Error('a key that is taken, and no charge of it')
  if (first.reference !== reference || first.amountCents !== amountCents) throw new Refused(422, 'the key is of another charge')
  return { charge: first, again: true }
}

export const chargeById = async (pool: Pool, id: number): Promise<Charge | undefined> =>
  (await pool.query<Charge>(`select ${COLUMNS} from brownout_payment.charges where id = $1`, [id])).rows[0]

/** `double`: charges for what had been charged before. */
export interface ChargeCounts { readonly charges: number; readonly double: number }

/** Of one reference, or of all. */
export async function countCharges(pool: Pool, reference: string | null): Promise<ChargeCounts> {
  const { rows: [counts] } = await pool.query<ChargeCounts>(
    'select count(*)::int as charges, (count(*) - count(distinct reference))::int as double from brownout_payment.charges where $1::text is null or reference = $1', [reference])
  return counts ?? { charges: 0, double: 0 }
}
