/** One run of faults that follow one another, and what share of the operations was answered in time under each. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { registry } from '../../faults/index.ts'
import { ms, type Ms } from '../../src/core/units.ts'
import { startServer } from '../../src/demo/demo.ts'
import { loadExperiment } from '../../src/experiment/load.ts'
import { runExperiment } from '../../src/experiment/run.ts'
import { readJournal } from '../../src/record/journal.ts'
import { foldRun, type RunRecord } from '../../src/report/fold.ts'
import { spansOf } from '../../src/report/spans.ts'
import { ROOT } from '../support/paths.ts'

export interface Choice {
  readonly file: string
  /** Steps whose name it finds; absent: all. */
  readonly only?: RegExp | undefined
  readonly resilient: '0' | '1'
  readonly seconds: number
  /** Of the file's rates. */
  readonly share: number
  /** What the windows are to be in place of the file's. */
  readonly windows?: Readonly<Record<string, string | number>>
  readonly out: string
  readonly seed: number
}

export interface Row {
  readonly fault: string
  readonly what: string
  readonly operations: number
  readonly answered: number
  /** How many operations or connections the fault altered. */
  readonly altered: number
  /** What was not answered, of each load. */
  readonly failed: Readonly<Record<string, number>>
}

interface Method { readonly step: string; readonly after?: string; readonly at: string; readonly fault: string; readonly on: string; readonly params?: object; readonly where?: object; readonly chance?: string }

/** A step that helps another stands behind it, under its name and `-cut`. */
const helps = (step: string): boolean => step.endsWith('-cut')

/** The names of the steps, without those that help. */
export function stepsOf(file: string, only?: RegExp): readonly string[] {
  const { method } = parseDocument(readFileSync(file, 'utf8')).toJS() as { method: readonly Method[] }
  return method.map(({ step }) => step).filter((step) => !helps(step) && (only?.test(step) ?? true))
}

/** A step's fault with all that is said of it: `latency on cache, delay 400ms`. */
export function wordsOf(file: string, step: string): string {
  const { method } = parseDocument(readFileSync(file, 'utf8')).toJS() as { method: readonly Method[] }
  const own = method.find((one) => one.step === step)
  const also = method.some((one) => one.step === `${step}-cut`)
  const pairs = Object.entries({ ...own?.params, ...own?.where }).map(([name, value]) => `${name} ${String(value)}`)
  return own ? [`${own.fault} on ${own.on}`, ...pairs, ...(own.chance ? [`chance ${own.chance}`] : []), ...(also ? ['connections cut first'] : [])].join(', ') : step
}

/** The experiment with the chosen steps alone, one behind the other. */
function chosen({ file, only, windows, share }: Choice): string {
  const steps = stepsOf(file, only)
  const { method, ...rest } = parseDocument(readFileSync(file, 'utf8')).toJS() as { method: readonly Method[]; windows: object; load: Readonly<Record<string, { rate: string }>> }
  const kept = method.flatMap(({ at, after: _, ...step }) => {
    const place = steps.indexOf(step.step.replace(/-cut$/, ''))
    const before = steps[place - 1]
    return place < 0 ? [] : [before === undefined ? { ...step, at: '0s' } : { ...step, after: before, at: at === '0s' ? '3s' : at }]
  })
  const load = Object.fromEntries(Object.entries(rest.load).map(([name, one]) => [name, { ...one, rate: `${Number.parseFloat(one.rate) * share}/s` }]))
  // Where the machine is not quiet the baseline would be refused for that.
  return JSON.stringify({ ...rest, ...(share < 1 ? { steady_state: [] } : {}), load, windows: { ...rest.windows, ...windows, ...(share < 1 ? { min_samples: 10 } : {}) }, method: kept })
}

export async function run(choice: Choice, report: (text: string) => void): Promise<readonly Row[]> {
  const { file, resilient, seconds, out, seed } = choice
  const env = { ...process.env, RESILIENT: resilient, FAULT_FOR: `${seconds}s` }
  const loaded = await loadExperiment(file, { registry, env, vars: {}, seed, cwd: ROOT, source: chosen(choice) })
  if (!('plan' in loaded)) throw new Error(loaded.problems.map(({ message, hint }) => `${message} ${hint}`).join('\n'))
  let folder: string | undefined
  await runExperiment(loaded.plan, {
    registry, env, out, cwd: ROOT, version: 'availability', startServer,
    // A run whose load was late is told as it is, and not done again.
    onStart: (running) => { if (folder === undefined) folder = running.folder; else running.interrupt('SIGINT') },
    onEvent: (event) => { if (event.kind === 'rule.armed' && !helps(event.rule)) report(`${new Date().toISOString().slice(11, 19)} RESILIENT=${resilient} ${event.rule}`) },
  })
  const record = foldRun(readJournal(join(folder ?? out, 'journal.ndjson')).events)
  if (record.verdict.outcome === 'ERROR' || record.rules.length === 0) report(record.verdict.why)
  for (const { name, why, valid } of record.loads) if (!valid) report(`${name}: ${why}`)
  return rowsOf(record, loaded.plan.loads.reduce<number>((longest, { timeout }) => Math.max(longest, timeout), 0), seconds)
}

/** Of each step: all operations that were begun or came to an end under it, and those begun then that ended afterwards, hence `after`. */
function rowsOf(record: RunRecord, after: number, seconds: number): readonly Row[] {
  return spansOf(record).filter(({ step }) => !helps(step)).map(({ step, what, armed, clear, altered }) => {
    const [from, to] = [armed ?? record.from, ms((clear ?? record.to) + after)]
    const loads = record.signals.filter(({ source }) => source === 'load').map(({ name, buckets }) => {
      const counts = buckets.filter(({ start, width }) => start + width > from && start < to).map((one) => one.counts)
      const total = (of: readonly ('ok' | 'error' | 'timeout' | 'indeterminate' | 'dropped')[]): number => counts.reduce((sum, one) => sum + of.reduce((all, what) => all + one[what], 0), 0)
      return { name, ok: total(['ok']), failed: total(['error', 'timeout', 'indeterminate', 'dropped']) }
    })
    const answered = loads.reduce((sum, { ok }) => sum + ok, 0)
    const failed = loads.reduce((sum, one) => sum + one.failed, 0)
    return { fault: step, what, altered, answered, operations: answered + failed + missing(record, from, seconds), failed: Object.fromEntries(loads.map((load) => [load.name, load.failed])) }
  })
}

/** Where the shop died the run ends with it: what would have been asked after that is not answered. */
function missing(record: RunRecord, from: Ms, seconds: number): number {
  if (record.problems.every(({ code }) => code !== 'APP_FAILED')) return 0
  const baseline = record.phases.find(({ phase }) => phase === 'baseline')
  if (!baseline) return 0
  const offered = record.signals.filter(({ source }) => source === 'load').flatMap(({ buckets }) => buckets).filter(({ start }) => start >= baseline.from && start < baseline.to).reduce((sum, { counts }) => sum + counts.offered, 0)
  const rate = offered / (baseline.to - baseline.from)
  return Math.round(rate * Math.max(0, seconds * 1000 - (record.to - from)))
}
