/** Takes CPU profiles of an application all along a run, and tells what its time went to before and under a fault. */

import { constants, openSync, closeSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compare } from '../profile/compare.ts'
import { cut, type Stretch } from '../profile/cpu-profile.ts'
import { Hook, type ProfiledOne } from '../profile/hook.ts'
import type { ProfiledProcess } from '../record/profiles.ts'
import { foldRun, phaseOf, type RunRecord } from '../report/fold.ts'
import { spansOf } from '../report/spans.ts'
import { appName } from './app.ts'
import type { AppSpec, Plan } from './plan.ts'
import type { ProfileSpec } from './profile-spec.ts'
import type { Recorder } from './recorder.ts'

/** So that its processes ask for orders; its own options stay. */
export const profiled = (spec: AppSpec, profile: ProfileSpec | undefined, hook: Hook | undefined, { NODE_OPTIONS }: NodeJS.ProcessEnv): AppSpec =>
  (hook && profile?.app === appName(spec) ? { ...spec, env: { ...spec.env, NODE_OPTIONS: hook.options(spec.env['NODE_OPTIONS'] ?? NODE_OPTIONS) } } : spec)

/** Undefined where the experiment wants none, and where there can be none, which is noted. Never rejects. */
export async function openHook({ profile }: Plan, recorder: Recorder): Promise<Hook | undefined> {
  if (!profile) return undefined
  const note = (text: string): void => { recorder.write({ kind: 'note', text: `${profile.app}: ${text}` }) }
  try {
    return await Hook.listen(note)
  } catch (error) {
    note(`not profiled: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

export interface ProfileRunOptions { readonly plan: Plan; readonly folder: string; readonly recorder: Recorder; readonly hook: Hook | undefined }

export class ProfileRun {
  readonly #options: ProfileRunOptions
  readonly #profile: ProfileSpec
  readonly #hook: Hook
  readonly #cwd: string

  private constructor(options: ProfileRunOptions, profile: ProfileSpec, hook: Hook) {
    this.#options = options
    this.#profile = profile
    this.#hook = hook
    this.#cwd = options.plan.apps.find((one) => appName(one) === profile.app)?.cwd ?? '/'
  }

  /** Undefined where there is no hook. Resolves when the processes that are there have begun. Never rejects. */
  static async start(options: ProfileRunOptions): Promise<ProfileRun | undefined> {
    const { plan: { profile }, hook } = options
    if (!profile || !hook) return undefined
    await hook.start(profile.interval)
    return new ProfileRun(options, profile, hook)
  }

  /** Writes the profiles to the run's folder and what they come to to the journal. Never rejects. */
  async finish(): Promise<void> {
    const { recorder } = this.#options
    const { app, during, interval } = this.#profile
    const processes = await this.#hook.stop()
    if (processes.length === 0) return
    const { baseline, fault } = stretchesOf(foldRun(recorder.events), during)
    const compared = compare(processes, baseline, fault, this.#cwd)
    if (!compared) return void recorder.write({ kind: 'note', text: `${app} was profiled, and there is nothing to compare: ${baseline.length === 0 ? 'the run had no baseline' : `nothing held ${during === 'fault' ? '' : `in ${during} `}while it was`}` })
    try {
      const written = processes.map((one) => this.#keep(one, { baseline, fault }))
      recorder.write({ kind: 'profile', profile: { app, during, intervalMs: interval, processes: written, ...compared } })
    } catch (error) {
      recorder.write({ kind: 'note', text: `the profiles of ${app} could not be kept: ${error instanceof Error ? error.message : String(error)}` })
      recorder.write({ kind: 'profile', profile: { app, during, intervalMs: interval, processes: [], ...compared } })
    }
  }

  #keep({ pid, title, profile, offset }: ProfiledOne, sides: Readonly<Record<'baseline' | 'fault', readonly Stretch[]>>): ProfiledProcess {
    const files = (['baseline', 'fault'] as const).map((side) => {
      const name = `${this.#profile.app}-${pid}.${side}.cpuprofile`
      const file = openSync(join(this.#options.folder, name), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
      try {
        writeFileSync(file, JSON.stringify(cut(profile, sides[side], offset)))
      } finally {
        closeSync(file)
      }
      return name
    })
    return { pid, title, files }
  }
}

/** Of a step that is repeated, all of it from the first time to the last. */
function stretchesOf(record: RunRecord, during: string): Readonly<Record<'baseline' | 'fault', readonly Stretch[]>> {
  const phase = phaseOf(record, 'baseline')
  const spans = spansOf(record).filter(({ step }) => during === 'fault' || step === during)
  const held = spans.flatMap(({ effect, armed, clear }): readonly Stretch[] => {
    const from = effect ?? armed
    return from === undefined || clear === undefined || clear <= from ? [] : [{ from, to: clear }]
  })
  return { baseline: phase ? [{ from: phase.from, to: phase.to }] : [], fault: united(held) }
}

/** Without the time that two of them share. */
function united(stretches: readonly Stretch[]): readonly Stretch[] {
  const joined: Stretch[] = []
  for (const one of [...stretches].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last && one.from <= last.to) joined[joined.length - 1] = { from: last.from, to: last.to > one.to ? last.to : one.to }
    else joined.push(one)
  }
  return joined
}
