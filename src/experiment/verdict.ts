/** What a run came to: everything that can be said against it, and the exit code of the worst. */

import { EXIT, worstExit, type Exit } from '../core/exit.ts'
import type { ExpectationRecord, Outcome } from '../record/events.ts'
import type { Analysis } from '../report/analysis.ts'
import type { RunRecord } from '../report/fold.ts'
import { judgeExpectation, unjudged } from './expect.ts'
import type { Plan } from './plan.ts'
import type { StopReason } from './stop.ts'

/** What the record alone does not tell, a sentence each; empty where there is nothing to say. */
export interface Findings {
  readonly stop: StopReason | undefined
  /** The stop condition of the experiment that came true. */
  readonly aborted: string | undefined
  readonly refused: readonly string[]
  readonly unhealed: readonly string[]
  readonly invalid: readonly string[]
  readonly unsteady: readonly string[]
}

export interface Verdict { readonly exit: Exit; readonly outcome: Outcome; readonly why: string; readonly expectations: readonly ExpectationRecord[] }

const OUTCOMES: Readonly<Record<Exit, Outcome>> = {
  [EXIT.pass]: 'PASS', [EXIT.fail]: 'FAIL', [EXIT.inconclusive]: 'INCONCLUSIVE', [EXIT.aborted]: 'ABORTED', [EXIT.baselineRefused]: 'INCONCLUSIVE', [EXIT.healUnverified]: 'ERROR',
  [EXIT.systemError]: 'ERROR', [EXIT.usage]: 'ERROR', [EXIT.internal]: 'ERROR', [EXIT.interrupted]: 'ABORTED', [EXIT.terminated]: 'ABORTED',
}

export function judgeRun(plan: Plan, record: RunRecord, analysis: Analysis, findings: Findings): Verdict {
  const { stop, aborted, refused, unhealed, invalid, unsteady } = findings
  const expectations = judgeAll(plan, record, analysis, findings)
  const idle = stop || refused.length > 0 || aborted !== undefined ? [] : unexercised(plan, record)
  const failed = expectations.filter(({ outcome }) => outcome === 'FAIL')
  const open = expectations.filter(({ outcome }) => outcome === 'INCONCLUSIVE')
  const against: readonly { readonly exit: Exit; readonly why: string }[] = [
    ...unhealed.map((why) => ({ exit: EXIT.healUnverified, why: `not healed: ${why}` })),
    ...(stop ? [stopped(stop)] : []),
    ...(aborted === undefined ? [] : [{ exit: EXIT.aborted, why: `stopped by ${aborted}` }]),
    ...refused.map((why) => ({ exit: EXIT.baselineRefused, why: `baseline refused: ${why}` })),
    ...unsteady.map((why) => ({ exit: EXIT.fail, why: `not steady at the end: ${why}` })),
    ...failed.map(({ text, measured }) => ({ exit: EXIT.fail, why: `${text}: ${measured}` })),
    ...invalid.map((why) => ({ exit: EXIT.inconclusive, why: `load invalid: ${why}` })),
    ...idle.map((why) => ({ exit: EXIT.inconclusive, why })),
    ...open.map(({ text, measured }) => ({ exit: EXIT.inconclusive, why: `${text}: ${measured}` })),
  ]
  const exit = worstExit(against.map((one) => one.exit))
  const why = against.filter((one) => one.exit === exit).map((one) => one.why).join('; ') || 'all that was expected held'
  return { exit, outcome: OUTCOMES[exit], why, expectations }
}

function judgeAll({ expect, probes }: Plan, record: RunRecord, analysis: Analysis, { stop, refused, invalid }: Findings): readonly ExpectationRecord[] {
  const once = new Set(probes.filter(({ when }) => 'at' in when).map(({ name }) => name))
  return expect.map((expectation) => {
    if (stop) return unjudged(expectation, stop.why === 'signal' ? 'ABORTED' : 'ERROR', 'the run did not come to its end')
    if (refused.length > 0) return unjudged(expectation, 'INCONCLUSIVE', 'nothing was armed')
    const judged = judgeExpectation(expectation, record, analysis, once)
    // Figures of a load that could not keep to its plan neither convict nor acquit.
    return invalid.length > 0 ? { ...judged, outcome: 'INCONCLUSIVE', hint: 'the load generator could not keep to its plan' } : judged
  })
}

function stopped(reason: StopReason): { readonly exit: Exit; readonly why: string } {
  if (reason.why !== 'signal') return { exit: reason.error.exit, why: reason.error.message }
  return { exit: reason.signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated, why: `interrupted by ${reason.signal}` }
}

/** The steps whose faults altered nothing, with what was seen instead. */
function unexercised({ method }: Plan, { rules, signals }: RunRecord): readonly string[] {
  return method.flatMap((step) => {
    if (step.kind !== 'fault') return []
    const own = rules.filter((rule) => rule.step === step.step)
    if (own.some(({ altered }) => altered > 0)) return []
    const matched = own.reduce((sum, rule) => sum + rule.matched, 0)
    const target = signals.find(({ source, name }) => source === 'target' && name === step.rule.on)
    const offered = target?.buckets.reduce((sum, { counts }) => sum + counts.offered, 0) ?? 0
    const seen = matched > 0 ? `it matched ${matched} and altered none` : offered > 0 ? `${step.rule.on} saw ${offered} exchanges in the run and none matched` : `${step.rule.on} saw no traffic`
    return [`${step.step}: ${step.rule.fault} altered nothing: ${seen}`]
  })
}
