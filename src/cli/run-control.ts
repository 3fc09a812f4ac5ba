/** Status, clear, halt and resume of running brownouts. */

import picocolors from 'picocolors'
import { monotonicNow, sleep, wallOf } from '../core/clock.ts'
import { knownError } from '../core/errors.ts'
import { EXIT, worstExit, type Exit } from '../core/exit.ts'
import { formatDuration, formatRate, formatRatio, ms, perSecond, ratio } from '../core/units.ts'
import type { Injection, TargetStatus } from '../control/contract.ts'
import { columns } from '../report/columns.ts'
import { NONE, plain } from '../report/words.ts'
import type { Context } from './command.ts'
import { door, doors, type Found } from './door.ts'
import type { DoorArgs } from './door-options.ts'
import { explain } from './explain.ts'

export interface StatusArgs extends DoorArgs { readonly json: boolean }
export interface ClearArgs extends DoorArgs { readonly what: string | undefined; readonly json: boolean }
export interface HaltArgs extends DoorArgs { readonly reason: string }
export interface ResumeArgs extends DoorArgs { readonly reason: string }

export async function runStatus(args: StatusArgs, context: Context): Promise<Exit> {
  const found = await measured(args, context)
  if (args.json) context.stdout.write(`${JSON.stringify(found.map(({ status }) => status), null, 2)}\n`)
  else context.stderr.write(found.map((one) => statusText(one, context.color)).join('\n'))
  return EXIT.pass
}

export async function runClear({ what, ...args }: ClearArgs, context: Context): Promise<Exit> {
  const { client, status } = await door(args, context)
  const isTarget = status.targets.some(({ name }) => name === what) && !status.injections.some(({ id }) => id === what)
  const cleared = await client.clear(isTarget ? { on: what } : { id: what })
  if (args.json) context.stdout.write(`${JSON.stringify(cleared, null, 2)}\n`)
  else context.stderr.write(cleared.length > 0 ? cleared.map((one) => `healed ${told(one)}\n`).join('') : 'nothing was injected\n')
  return EXIT.pass
}

/** Figures come from the first time that somebody asks: who has none yet is asked once more. */
async function measured(args: DoorArgs, context: Context): Promise<readonly Found[]> {
  const found = await doors(args, context)
  if (found.every(({ status: { targets } }) => targets.every(({ last }) => last !== undefined))) return found
  await sleep(FIRST_FIGURES)
  return doors(args, context)
}
/** Two buckets, and what it takes to gather them. */
const FIRST_FIGURES = ms(700)

/** Whatever one of them answers, the others are halted. */
export async function runHalt({ reason, ...args }: HaltArgs, context: Context): Promise<Exit> {
  const found = await doors(args, context)
  return worstExit(await Promise.all(found.map(async ({ client, status }) => {
    try {
      await client.halt(reason)
      context.stderr.write(`halted process ${status.pid}, ${status.mode} ${plain(status.about)}: ${status.injections.length} healed; \`brownout resume --reason TEXT\` when it is safe\n`)
      return EXIT.pass
    } catch (error) {
      return explain(knownError(error), context)
    }
  })))
}

export async function runResume({ reason, ...args }: ResumeArgs, context: Context): Promise<Exit> {
  const halted = (await doors(args, context)).filter(({ status }) => status.halted)
  for (const { client, status } of halted) {
    await client.resume(reason)
    context.stderr.write(`process ${status.pid}, ${status.mode} ${plain(status.about)}: faults can be injected again\n`)
  }
  if (halted.length === 0) context.stderr.write('nothing was halted\n')
  return EXIT.pass
}

const told = ({ id, text, matched, altered, by }: Injection): string => `${plain(id)}: ${plain(text)}, ${altered} altered of ${matched} matched, by ${plain(by)}`

function statusText({ status, page }: Found, color: boolean): string {
  const { bold, dim, red, yellow } = picocolors.createColors(color)
  const { pid, mode, about, since, halted, policy, run, seed, targets, injections } = status
  const now = wallOf(monotonicNow())
  const rows = [['target', 'protocol', 'listens on', 'upstream', 'connections', 'rate', 'p95', 'success'].map(dim), ...targets.map(targetRow)]
  const injected = injections.map((one) => [yellow(plain(one.id)), plain(one.text), endWords(one, now), `${one.altered} of ${one.matched}`, plain(one.by)])
  return [
    `${bold(`${mode} ${plain(about)}`)} ${dim(`process ${pid}, for ${formatDuration(ms(Math.max(0, Math.round((now - since) / 1000) * 1000)))}, seed ${seed}`)}`,
    ...(page === undefined ? [] : [`dashboard ${page}`]),
    ...(halted ? [red(`halted by ${plain(halted.by)}${halted.reason ? `: ${plain(halted.reason)}` : ''}`)] : []),
    ...(policy ? [`policy ${plain(policy.file)} (${policy.hash}): ${policy.limits.join('; ') || 'no limits'}`] : []),
    ...(run ? [`running ${plain(run.name)}: ${run.phase}`] : []),
    ...(targets.length > 0 ? columns(rows).map((line) => line.trimEnd()) : [dim('no targets')]),
    ...(injections.length > 0 ? ['injected', ...columns(injected).map((line) => line.trimEnd())] : [dim('nothing is injected')]),
  ].map((line) => `${line}\n`).join('')
}

function targetRow({ name, protocol, listen, upstream, connections, last }: TargetStatus): readonly string[] {
  const { rate, p95, success } = last ?? {}
  return [
    plain(name), protocol, listen.map(plain).join(' '), plain(upstream), String(connections),
    rate === null || rate === undefined ? NONE : formatRate(perSecond(Math.round(rate))), p95 === null || p95 === undefined ? NONE : formatDuration(ms(p95)), success === null || success === undefined ? NONE : formatRatio(ratio(success)),
  ]
}

const endWords = ({ until, lease }: Injection, now: number): string => (until === null ? (lease === undefined ? 'until it is cleared' : 'while it is held') : `${formatDuration(ms(Math.max(0, Math.round((until - now) / 1000) * 1000)))} left`)

