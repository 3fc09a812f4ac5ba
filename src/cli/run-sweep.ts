/** Carries out a sweep for a command: progress, signals, reports. */

import { appendFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ArgumentsCamelCase } from 'yargs'
import { BrownoutError } from '../core/errors.ts'
import type { Exit } from '../core/exit.ts'
import { formatDuration, ms, parseDuration, parseRatio, type Ms } from '../core/units.ts'
import { startServer } from '../demo/demo.ts'
import { parseKnob } from '../experiment/knob.ts'
import { loadExperiment } from '../experiment/load.ts'
import type { Plan } from '../experiment/plan.ts'
import { formatProblem } from '../experiment/problem.ts'
import { runSweep } from '../experiment/run-sweep.ts'
import type { Progress, SweepSettings } from '../experiment/sweep.ts'
import { renderSweepMarkdown } from '../report/sweep-markdown.ts'
import { renderSweepText } from '../report/sweep-text.ts'
import { writeSweep } from '../report/sweep-write.ts'
import { plain } from '../report/words.ts'
import { REPORT_FILE } from '../report/write.ts'
import type { SweepResult } from '../sweep/result.ts'
import type { Context } from './command.ts'
import { Signals, sourceOf } from './execute.ts'
import { historyFolder } from './history.ts'
import type { OutletArgs } from './outlet-options.ts'
import { openOutlets, OUTLETS_PATIENCE, OUTLETS_PATIENCE_STOPPED } from './outlets.ts'
import { refuseUpstreams, safetyOf } from './safety.ts'
import { readVars } from './vars.ts'

export interface Args extends OutletArgs {
  file: string
  vary: string[]
  all: boolean
  steps: number
  resolution: string
  repeats: number
  window: string | undefined
  warm: string | undefined
  points: number
  budget: string
  json: boolean
  html: string | undefined
  md: string | undefined
  out: string | undefined
  var: string[]
  'var-file': string[]
  seed: number | undefined
  policy: string | undefined
  'allow-upstream': readonly string[]
}
type Given = ArgumentsCamelCase<Args>

export async function runSweepCommand(args: Given, context: Context): Promise<Exit> {
  const { registry, env, cwd, stdout, stderr, version } = context
  const plan = await planOf(args, context)
  const settings = settingsOf(args, plan, context)
  const { gate, guard } = await safetyOf(args, context)
  refuseUpstreams(plan.targets, guard)
  const out = historyFolder(context, args.out)
  const opened = await openOutlets(args, context, (text) => stderr.write(`warning: ${text}\n`))
  const signals = new Signals(context, { say: (text) => stderr.write(`${text}\n`) })
  let ran: { readonly result: SweepResult; readonly folder: string }
  try {
    ran = await runSweep(plan, settings, {
      registry, env, cwd, out, version, startServer, admit: gate.admit, source: await sourceOf(plan, cwd), trace: opened?.trace,
      onStart: (running) => { stderr.write(`${running.folder}\n`); signals.govern(running) },
      onEvent: (event) => {
        opened?.outlets.hear(event)
        if (event.kind === 'phase' && (event.phase === 'warmup' || event.phase === 'baseline')) stderr.write(`${event.phase} ${formatDuration(plan.windows[event.phase])}\n`)
      },
      onPoint: (progress) => { stderr.write(`${progressLine(progress)}\n`) },
    })
  } finally {
    signals.close()
  }
  tell(ran.result, ran.folder, args, context)
  if (args.json) stdout.write(`${JSON.stringify(ran.result, null, 2)}\n`)
  await opened?.outlets.close(signals.heard ? OUTLETS_PATIENCE_STOPPED : OUTLETS_PATIENCE)
  return ran.result.exit
}

function progressLine({ knob, left, leftMs, point: { number, shown, held, invalid, broken, backAfterMs } }: Progress): string {
  const came = invalid !== undefined ? `void: ${invalid}` : held ? 'holds' : `breaks: ${broken.map(({ signal, measured }) => `${signal} ${measured}`).join(', ')}`
  const back = backAfterMs === null ? '; not steady again' : held ? '' : `; steady again after ${formatDuration(ms(backAfterMs))}`
  return plain(`${knob} ${number}: ${shown} ${came}${back}${left > 0 ? `   about ${left} more, ${formatDuration(ms(Math.round(leftMs / 1000) * 1000))} left` : ''}`)
}

async function planOf({ file, var: single, varFile, seed }: Given, { registry, env, cwd, stderr }: Context): Promise<Plan> {
  const loaded = await loadExperiment(file, { registry, env, vars: readVars(single, varFile, cwd), seed, cwd })
  if (!('plan' in loaded)) {
    stderr.write(loaded.problems.map((problem) => `${formatProblem(problem)}\n`).join(''))
    throw new BrownoutError('EXPERIMENT_INVALID', { message: 'the file has errors; nothing was started' })
  }
  const { plan } = loaded
  if (plan.steadyState.length === 0) throw new BrownoutError('SWEEP_INVALID', { message: `${file} has no steady_state, so nothing can break`, hint: 'say what must hold: steady_state: [{ signal: checkout.p95, at_most: 100ms }]' })
  return plan
}

function settingsOf({ vary, all, steps, resolution, repeats, window, warm, points, budget }: Given, plan: Plan, { registry }: Context): SweepSettings {
  if (all === vary.length > 0) throw new BrownoutError('USAGE', { message: all ? '`--all` and `--vary` cannot go together' : 'nothing is to be turned', hint: '`--vary STEP.PARAM=a..b` turns one number, `--all` tries every target' })
  const share = parseRatio(resolution)
  if (share === undefined || share <= 0 || share > 0.5) throw new BrownoutError('USAGE', { message: `--resolution ${resolution}: expected a share such as 2%, at most 50%` })
  return {
    knobs: vary.map((text) => parseKnob(text, plan, registry)), resolution: share,
    steps: whole('steps', steps, 2, 100), repeats: whole('repeats', repeats, 1, 20), points: whole('points', points, 1, 1000),
    budget: duration('budget', budget) ?? ms(0), window: duration('window', window), warm: duration('warm', warm),
  }
}

function whole(option: string, value: number, min: number, max: number): number {
  if (!(Number.isInteger(value) && value >= min && value <= max)) throw new BrownoutError('USAGE', { message: `--${option}: expected a whole number from ${min} to ${max}` })
  return value
}

function duration(option: string, text: string | undefined): Ms | undefined {
  const length = text === undefined ? undefined : parseDuration(text)
  if (text !== undefined && (length === undefined || length <= 0)) throw new BrownoutError('USAGE', { message: `--${option} ${text}: expected a duration such as 5s or 10m` })
  return length
}

function tell(result: SweepResult, folder: string, { html, md }: Given, { stderr, color, env, cwd }: Context): void {
  const [page, summary] = [join(folder, REPORT_FILE), env['GITHUB_STEP_SUMMARY']]
  stderr.write(`\n${renderSweepText(result, { color, files: [{ format: 'html', path: page }] })}`)
  writeSweep(result, { html: page, json: join(folder, 'report.json') })
  const asked = writeSweep(result, { ...(html === undefined ? {} : { html: resolve(cwd, html) }), ...(md === undefined ? {} : { markdown: resolve(cwd, md) }) })
  for (const { format, path } of asked) stderr.write(`${format.padEnd(8)} ${path}\n`)
  if (md === undefined && summary) appendFileSync(summary, renderSweepMarkdown(result))
}
