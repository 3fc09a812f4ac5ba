/** Shipped sequences of faults that stand in one step. A scenario is a pure function from its parameters and targets to steps. */

import { duration, share, type Params } from '../core/params.ts'
import { ms, type Ms, type Ratio } from '../core/units.ts'
import type { Rule } from '../rule.ts'

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
  /** Whom it hits, as in a rule. */
  readonly who?: Pick<Rule, 'where' | 'chance' | 'scope'>
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

/** The same on each target, under names that tell them apart; what would last no time is left out. */
const onEach = (targets: readonly string[], steps: readonly Omit<ScenarioStep, 'on'>[]): readonly ScenarioStep[] =>
  targets.flatMap((on) => steps.filter((step) => step.for > 0).map((step) => ({ ...step, name: targets.length > 1 ? `${on}-${step.name}` : step.name, on })))

/** A share of the connections, each from its first byte to its last. */
const connections = (share: Ratio): NonNullable<ScenarioStep['who']> => ({ chance: share, scope: 'connection' })

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

/** A primary dies and a standby takes its place: what a client that keeps one address sees of it. */
const postgresFailover: Scenario<{ down: Ms; starting: Ms; read_only: Ms; share: Ratio }> = {
  name: 'postgres.failover',
  summary: 'Lets a Postgres fail over: sessions are shut down by 57P01 and connections refused, then logins are answered 57P03, then a share of the connections still leads to a standby that takes no writes.',
  params: {
    down: duration('How long nobody can connect.', '5s', { min: '1ms', max: '1h' }),
    starting: duration('How long 57P03 is answered to logins then; 0 for not at all.', '5s', { max: '1h' }),
    read_only: duration('How long 25006 is answered to writes then; 0 for not at all.', '10s', { max: '1h' }),
    share: share('Share of the connections that get 25006: those that lead to the wrong server.', '50%'),
  },
  example: '{ step: failover, scenario: postgres.failover, on: db, params: { down: 5s, starting: 5s, read_only: 10s, share: 50% } }',
  steps: ({ down, starting, read_only, share }, targets) => onEach(targets, [
    { name: 'shutdown', at: ms(0), for: down, fault: 'postgres.kill', params: { error: 'admin_shutdown' } },
    { name: 'refused', at: ms(0), for: down, fault: 'refuse', params: {} },
    { name: 'starting', at: down, for: starting, fault: 'postgres.startup', params: { how: 'starting_up' } },
    { name: 'read-only', at: ms(down + starting), for: read_only, fault: 'postgres.read_only', params: {}, who: connections(share) },
  ]),
}

/** A primary dies and a replica takes its place: what a client that keeps one address sees of it. */
const redisFailover: Scenario<{ down: Ms; loading: Ms; read_only: Ms; share: Ratio }> = {
  name: 'redis.failover',
  summary: 'Lets a Redis fail over: connections break and are refused, then the new server loads its data, then a share of the connections still leads to one that takes no writes.',
  params: {
    down: duration('How long nobody can connect.', '3s', { min: '1ms', max: '1h' }),
    loading: duration('How long LOADING is answered then; 0 for not at all.', '5s', { max: '1h' }),
    read_only: duration('How long READONLY is answered to writes then; 0 for not at all.', '10s', { max: '1h' }),
    share: share('Share of the connections that get READONLY: those that lead to the wrong server.', '50%'),
  },
  example: '{ step: failover, scenario: redis.failover, on: cache, params: { down: 3s, loading: 5s, read_only: 10s, share: 50% } }',
  steps: ({ down, loading, read_only, share }, targets) => onEach(targets, [
    { name: 'reset', at: ms(0), for: down, fault: 'reset_peer', params: {} },
    { name: 'refused', at: ms(0), for: down, fault: 'refuse', params: {} },
    { name: 'loading', at: down, for: loading, fault: 'redis.error', params: { error: 'LOADING' } },
    { name: 'read-only', at: ms(down + loading), for: read_only, fault: 'redis.error', params: { error: 'READONLY' }, who: connections(share) },
  ]),
}

export const scenarios: Scenarios = new Map<string, AnyScenario>([postgresFailover, redisFailover, rollingPartition].map((one) => [one.name, one]))
