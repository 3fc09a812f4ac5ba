/** Opens proxies for what a command depends on, starts the command with their addresses, and closes them when it has ended. */

import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { realClock, type Timer } from '../core/clock.ts'
import { BrownoutError, knownError } from '../core/errors.ts'
import { EXIT } from '../core/exit.ts'
import { freshSeed } from '../core/random.ts'
import { ms, parseDuration, type Ms } from '../core/units.ts'
import type { App } from '../experiment/app.ts'
import type { PlannedTarget } from '../experiment/plan.ts'
import { LocalPlane } from '../proxy/local-plane.ts'
import type { OpenTarget } from '../proxy/plane.ts'
import { startWatchdog, type Watchdog } from '../watchdog/watchdog.ts'
import { makeAuthority, type Authority } from '../wrap/authority.ts'
import { WrappedCommand, type CommandEnd } from '../wrap/command.ts'
import { seek } from '../wrap/seek.ts'
import { targetsOf, type Asked, type Wrapped, type Wrapping } from '../wrap/targets.ts'
import { variablesOf, type Variables } from '../wrap/variables.ts'
import type { Context } from './command.ts'
import { explain } from './explain.ts'
import { historyFolder } from './history.ts'
import type { OutletArgs } from './outlet-options.ts'
import { refuseUpstreams, safetyOf, type Safety } from './safety.ts'
import type { SafetyArgs } from './safety-options.ts'
import { SignalsPassed } from './signals-passed.ts'
import { readEnvFile } from './vars.ts'
import type { WrapControl } from './wrap-control.ts'
import type { ExperimentArgs } from './wrap-experiment.ts'
import { mappingOf, mappingText, NO_PORT, type Row } from './wrap-mapping.ts'

export interface Args extends ExperimentArgs, SafetyArgs, OutletArgs {
  readonly words: readonly string[]
  readonly target: readonly string[]; readonly ignore: readonly string[]; readonly tls: readonly string[]; readonly insecure: readonly string[]; readonly cluster: readonly string[]
  readonly 'env-file': string; readonly for: string | undefined; readonly port: number; readonly 'dry-run': boolean; readonly json: boolean
}

const SEED_MAX = 2 ** 31 - 1

/** What the command exits with; 125 to 127 where it could not be started. */
export async function runWrap(args: Args, context: Context): Promise<number> {
  const { env, stderr } = context
  const length = lengthOf(args)
  checkNumbers(args)
  if (args.json && !args['dry-run']) throw new BrownoutError('USAGE', { message: '--json goes with --dry-run', hint: 'stdout is the command\'s; `brownout status --json` tells the targets of one that runs' })
  if (context.rest.length === 0 && !args['dry-run']) throw new BrownoutError('USAGE', { message: 'there is no command', hint: `write it behind --: brownout wrap -- ${args.words.join(' ') || 'node server.js'}` })
  if (args.words.length > 0) throw new BrownoutError('USAGE', { message: `"${args.words.join(' ')}" stands before --`, hint: `the command comes behind it: brownout wrap -- ${[...args.words, ...context.rest].join(' ')}` })
  const variables = variablesOf(env, fileOf(args, context))
  const experiment = args.experiment === undefined ? undefined : await (await import('./wrap-experiment.ts')).loadBeside(args.experiment, args, variables, context)
  const wrapping = wrappingOf(args, variables, experiment?.known ?? [], context)
  const beside = experiment?.fitted(wrapping)
  if (args['dry-run']) dryRun(args, wrapping, variables, context)
  const safety = await safetyOf(args, context)
  refuse(wrapping, beside?.targets ?? [], safety)
  if (args['dry-run']) return EXIT.pass
  // From here on something is to be taken away again: no signal ends us past that.
  const signals = new SignalsPassed(context)
  const opened = await open(wrapping, args, safety, context).catch((error: unknown) => { signals.close(); throw error })
  try {
    // Where it is no terminal it is a log, which is no place for a token.
    const page = stderr.isTTY ? `dashboard ${opened.control.page}` : '`brownout status` tells where its dashboard is'
    stderr.write(`brownout wraps ${context.rest[0] ?? ''}:\n${mappingText(opened.rows, wrapping.seen, variables)}${safety.note === undefined ? '' : `${safety.note}\n`}\`brownout inject FAULT TARGET --for 30s\` in another shell injects faults; ${page}\n`)
    return await run(opened, length, signals, context, beside && ((command) => beside.run({ ...opened, command, note: safety.note })))
  } finally {
    await opened.close()
    signals.close()
  }
}

