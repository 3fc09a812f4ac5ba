/** A probe as the loader has linked it. Secrets are in `url` and `argv`: neither may be shown. */

import type { Ms } from '../core/units.ts'

export type ProbeCheck =
  | { readonly kind: 'http'; readonly url: string }
  /** `unresolved` is HOST:PORT as written while `${…}` stands in it; host and port are empty and 0 until then. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly unresolved?: string }
  /** The value is the reply as a number, where it is one. */
  | { readonly kind: 'redis'; readonly url: string; readonly command: readonly string[] }
  /** The value is the first column of the first row as a number. */
  | { readonly kind: 'postgres'; readonly url: string; readonly sql: string }
  /** ok: exit 0. The value is stdout as a number, where it is one. */
  | { readonly kind: 'command'; readonly argv: readonly string[] }

export interface ProbeSpec { readonly name: string; readonly check: ProbeCheck; readonly when: { readonly at: 'start' | 'end' } | { readonly every: Ms }; readonly timeout: Ms }

/** One reading. `problem` is for people and holds no secret. */
export interface ProbeReading { readonly ok: boolean; readonly tookMs: number; readonly value?: number | undefined; readonly problem?: string | undefined }
