/** What a run came to: a fold over its journal, whole or cut short. Everything that is shown of a run is made from this. */

import { ms, type Ms } from '../core/units.ts'
import { noCounts, type BucketRecord, type Source } from '../record/buckets.ts'
import type { FiguresRecord, Labels } from '../record/figures.ts'
import type { ClearReason, EventBodies, EventOf, JournalEvent, Outcome, Phase } from '../record/events.ts'
import type { ProfileRecord } from '../record/profiles.ts'
import { partBuckets, wholeBuckets } from './parts.ts'

/** All times are on the monotonic clock of the machine that ran it, in ms. */
export interface PhaseRecord { readonly phase: Phase; readonly from: Ms; readonly to: Ms }

/** One arming of a rule. What it never reached is undefined. */
export interface RuleRecord {
  readonly rule: string
  readonly step: string
  readonly fault: string
  readonly target: string
  readonly params: Readonly<Record<string, unknown>>
  readonly armed: Ms | undefined
  /** The first operation really altered. */
  readonly effect: Ms | undefined
  readonly cleared: Ms | undefined
  readonly reason: ClearReason | undefined
  readonly drained: Ms | undefined
  readonly matched: number
  readonly altered: number
  /** The first operations that it altered. */
  readonly examples: readonly EventOf<'altered'>[]
}

/** A real action of a step, from when its command was started to when its undo (or, without one, itself) was done. */
export interface ActionRecord { readonly step: string; readonly argv: readonly string[]; readonly from: Ms; readonly to: Ms; readonly exit: number | null; readonly undone: boolean }

/** The buckets of one signal's source, in order. */
export interface SignalRecord { readonly source: Source; readonly name: string; readonly buckets: readonly BucketRecord[] }

export interface RunRecord {
  /** Undefined only when the journal was cut before its first whole line. */
  readonly started: EventOf<'run.started'> | undefined
  /** First and last time that the journal knows of. */
  readonly from: Ms
  readonly to: Ms
  readonly phases: readonly PhaseRecord[]
  readonly rules: readonly RuleRecord[]
  readonly actions: readonly ActionRecord[]
  readonly signals: readonly SignalRecord[]
  /** What passed through targets by name, in order. */
  readonly figures: readonly FiguresRecord[]
  /** The first reactions to each rule, and the latest count of all of them. */
  readonly reactions: readonly EventOf<'reaction'>[]
  readonly reactionTotals: readonly EventOf<'reactions'>[]
  readonly probes: readonly EventOf<'probe'>[]
  readonly apps: readonly EventOf<'app'>[]
  readonly loads: readonly EventOf<'load'>[]
  readonly heals: readonly EventOf<'heal'>[]
  readonly profiles: readonly ProfileRecord[]
  /** What servers said of themselves, the latest of each target. */
  readonly surveys: readonly EventOf<'survey'>[]
  readonly suspects: readonly EventOf<'suspect'>[]
  readonly notes: readonly EventOf<'note'>[]
  readonly alerts: readonly EventOf<'alert'>[]
  /** What people did by hand. */
  readonly operators: readonly EventOf<'operator'>[]
  readonly problems: readonly EventOf<'problem'>[]
  /** What the run itself said; where it never came to that, what is plain from its journal. */
  readonly verdict: EventBodies['verdict']
  /** Undefined: the run never ended, it crashed or still runs. */
  readonly exit: number | undefined
}

/** Events in the order of the journal. Any prefix of a run gives a record. */
export function foldRun(events: readonly JournalEvent[]): RunRecord {
  const all = <K extends JournalEvent['kind']>(kind: K): EventOf<K>[] => events.filter((event): event is EventOf<K> => event.kind === kind)
  const from = events[0]?.at ?? ms(0)
  const to = ms(events.reduce<number>((latest, { at }) => Math.max(latest, at), from))
  const ended = all('run.ended').at(-1)
  const figures = all('figures').map((event) => event.figures)
  return {
    started: all('run.started')[0], from, to,
    phases: foldPhases(all('phase'), to),
    rules: foldRules(events), actions: foldActions(all('action')),
    signals: foldSignals(all('bucket').map(({ bucket }) => bucket), figures), figures,
    reactions: all('reaction'), reactionTotals: [...new Map(all('reactions').map((event) => [event.rule, event])).values()],
    probes: all('probe'), apps: all('app'), loads: all('load'), heals: all('heal'), profiles: all('profile').map((event) => event.profile), surveys: [...new Map(all('survey').map((event) => [event.target, event])).values()], suspects: all('suspect'), notes: all('note'), alerts: all('alert'), operators: all('operator'), problems: all('problem'),
    verdict: foldVerdict(all('verdict').at(-1), ended), exit: ended?.exit,
  }
}

/** The outcome of a run with no verdict: it was aborted by a crash, unless it says itself how it ended. */
function foldVerdict(verdict: EventOf<'verdict'> | undefined, ended: EventOf<'run.ended'> | undefined): EventBodies['verdict'] {
  const outcome: Outcome = ended?.outcome ?? verdict?.outcome ?? 'ABORTED'
  const why = verdict?.why ?? (ended ? 'the run ended without a verdict' : 'crash: the journal ends in mid-run')
  return { outcome, why, expectations: verdict?.expectations ?? [] }
}