function lengthOf({ for: text }: Args): Ms | undefined {
  if (text === undefined) return undefined
  const length = parseDuration(text)
  if (length === undefined || length <= 0) throw new BrownoutError('USAGE', { message: `--for ${text}: expected a duration such as 90s or 10m` })
  return length
}

function checkNumbers({ port, seed }: Args): void {
  for (const [option, value, max] of [['port', port, 65_535], ['seed', seed ?? 0, SEED_MAX]] as const) {
    if (!(Number.isInteger(value) && value >= 0 && value <= max)) throw new BrownoutError('USAGE', { message: `--${option}: expected a whole number from 0 to ${max}` })
  }
}

/** A file that was asked for must be there. */
function fileOf({ 'env-file': file }: Args, { cwd }: Context): Readonly<Record<string, string>> {
  const path = resolve(cwd, file)
  return file !== '.env' || existsSync(path) ? readEnvFile(path) : {}
}

function wrappingOf(args: Args, variables: Variables, known: Asked['known'], { registry, cwd, env }: Context): Wrapping {
  const { target: named, ignore, tls, insecure, cluster } = args
  const wrapping = targetsOf(seek(variables), variables.values, { named, ignore, tls, insecure, cluster, known }, { registry, cwd, env })
  if (wrapping.targets.length > 0) return wrapping
  const seen = wrapping.seen.map(({ variable, why }) => `\n  ${variable}: ${why}`).join('')
  throw new BrownoutError('NOTHING_TO_WRAP', { message: `the environment and ${args['env-file']} name no database and no cache${seen}` })
}

/** UPSTREAM_REFUSED. */
function refuse({ targets }: Wrapping, others: readonly PlannedTarget[], { guard }: Safety): void {
  try {
    refuseUpstreams([...targets.map(({ planned }) => planned), ...others], guard)
  } catch (error) {
    if (!(error instanceof BrownoutError)) throw error
    throw new BrownoutError(error.code, { message: error.message, hint: `${error.hint}, or leave it alone: \`--ignore NAME\``, cause: error })
  }
}

function dryRun({ json }: Args, wrapping: Wrapping, variables: Variables, { stdout, stderr }: Context): void {
  const rows = wrapping.targets.map((target): Row => ({ target, listen: undefined, rewritten: rewrite(target, { host: '127.0.0.1', port: NO_PORT }, 'AUTHORITY') }))
  if (json) stdout.write(`${JSON.stringify(mappingOf(rows, wrapping), null, 2)}\n`)
  else stderr.write(mappingText(rows, wrapping.seen, variables))
}

interface Opened {
  readonly rows: readonly Row[]
  readonly plane: LocalPlane
  readonly open: readonly OpenTarget[]
  readonly control: WrapControl
  /** What the command and its children use is measured from here on. */
  look(command: WrappedCommand, watchdog: Watchdog): Promise<void>
  readonly authority: Authority | undefined
  /** What the command's environment has in place of, and beside, ours. */
  readonly env: NodeJS.ProcessEnv
  /** Clears faults, closes the proxies and ends their connections. */
  close(): Promise<void>
}

