/** The figures of several planes that serve the same targets, as those of one. */

import { ms } from '../../core/units.ts'
import { added, together } from '../../record/sums.ts'
import type { HeldTimes, NamedFigures, OperationFigures, PlaneFigures, PlaneSnapshot, RuleFigures, SocketFigures, TargetFigures, TargetGauges } from '../plane.ts'

/** Of the targets named, in that order; one of which nobody has figures has none. */
export const addedGauges = (all: readonly PlaneSnapshot[]): Readonly<Record<string, TargetGauges>> => byName(all.map(({ targets }) => targets), gaugesOf)

export const addedPlanes = (all: readonly PlaneFigures[]): PlaneFigures => ({
  targets: byName(all.map(({ targets }) => targets), targetOf),
  rules: together(all.flatMap(({ rules }) => rules), ({ rule }) => rule, ruleOf),
  operations: byName(all.map(({ operations }) => operations), operationsOf),
})

/** What is left of the figures of one that is gone: its connections are, the rest has happened. */
export const departed = ({ targets, operations }: PlaneFigures): PlaneFigures => ({
  targets: Object.fromEntries(Object.entries(targets).map(([name, one]) => [name, { ...one, connections: 0 }])),
  rules: [],
  operations: Object.fromEntries(Object.entries(operations).map(([name, one]) => [name, { ...one, named: one.named.map((part) => ({ ...part, inFlight: 0 })) }])),
})

function byName<T>(all: readonly Readonly<Record<string, T>>[], merge: (all: readonly T[]) => T): Readonly<Record<string, T>> {
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))]
  return Object.fromEntries(names.map((name) => [name, merge(all.flatMap((one) => one[name] ?? []))]))
}

const gaugesOf = (all: readonly TargetGauges[]): TargetGauges => {
  const { connections = 0, accepted = 0, failedDials = 0, resets = 0, bytesToServer = 0, bytesToClient = 0 } = added(all.map((one) => ({ ...one })))
  return { connections, accepted, failedDials, resets, bytesToServer, bytesToClient }
}

function targetOf(all: readonly TargetFigures[]): TargetFigures {
  const { bytesFromClient = 0, bytesFromServer = 0 } = added(all.map(({ bytesFromClient: client, bytesFromServer: server }) => ({ bytesFromClient: client, bytesFromServer: server })))
  return { ...gaugesOf(all.map(({ held: _, ...gauges }) => gauges)), bytesFromClient, bytesFromServer, held: timesOf(all.map(({ held }) => held)) }
}

const ruleOf = ({ rule, on, fault }: RuleFigures, all: readonly RuleFigures[]): RuleFigures =>
  ({ rule, on, fault, matched: all.reduce((sum, { matched }) => sum + matched, 0), altered: all.reduce((sum, { altered }) => sum + altered, 0) })

function operationsOf(all: readonly OperationFigures[]): OperationFigures {
  const sockets = all.flatMap((one) => one.sockets ?? [])
  return {
    named: together(all.flatMap(({ named }) => named), ({ of }) => JSON.stringify(of), namedOf),
    transactions: all.reduce((sum, { transactions }) => sum + transactions, 0), rolledBack: all.reduce((sum, { rolledBack }) => sum + rolledBack, 0),
    ...(sockets.length > 0 ? { sockets: socketsOf(sockets) } : {}),
  }
}

function namedOf({ of }: NamedFigures, all: readonly NamedFigures[]): NamedFigures {
  const { inFlight = 0, offered = 0, ok = 0, hits = 0, misses = 0, held = 0, bytesToServer = 0, bytesToClient = 0 } =
    added(all.map((one) => ({ inFlight: one.inFlight, offered: one.offered, ok: one.ok, hits: one.hits, misses: one.misses, held: one.held, bytesToServer: one.bytesToServer, bytesToClient: one.bytesToClient })))
  const firstBytes = all.flatMap((one) => one.firstBytes ?? [])
  return {
    of, inFlight, offered, ok, hits, misses, held: ms(held), bytesToServer, bytesToClient, errors: added(all.map(({ errors }) => errors)), statuses: added(all.map(({ statuses }) => statuses)),
    durations: timesOf(all.map(({ durations }) => durations)), ...(firstBytes.length > 0 ? { firstBytes: timesOf(firstBytes) } : {}),
  }
}

const socketsOf = (all: readonly SocketFigures[]): SocketFigures =>
  ({ setup: timesOf(all.map(({ setup }) => setup)), resume: timesOf(all.map(({ resume }) => resume)), cut: all.reduce((sum, { cut }) => sum + cut, 0) })

/** All have the same bounds. */
const timesOf = (all: readonly HeldTimes[]): HeldTimes => ({
  bounds: all[0]?.bounds ?? [], counts: (all[0]?.counts ?? []).map((_, at) => all.reduce((sum, { counts }) => sum + (counts[at] ?? 0), 0)), sum: ms(all.reduce((sum, one) => sum + one.sum, 0)),
})
