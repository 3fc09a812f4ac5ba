/** Who asks the database for the reading pages: one statement at a time, whoever answers it. */

import type { Ms } from '../../core/units.ts'
import type { Source } from '../pool.ts'

export interface Asker {
  /** `name`: one text has one name, by which a connection that knows it need not parse and plan it again. */
  ask<Row extends object>(name: string, text: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

/** `deadline` where it is to be another than the source's. */
export function askerOf(source: Source, prepared: boolean, deadline?: Ms): Asker {
  const within = deadline === undefined ? {} : { query_timeout: deadline }
  return {
    async ask<Row extends object>(name: string, text: string, values: readonly unknown[] = []) {
      return (await source.query<Row>({ text, values: [...values], ...within, ...(prepared ? { name } : {}) })).rows
    },
  }
}