/** PORT_IN_USE, LISTEN_FAILED, TLS_INVALID. */
async function open({ targets }: Wrapping, { seed = freshSeed(), port, out, ...outlets }: Args, { gate }: Safety, context: Context): Promise<Opened> {
  const { registry, env } = context
  const trusting = targets.filter(({ trusts }) => trusts)
  const authority = trusting.length > 0 ? await makeAuthority(env) : undefined
  const plane = new LocalPlane({ registry, seed, admit: gate.admit })
  let app: App | undefined
  let control: WrapControl | undefined
  const close = async (): Promise<void> => {
    await plane.close()
    await control?.close()
    authority?.remove()
  }
  try {
    const open = await plane.open(targets.map(({ planned: { spec } }) => (authority && spec.tls.client === 'terminate' ? { ...spec, tls: { ...spec.tls, made: authority.made } } : spec)))
    const rows = targets.map((target): Row => {
      const listen = open.find(({ name }) => name === target.name)?.listen[0]?.address
      return { target, listen, rewritten: listen && 'port' in listen ? rewrite(target, listen, authority?.file) : {} }
    })
    control = await (await import('./wrap-control.ts')).WrapControl.open({
      plane, seed, gate, port, outlets, runs: historyFolder(context, out), meter: { usage: (start, width) => app?.usage(start, width) },
      targets: targets.flatMap(({ name, planned: { spec } }) => open.filter((one) => one.name === name).map(({ listen }) => ({ spec, listen }))),
    }, context)
    const look: Opened['look'] = async (command, watchdog) => {
      // It brings clients of databases along, for which the command need not wait.
      const { App } = await import('../experiment/app.ts')
      app = App.start({ spec: { name: '', command: context.rest, env: {}, cwd: context.cwd }, env, folder: '', watchdog, running: command.untouched, onDeath: () => undefined })
    }
    return { plane, open, control, look, rows, authority, close, env: { ...env, ...Object.assign({}, ...rows.map(({ rewritten }) => rewritten)), ...trustOf(trusting, authority), ...(targets.some(halfWay) ? { PGCHANNELBINDING: 'disable' } : {}) } }
  } catch (error) {
    await close()
    throw error
  }
}

/** A login cannot be bound to a TLS that ends half-way: libpq would try, and a server takes that for an attack. (PostgreSQL 18, 54.3.1) */
const halfWay = ({ planned: { spec: { protocol, tls } } }: Wrapped): boolean => protocol === 'postgres' && tls.client === 'terminate' && tls.upstream !== 'off'

const rewrite = ({ mentions, trusts, planned: { spec: { tls } } }: Wrapped, at: { readonly host: string; readonly port: number }, authority: string | undefined): Readonly<Record<string, string>> =>
  Object.assign({}, ...mentions.map((mention) => mention.rewritten({ ...at, tls, authority: trusts ? authority : undefined }))) as Record<string, string>

/** libpq trusts what PGSSLROOTCERT names and nothing else: it is set only where a Postgres is behind a certificate of ours. */
function trustOf(trusting: readonly Wrapped[], authority: Authority | undefined): Readonly<Record<string, string>> {
  if (!authority) return {}
  const { PGSSLROOTCERT: root, ...rest } = authority.env
  return { ...rest, ...(root !== undefined && trusting.some(({ planned }) => planned.spec.protocol === 'postgres') ? { PGSSLROOTCERT: root } : {}) }
}

/** `beside` is done while the command runs. */
async function run(opened: Opened, length: Ms | undefined, signals: SignalsPassed, context: Context, beside?: (command: WrappedCommand) => Promise<void>): Promise<number> {
  const { env, authority, look } = opened
  const { stderr, cwd, rest } = context
  if (signals.early) return 128 + constants.signals[signals.early]
  const watchdog = startWatchdog()
  const command = WrappedCommand.start({ argv: rest, cwd, env, watchdog, cleanup: authority?.folder })
  void look(command, watchdog)
  void tellTraps(opened, command, context)
  let failure: BrownoutError | undefined
  let timer: Timer | undefined
  signals.to(command)
  const stopHearing = context.onCrash((error) => {
    failure ??= knownError(error)
    void command.stop()
  })
  if (length !== undefined) timer = realClock.at(ms(realClock.now() + length), () => {
    stderr.write('brownout: the time is over: the command is asked to end\n')
    void command.stop()
  })
  try {
    const done = command.pid === undefined ? undefined : beside?.(command).catch((error: unknown) => { explain(error, context) })
    const end = await command.ended
    await done
    if (failure) throw failure
    return exitOf(end, context)
  } finally {
    timer?.cancel()
    stopHearing()
    watchdog.close()
  }
}

/** It brings clients of databases along. */
async function tellTraps({ rows, open }: Opened, command: WrappedCommand, { stderr }: Context): Promise<void> {
  const { findTraps } = await import('./wrap-traps.ts')
  await findTraps(rows, open, (text) => { if (!command.end) stderr.write(`brownout: ${text}\n`) })
}

function exitOf({ exit, problem }: CommandEnd, context: Context): number {
  if (problem) explain(problem, context)
  return exit
}