const foldPhases = (phases: readonly EventOf<'phase'>[], to: Ms): PhaseRecord[] =>
  phases.map(({ phase, at }, i) => ({ phase, from: at, to: phases[i + 1]?.at ?? to }))

function foldRules(events: readonly JournalEvent[]): RuleRecord[] {
  const rules: RuleRecord[] = []
  const last = (rule: string): number => rules.findLastIndex((one) => one.rule === rule)
  const change = (rule: string, changed: (before: RuleRecord) => Partial<RuleRecord>): void => {
    const at = last(rule)
    const before = rules[at]
    if (before) rules[at] = { ...before, ...changed(before) }
  }
  for (const event of events) {
    switch (event.kind) {
      case 'rule.arming': {
        const { rule, step, fault, target, params } = event
        const before = rules[last(rule)]
        // An armed rule that is changed in place (its parameters, its time) stays one arming.
        if (before && before.cleared === undefined) change(rule, () => ({ params }))
        else rules.push({ rule, step, fault, target, params, armed: undefined, effect: undefined, cleared: undefined, reason: undefined, drained: undefined, matched: 0, altered: 0, examples: [] })
        break
      }
      case 'rule.armed': change(event.rule, ({ armed }) => ({ armed: armed ?? event.effectiveAt })); break
      case 'altered': change(event.rule, ({ effect, altered, examples }) => ({
        effect: effect === undefined || event.effectiveAt < effect ? event.effectiveAt : effect, altered: altered + 1, examples: [...examples, event],
      })); break
      // What was altered but not journalled one by one began, at the latest, when the rule was armed.
      case 'rule.cleared': change(event.rule, ({ effect, armed, altered }) => ({
        cleared: event.effectiveAt, reason: event.reason, matched: event.matched, altered: Math.max(altered, event.altered), effect: effect ?? (event.altered > 0 ? armed : undefined),
      })); break
      case 'drained': change(event.rule, () => ({ drained: event.effectiveAt })); break
      default: break
    }
  }
  return rules
}

function foldActions(events: readonly EventOf<'action'>[]): ActionRecord[] {
  const actions: ActionRecord[] = []
  for (const { step, event, argv, exit, tookMs, at } of events) {
    const open = actions.findLastIndex((action) => action.step === step && !action.undone)
    const before = actions[open]
    if (event === 'undo' && before) actions[open] = { ...before, to: at, undone: true }
    else if (event === 'run') actions.push({ step, argv, exit, from: ms(at - tookMs), to: at, undone: false })
  }
  return actions
}

/** Where messages are read, operations stand in place of what can be told from bytes: one a request, however they share a connection. */
function foldSignals(all: readonly BucketRecord[], figures: readonly FiguresRecord[]): SignalRecord[] {
  const read = new Set(figures.map(({ target }) => target))
  const signals = new Map<string, { source: Source; name: string; buckets: BucketRecord[] }>()
  const add = (bucket: BucketRecord): void => {
    const { source, name } = bucket
    const key = `${source}/${name}`
    const signal = signals.get(key) ?? { source, name, buckets: [] }
    signals.set(key, signal)
    signal.buckets.push(bucket)
  }
  for (const bucket of all) add(bucket.source === 'target' && read.has(bucket.name) ? withoutExchanges(bucket) : bucket)
  for (const bucket of [...partBuckets(figures), ...wholeBuckets(figures)]) add(bucket)
  for (const { buckets } of signals.values()) buckets.sort((a, b) => a.start - b.start)
  return [...signals.values()]
}

function withoutExchanges({ latency: _, ...bucket }: BucketRecord): BucketRecord { return { ...bucket, counts: noCounts() } }

/** When a phase began and ended; undefined when the run never came to it. */
export const phaseOf = ({ phases }: RunRecord, phase: Phase): PhaseRecord | undefined => phases.find((one) => one.phase === phase)

const narrowed = new WeakMap<RunRecord, Map<string, SignalRecord>>()

/** The signal of that name; names share one namespace. With `where` only those operations of a target, and a bucket wherever the target has one. */
export function signalOf(record: RunRecord, { name, where }: { readonly name: string; readonly where?: Labels | undefined }): SignalRecord | undefined {
  const whole = record.signals.find((signal) => signal.name === name)
  if (!whole || !where) return whole
  const key = `${name} ${JSON.stringify(Object.entries(where).sort())}`
  const known = narrowed.get(record) ?? new Map<string, SignalRecord>()
  narrowed.set(record, known)
  const found = known.get(key) ?? { ...whole, buckets: narrow(whole, record.figures, where) }
  known.set(key, found)
  return found
}

function narrow({ name, buckets }: SignalRecord, figures: readonly FiguresRecord[], where: Labels): BucketRecord[] {
  const empty = [...new Map(buckets.map(({ source, start, width }) => [start, { source, name, start, width, counts: noCounts() }])).values()]
  return [...empty, ...partBuckets(figures.filter(({ target }) => target === name), where)].sort((a, b) => a.start - b.start)
}
