/** The report for machines: one JSON document. docs/report.md describes every field; `format` grows when one changes its meaning. */

import { ms, type Ms } from '../core/units.ts'
import { adviseOn } from '../advice/advise.ts'
import type { Analysis, SignalTiming } from './analysis.ts'
import type { RunRecord } from './fold.ts'
import { gameOf, type Marked } from './game.ts'
import { headline } from './headline.ts'
import { loadNotes, loadRows, type LoadRow } from './loads.ts'
import { passedOf, type PassedRow, type PassedSockets } from './passed.ts'
import { movesOf } from './reactions.ts'
import { resourcesOf } from './resources.ts'

export const REPORT_FORMAT = 1

/** Ends in a newline. Times named `…AtMs` count from `origin`: the first operation that a fault altered. */
export const renderJson = (record: RunRecord, analysis: Analysis): string => `${JSON.stringify(reportOf(record, analysis), null, 2)}\n`

/** The document as data. Undefined fields are left out by JSON; what a run never came to is null. */
export function reportOf(record: RunRecord, analysis: Analysis): Readonly<Record<string, unknown>> {
  const { started, verdict, exit } = record
  const since = (time: Ms | undefined): number | null => (time === undefined ? null : rounded(time - analysis.origin))
  const measured = loadRows(record)
  return {
    format: REPORT_FORMAT,
    run: started?.run ?? null, name: started?.name ?? null, question: started?.question ?? null,
    file: started?.file ?? null, hash: started?.hash ?? null, seed: started?.seed ?? null, versions: started?.versions ?? {}, startedAt: started?.wall ?? null, trace: started?.trace?.id ?? null,
    outcome: verdict.outcome, exit: exit ?? null, why: verdict.why, headline: headline(record, analysis),
    expectations: verdict.expectations,
    signals: analysis.signals.map((one) => signalOf(one, since)),
    traffic: analysis.traffic.map(({ target, step, detect, reaction, refill, unfilled, storm, stormPeak, retries }) => ({
      target, step: step ?? null, detectMs: orNull(detect), reaction: reaction ?? null, refillMs: orNull(refill), unfilledMs: orNull(unfilled), storm: orNull(storm), stormPerSecond: orNull(stormPeak), retries: orNull(retries),
    })),
    steps: analysis.spans.map(({ step, what, kind, targets, armed, effect, clear, drained, matched, altered }) => ({
      step, what, kind, targets, armedAtMs: since(armed), effectAtMs: since(effect), clearAtMs: since(clear), drainedAtMs: since(drained), matched, altered,
    })),
    passed: passedOf(record).map(({ target, operations, keys, transactions, sockets }) => ({
      target, operations: operations.map(passedRow), keys: keys.map(passedRow),
      transactions: transactions ? { ended: transactions.ended, rolledBack: transactions.rolledBack, p50Ms: orNull(transactions.p50), p95Ms: orNull(transactions.p95), longestMs: orNull(transactions.longest) } : null,
      sockets: sockets ? { opened: sockets.opened, setupMs: spread(sockets.setup), cut: sockets.cut, back: sockets.back, resumeMs: spread(sockets.resume), messages: sockets.messages, lost: sockets.lost } : null,
    })),
    resources: resourcesOf(record).map(({ name, metric, baseline, fault, recovery }) => ({ signal: `${name}.${metric}`, baseline: orNull(baseline), fault: orNull(fault), recovery: orNull(recovery) })),
    reactions: movesOf(record).map(({ step, altered, unwatched, control, soonest }) => ({ step, altered, unwatched, control, soonestMs: soonest })),
    phases: record.phases.map(({ phase, from, to }) => ({ phase, fromAtMs: since(from), toAtMs: since(to) })),
    probes: record.probes.map(({ name, ok, at, tookMs, value, problem }) => ({ name, ok, atMs: since(at), tookMs, value, problem })),
    loads: record.loads.map(({ name, valid, why, latenessP99Ms, cpu, droppedShare, errors, closes }) => ({ name, valid, why, latenessP99Ms, cpu, droppedShare, errors, closes, figures: loadFigures(measured.find((row) => row.name === name)) })),
    loadNotes: loadNotes(record),
    heal: record.heals.map(({ target, ok, before, after }) => ({ target, ok, before, after })),
    suspects: record.suspects.map(({ at, stallMs }) => ({ atMs: since(at), stallMs })),
    advice: adviceOf(record), surveys: record.surveys.map(({ target, survey }) => ({ target, ...survey })),
    profiles: record.profiles.map(({ calls: _, ...profile }) => profile),
    problems: record.problems.map(({ at, code, text }) => ({ atMs: since(at), code, text })),
    alerts: record.alerts.map(({ at, alert, state, text }) => ({ atMs: since(at), alert, state, text })),
    notes: record.notes.map(({ at, text }) => ({ atMs: since(at), text })),
    session: sessionOf(record, analysis, since),
  }
}

