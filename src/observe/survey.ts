/** Asks the server behind a target about itself, once, when everything has been measured. One kind of survey for each protocol. */

import type { SurveyRecord } from '../record/surveys.ts'
import type { ServerSpec } from './server.ts'

/** What of the run's traffic the server is asked about: what took most time, first. */
export interface Asking {
  /** Statements: as the figures name them, and whole. */
  readonly statements: readonly { readonly name: string; readonly text: string }[]
  /** The pattern of a key, as the figures name it. */
  patternOf(key: Buffer): string
}

/** Gives up when the signal fires, and leaves no socket then. Changes nothing in the server. */
export type Survey = (server: ServerSpec, asking: Asking, signal: AbortSignal) => Promise<SurveyRecord>
