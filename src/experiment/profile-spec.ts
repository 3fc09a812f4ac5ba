/** What `profile:` of an experiment asks for. */

import type { Ms } from '../core/units.ts'

export interface ProfileSpec {
  /** As the application is called in messages. */
  readonly app: string
  /** `fault`: while any step holds; or the step. */
  readonly during: string
  readonly interval: Ms
}
