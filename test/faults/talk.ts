/** What the laws for faults on messages need of a protocol: one entry each in laws-messages.test.ts. */

import type { Protocol } from '../../src/protocols/codec.ts'

/** Bytes to send, and whether all that they are answered is in `got`: what came since the connection was made. */
export interface Round { readonly send: Buffer; answered(got: Buffer): boolean }

/** A connection of a client's own that counts on its replies: asks for a word of its own each time. */
export interface Nonces {
  /** Everything of one burst, sent in one go: what each question was answered, undefined where it failed. `ask` is what an answer must be. */
  burst(asks: readonly string[]): Promise<readonly (string | undefined)[]>
  /** The connection has been lost; bursts from now on fail. */
  readonly closed: boolean
  close(): void
}

export interface Talk {
  readonly protocol: Protocol
  /** Why its server cannot be had here. */
  readonly missing: string | undefined
  server(): Promise<{ readonly host: string; readonly port: number }>
  /** A bit of everything that applications do, from several clients that come again when they are cut off, until it is stopped. Never fails. */
  mix(port: number): Promise<{ stop(): Promise<void> }>
  /** The same bytes every time, and answers that are the same but for what `plain` takes out of them. */
  script(): readonly Round[]
  /** What differs from one connection to the next, taken out of what was said either way. */
  plain(said: Buffer): string
  nonces(port: number): Promise<Nonces>
  /** A fresh connection is answered as a healthy server answers. */
  healthy(port: number): Promise<void>
}