/** As `advise --json` tells it, too. */
export const adviceOf = (record: RunRecord): readonly Readonly<Record<string, unknown>>[] => adviseOn(record).map(({ id, target, title, evidence, actions, gain, confidence, limits }) => ({
  id, target: target ?? null, title, evidence, actions, gain: { share: orNull(gain.share), text: gain.text, how: gain.how ?? null }, confidence, limits,
}))

/** Null where nobody did anything by hand. Times of marks count from when the injection took effect. */
function sessionOf(record: RunRecord, analysis: Analysis, since: (time: Ms | undefined) => number | null): Readonly<Record<string, unknown>> | null {
  const game = gameOf(record, analysis)
  const marked = (mark: Marked | undefined): Readonly<Record<string, unknown>> | null => (mark ? { who: mark.who, afterMs: rounded(mark.after), afterOnsetMs: orNull(mark.afterOnset) } : null)
  return game ? {
    actions: game.actions.map(({ at, wall, who, did, text, rule }) => ({ atMs: since(at), wall, who, did, text, rule: rule ?? null })),
    injections: game.injections.map(({ span: { step }, who, worst, detected, mitigated }) => ({
      step, who: who ?? null, signal: worst ? `${worst.signal.name}.${worst.signal.metric}` : null, status: worst?.timing.status ?? null, recoveryMs: orNull(worst?.timing.recovery), detected: marked(detected), mitigated: marked(mitigated),
    })),
  } : null
}

/** Once the warm-up was over. */
const loadFigures = (row: LoadRow | undefined): Readonly<Record<string, number | null>> | null => row === undefined ? null : {
  offered: row.offered, offeredPerSecond: rounded(row.offeredRate), okPerSecond: orNull(row.rate), p50Ms: orNull(row.p50), p95Ms: orNull(row.p95), p99Ms: orNull(row.p99), maxMs: orNull(row.max),
  success: orNull(row.success), errors: row.errors, timeouts: row.timeouts, dropped: row.dropped,
}

function signalOf({ signal: { name, metric, where }, source, step, timing }: SignalTiming, since: (time: Ms | undefined) => number | null): Readonly<Record<string, unknown>> {
  const { status, width, widened, baseline, onset, lateOnset, recovered, recovery, observed, sinceFault, degraded, depth, area, lost, flaps, blips, episodes } = timing
  return {
    signal: `${name}.${metric}`, where: where ?? null, source, step: step ?? null, status,
    onsetAtMs: since(onset), lateOnset, recoveredAtMs: since(recovered), recoveryMs: orNull(recovery), plusMinusMs: width, observedMs: orNull(observed), sinceFaultMs: orNull(sinceFault),
    degradedMs: rounded(degraded), depth: rounded(depth), areaMs: rounded(area), lost: rounded(lost), flaps, blips, widened, baseline: baseline ?? null,
    episodes: episodes.map(({ from, to }) => ({ fromAtMs: since(from), toAtMs: since(to) })),
  }
}

const passedRow = ({ of, offered, ok, errors, rate, p50, p95, p99, held, hits, misses, statuses, firstByteP95, bytesToServer, bytesToClient }: PassedRow): Readonly<Record<string, unknown>> => ({
  ...of, offered, ok, errors, rate: rounded(rate), p50Ms: orNull(p50), p95Ms: orNull(p95), p99Ms: orNull(p99), heldMs: rounded(held), hits, misses,
  statuses, firstByteP95Ms: orNull(firstByteP95), bytesToServer, bytesToClient,
})

const spread = ({ p50, p95, longest }: PassedSockets['setup']): Readonly<Record<string, number | null>> => ({ p50: orNull(p50), p95: orNull(p95), longest: orNull(longest) })
const rounded = (value: number): number => Number(value.toFixed(3))
const orNull = (value: number | undefined): number | null => (value === undefined ? null : rounded(ms(value)))
