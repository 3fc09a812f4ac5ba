/** Drafts a first experiment, asks what it cannot see, and checks what it wrote. */

import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { BrownoutError } from '../core/errors.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { draftExperiment, seenIn, type Application, type Dependency } from '../experiment/first.ts'
import { loadExperiment } from '../experiment/load.ts'
import type { Context } from './command.ts'
import { readEnvFile } from './vars.ts'

export interface Args { readonly file: string; readonly command: string | undefined; readonly url: string | undefined; readonly yes: boolean }

export async function runInit({ file, command, url, yes }: Args, context: Context): Promise<Exit> {
  const { env, cwd, stderr, stdin, registry } = context
  const path = resolve(cwd, file)
  if (existsSync(path)) throw alreadyThere(file)
  const envFile = existsSync(join(cwd, '.env')) ? readEnvFile(join(cwd, '.env')) : {}
  const dependencies = seenIn(env, envFile)
  const asks = !yes && stdin.isTTY === true && stderr.isTTY === true
  const application = asks && dependencies.length ? await ask(dependencies, { command, url }, context) : { command, url }
  await writeFile(path, draftExperiment(dependencies, application), { flag: 'wx' }).catch((cause: unknown) => {
    if (isCode(cause, 'EEXIST')) throw alreadyThere(file)
    throw new BrownoutError('FILE_UNREADABLE', { message: `${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, hint: 'check the folder and its permissions', cause })
  })
  const fromFile = dependencies.some(({ inFile }) => inFile)
  const loaded = await loadExperiment(file, { registry, env, vars: fromFile ? envFile : {}, cwd })
  if (!('plan' in loaded)) throw new BrownoutError('INTERNAL', { message: `${file} does not load: ${loaded.problems.map(({ message }) => message).join('; ')}` })
  stderr.write(`wrote ${file}${dependencies.length ? `, for ${dependencies.map(({ variable, target }) => `${variable} as "${target}"`).join(' and ')}` : ', on the sample stack: no *_URL of a database or cache was found'}\n\n`)
  stderr.write(`  brownout check ${file}${fromFile ? ' --var-file .env' : ''}\n  brownout run ${file}${fromFile ? ' --var-file .env' : ''}\n`)
  return EXIT.pass
}

async function ask(dependencies: readonly Dependency[], given: Application, { stdin, stderr }: Context): Promise<Application> {
  const lines = createInterface({ input: stdin })
  // The iterator keeps what is typed ahead; the end of the input answers everything that is still asked.
  const typed = lines[Symbol.asyncIterator]()
  const answer = async (question: string): Promise<string> => {
    stderr.write(question)
    const { value, done } = await typed.next()
    return done ? '' : String(value)
  }
  try {
    stderr.write(`found ${dependencies.map(({ variable }) => variable).join(', ')}\n`)
    const command = given.command ?? await answer('what starts your application? (empty: load goes to the dependency itself) ')
    const url = command.trim() === '' ? undefined : given.url ?? await answer('which URL of it takes requests? [http://127.0.0.1:3000/] ')
    return { command, url }
  } finally {
    lines.close()
  }
}

const alreadyThere = (file: string): BrownoutError => new BrownoutError('FILE_EXISTS', { message: `${file} is there already`, hint: 'name another: `brownout init NAME.yaml`' })
const isCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code
