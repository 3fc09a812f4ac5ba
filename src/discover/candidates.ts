/** From what was seen to experiments that can be run: the text of each, ranked by the traffic that it hits. Pure. */

import { basename } from 'node:path'
import { Document, YAMLSeq, type Pair } from 'yaml'
import { redact } from '../core/redact.ts'
import { formatDuration, ms, parseDuration } from '../core/units.ts'
import type { Plan } from '../experiment/plan.ts'
import type { Registry } from '../fault.ts'
import type { RunRecord } from '../report/fold.ts'
import { plain, shareWords } from '../report/words.ts'
import { isPossible, type Idea, type IdeaStep } from './idea.ts'
import { ideasFor } from './ideas.ts'
import { expectationsOf, judgedLoads, lengthsFor, steadyStateOf, type Judgement, type Lengths } from './judgements.ts'
import { seenIn, type Seen } from './seen.ts'
import { distinct } from './slug.ts'
import { rateWords } from './words.ts'

export interface Candidate {
  /** Of the experiment, and without `.yaml` of its file. */
  readonly name: string
  readonly target: string
  readonly question: string
  readonly faults: readonly string[]
  readonly hits: string
  /** Operations a second that it hits, and their share in those of all targets. */
  readonly rate: number
  readonly share: number
  readonly text: string
}

export interface DiscoverOptions {
  readonly record: RunRecord
  readonly plan: Plan
  readonly registry: Registry
  /** What is taken over from the file; see `keptSections`. */
  readonly sections: readonly Pair[]
  /** Operations of each target that are tried alone. */
  readonly hot: number
}

export interface Discovered { readonly seen: Seen; readonly candidates: readonly Candidate[] }

/** Undefined where the run had no baseline to look at. */
export function discover({ record, plan, registry, sections, hot }: DiscoverOptions): Discovered | undefined {
  const seen = seenIn(record)
  if (!seen) return undefined
  const protocols = new Map(seen.targets.map(({ name, protocol }) => [name, protocol]))
  const ideas = seen.targets.flatMap((target) => ideasFor(target, hot)).filter((idea) => isPossible(idea, protocols.get(idea.target) ?? 'tcp', registry)).sort((a, b) => b.rate - a.rate)
  const names = distinct(ideas.map(({ name }) => name))
  const all = seen.targets.reduce((sum, { rate }) => sum + rate, 0)
  return {
    seen,
    candidates: ideas.map((idea, index) => {
      const { target, question, hits, rate } = idea
      const name = names[index] ?? idea.name
      const share = all > 0 ? Math.min(1, rate / all) : 0
      const place = `Candidate ${index + 1} of ${ideas.length}, by the traffic it hits: ${rateWords(rate)}, ${shareWords(share)} of what passed.`
      return { name, target, question, faults: faultsOf(idea), hits, rate, share, text: written({ idea, name, place, record, plan, registry, seen, sections }) }
    }),
  }
}

interface Writing { readonly idea: Idea; readonly name: string; readonly place: string; readonly record: RunRecord; readonly plan: Plan; readonly registry: Registry; readonly seen: Seen; readonly sections: readonly Pair[] }

function written({ idea, name, place, record, plan, registry, seen, sections }: Writing): string {
  const document = new Document({})
  const lengths = lengthsFor(judgedLoads(seen, plan), plan)
  const comment = commenter(plan.secrets)
  document.set('name', name)
  document.set('question', idea.question)
  document.set('tags', flow(document, ['discovered', idea.target, idea.kind]))
  for (const pair of sections) document.add(pair)
  document.set('windows', flow(document, windows(lengths)))
  const taken = new Set([...plan.targets.map(({ spec }) => spec.name), ...plan.loads.map((one) => one.name), ...plan.probes.map((one) => one.name), ...plan.apps.map((one) => one.name || 'app')])
  const steady = steadyStateOf(plan, record, seen, lengths, idea.target)
  if (steady.length > 0) document.set('steady_state', list(document, steady, comment))
  document.set('method', list(document, idea.steps.map((step) => ({ entry: { ...step, step: free(step.step, taken) } })), comment))
  document.set('expect', list(document, expectationsOf(idea, plan, seen, Math.max(...idea.steps.map(secondsOf))), comment))
  document.commentBefore = comment([
    `Made by \`brownout discover\` from ${formatDuration(ms(Math.max(1, Math.round(seen.seconds)) * 1000))} of ${basename(plan.file)}, ${(record.started?.wall ?? '').slice(0, 10)}. A draft: change what you know better.`,
    place,
    ...idea.seen.map((text) => `Seen: ${text}`),
    ...faultsOf(idea).flatMap((fault) => [`Why ${fault}: ${registry.get(fault)?.tests ?? ''}`, `  A correct application: ${registry.get(fault)?.correct ?? ''}`]),
    ...(record.loads.some(({ valid }) => !valid) || record.suspects.length > 0 ? ['The machine was too busy for the load to keep to its plan then: take the limits for no more than that.'] : []),
    'Limits are what was seen, with room above it; what is expected is a guess at what you would want.',
  ])
  return document.toString({ lineWidth: 0, flowCollectionPadding: true })
}

const faultsOf = ({ steps }: Idea): readonly string[] => [...new Set(steps.map(({ fault }) => fault))]
const secondsOf = ({ for: length }: IdeaStep): number => (parseDuration(length) ?? 0) / 1000
type Comment = (lines: readonly string[]) => string
/** What the file spells out stands in its sections; what we say of it shows none of its secrets. */
const commenter = (secrets: readonly string[]): Comment => (lines) => lines.flatMap((line) => redact(line, secrets).split('\n')).map((line) => ` ${plain(line)}`).join('\n')

const windows = ({ warmup, baseline, recovery, bucket, hold, minSamples }: Lengths): Readonly<Record<string, unknown>> => ({
  warmup: formatDuration(warmup), baseline: formatDuration(baseline), recovery: formatDuration(recovery), bucket: formatDuration(bucket), hold: formatDuration(hold), min_samples: minSamples,
})

/** A step must not bear the name of a target, load, probe or app. */
const free = (name: string, taken: ReadonlySet<string>): string => (taken.has(name) ? `${name}_fault` : name)

const flow = (document: Document, value: unknown) => Object.assign(document.createNode(value) as object, { flow: true })

function list(document: Document, judgements: readonly Judgement[], comment: Comment): unknown {
  const node = new YAMLSeq()
  for (const { entry, comment: text } of judgements) {
    const item = flow(document, entry)
    node.add(text === undefined ? item : Object.assign(item, { commentBefore: comment([text]) }))
  }
  return node
}
