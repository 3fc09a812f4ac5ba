/** Holds a game day for a command: at a terminal, or as a script from stdin. */

import { join, resolve } from 'node:path'
import type { ArgumentsCamelCase } from 'yargs'
import { BrownoutError, formatError } from '../core/errors.ts'
import { worstExit, type Exit } from '../core/exit.ts'
import { redact } from '../core/redact.ts'
import { formatProblem } from '../experiment/problem.ts'
import { openFile, UNNAMED, type Opened } from '../gameday/open.ts'
import { ROLES, type Role } from '../gameday/roles.ts'
import { sessionText } from '../gameday/save.ts'
import { parseScript, type Line } from '../gameday/script.ts'
import { vocabularyOf, type Vocabulary } from '../gameday/vocabulary.ts'
import { Journal } from '../record/journal.ts'
import { createRunFolder } from '../record/runs.ts'
import { remember } from '../report/history.ts'
import { renderJson } from '../report/json.ts'
import { writeFile } from '../report/write.ts'
import type { Context } from './command.ts'
import { whoOf } from './door.ts'
import { tell } from './execute.ts'
import { exitOf, Seat, type Held } from './gameday-seat.ts'
import { readScript } from './gameday-input.ts'
import { historyFolder } from './history.ts'
import type { OutletArgs } from './outlet-options.ts'
import { openOutlets, OUTLETS_PATIENCE } from './outlets.ts'
import { refuseUpstreams, safetyOf } from './safety.ts'
import type { SafetyArgs } from './safety-options.ts'
import { readVars } from './vars.ts'

export interface Args extends SafetyArgs, OutletArgs {
  file: string | undefined
  as: string | undefined
  role: string
  html: string | undefined
  md: string | undefined
  json: boolean
  out: string | undefined
  var: string[]
  'var-file': string[]
  seed: number | undefined
  port: number
  plain: boolean
}
type Given = ArgumentsCamelCase<Args>

/** What the session is saved as in its run folder. */
const SESSION_FILE = 'session.yaml'
const PREFIX = 'gameday-'
const NAME_MAX = 64 - PREFIX.length
const SCRIPT = 'stdin'

export async function runGameday(args: Given, context: Context): Promise<Exit> {
  const { env, cwd, stdin, stdout, registry } = context
  const role = ROLES.find((one) => one === args.role) ?? refuseRole(args.role)
  const safety = await safetyOf(args, context)
  const opened = await open(args, context)
  refuseUpstreams(opened.plan.targets, safety.guard)
  const vocabulary = vocabularyOf(opened.plan, registry)
  const script = stdin.isTTY ? undefined : await scriptOf(context, vocabulary)
  const plan = { ...opened.plan, method: [], expect: [], repeat: 1 }
  let say = (text: string): void => { context.stderr.write(`${text}\n`) }
  const told = await openOutlets(args, context, (text) => say(`warning: ${text}`))
  const folder = createRunFolder(historyFolder(context, args.out), plan.name === UNNAMED ? UNNAMED : `${PREFIX}${plan.name.slice(0, NAME_MAX)}`)
  const journal = Journal.create(folder, { redact: (text) => redact(text, plan.secrets) })
  let held: Held
  try {
    const seat = new Seat({ context, opened, plan, vocabulary, folder, journal, script, role, safety, told, who: args.as || whoOf(env), port: args.port, plain: args.plain })
    say = (text) => seat.say(text)
    held = await seat.hold()
  } finally {
    journal.close()
  }
  remember(folder, held.record, held.analysis)
  const session = join(folder, SESSION_FILE)
  const text = sessionText(session, held.events, { plan: opened.plan, source: opened.source, registry, cwd })
  if (text !== undefined) writeFile(session, text)
  const written = tell({ ...held, folder }, { wanted: { html: absolute(args.html, cwd), markdown: absolute(args.md, cwd) }, before: [] }, context)
  if (text !== undefined) context.stderr.write(`${'session'.padEnd(8)} ${session}\n`)
  if (args.json) stdout.write(renderJson(held.record, held.analysis))
  await told?.outlets.close(OUTLETS_PATIENCE)
  // What `tell` adds is a report that could not be written.
  return worstExit([exitOf(held), ...(written === held.exit ? [] : [written])])
}

const absolute = (file: string | undefined, cwd: string): string | undefined => (file === undefined ? undefined : resolve(cwd, file))

function refuseRole(role: string): Role { throw new BrownoutError('USAGE', { message: `--role ${role}: expected ${ROLES.join(', ')}` }) }

async function open({ file, var: single, varFile, seed }: Given, { registry, env, cwd, stderr }: Context): Promise<Opened> {
  const opened = await openFile(file, { registry, env, vars: readVars(single, varFile, cwd), seed, cwd })
  if (!('problems' in opened)) return opened
  stderr.write(opened.problems.map((problem) => `${formatProblem(problem)}\n`).join(''))
  throw new BrownoutError('EXPERIMENT_INVALID', { message: 'the file has errors; nothing was started' })
}

/** All that is wrong with it at once. USAGE. */
async function scriptOf({ stdin, stderr }: Context, vocabulary: Vocabulary): Promise<readonly Line[]> {
  const script = parseScript(await readScript(stdin), SCRIPT, vocabulary)
  if ('problems' in script) {
    stderr.write(script.problems.map((problem) => `${formatError(problem)}\n`).join(''))
    throw new BrownoutError('USAGE', { message: 'the script has errors; nothing was started' })
  }
  if (script.lines.length === 0) throw new BrownoutError('USAGE', { message: 'stdin is no terminal, and the script on it is empty', hint: 'one command a line: brownout gameday cart.yaml < friday.txt' })
  return script.lines
}
