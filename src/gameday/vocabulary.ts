/** The words of a session: what may be injected, and into what. */

import { scenarios, type AnyScenario } from '../experiment/scenarios.ts'
import type { Plan } from '../experiment/plan.ts'
import type { AnyFault, Registry } from '../fault.ts'
import type { Protocol } from '../protocols/codec.ts'

export interface Vocabulary {
  readonly faults: Registry
  readonly scenarios: ReadonlyMap<string, AnyScenario>
  /** By name, what each speaks. */
  readonly targets: ReadonlyMap<string, Protocol>
  /** Of the file's method: those that inject a fault. */
  readonly steps: readonly string[]
  /** Faults that falsify data are allowed. */
  readonly corruption: boolean
}

export const vocabularyOf = ({ targets, method, corruption }: Pick<Plan, 'targets' | 'method' | 'corruption'>, faults: Registry): Vocabulary => ({
  faults, scenarios, corruption,
  targets: new Map(targets.map(({ spec: { name, protocol } }) => [name, protocol])),
  steps: method.flatMap(({ kind, step }) => (kind === 'fault' ? [step] : [])),
})

export const acts = ({ protocols }: Pick<AnyFault, 'protocols'>, on: Protocol): boolean => protocols.length === 0 || protocols.includes(on)
