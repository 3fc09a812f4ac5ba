/** A session's words for tests: the real faults, a target of each kind. */

import { registry } from '../../faults/index.ts'
import { scenarios } from '../../src/experiment/scenarios.ts'
import type { Vocabulary } from '../../src/gameday/vocabulary.ts'

export const vocabulary: Vocabulary = {
  faults: registry, scenarios, targets: new Map([['cache', 'redis'], ['db', 'postgres'], ['api', 'http'], ['raw', 'tcp']] as const), steps: ['cut', 'slow'], corruption: false,
}
