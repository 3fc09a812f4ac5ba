/** Shipped sequences of faults that stand in one step. A scenario is a pure function from its parameters and targets to steps. */

import { duration, type Params } from '../core/params.ts'
import { ms, type Ms } from '../core/units.ts'

export interface ScenarioStep {
  /** Added to the name of the step that asked for the scenario. */
  readonly name: string
  /** From when that step begins. */
  readonly at: Ms
  readonly for: Ms
  readonly fault: string
  /** As people write them. */
  readonly params: Readonly<Record<string, unknown>>
  readonly on: string
}
export interface Scenario<P> {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  readonly params: Params<P>
  /** A step of an experiment, in YAML. */
  readonly example: string
  /** At least one; no two of the same name. */
  steps(params: P, targets: readonly string[]): readonly ScenarioStep[]
}
/** Of whatever parameters. `any` for the same reason as in a registry of faults. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnyScenario = Scenario<any>
export type Scenarios = ReadonlyMap<string, AnyScenario>

const rollingPartition: Scenario<{ each: Ms; gap: Ms }> = {
  name: 'rolling_partition',
  summary: 'Cuts each of several targets off in turn, one at a time.',
  params: {
    each: duration('How long each target is cut off.', '10s', { min: '1ms', max: '1h' }),
    gap: duration('How long all are whole between two of them.', '5s', { max: '1h' }),
  },
  example: '{ step: roll, scenario: rolling_partition, on: [cache, db], params: { each: 5s, gap: 2s } }',
  steps: ({ each, gap }, targets) => targets.map((on, turn) => ({ name: on, at: ms(turn * (each + gap)), for: each, fault: 'partition', params: {}, on })),
}

export const scenarios: Scenarios = new Map([[rollingPartition.name, rollingPartition]])
