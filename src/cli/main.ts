/** The command line: finds the command, loads it alone, runs it, and turns what it answers or throws into an exit code. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Argv } from 'yargs'
import { BrownoutError, nearest } from '../core/errors.ts'
import { EXIT, WRAP_EXIT } from '../core/exit.ts'
import type { Registry } from '../fault.ts'
import type { Command, Context, Signal } from './command.ts'
import { explain } from './explain.ts'
import { goSpelled } from './go-flags.ts'

/** Takes a command whatever its arguments are. */
type Add = <A>(command: Command<A>) => void

/** All that a command is handed but the faults: they are loaded for a command that runs, not for help or a usage error. */
type Surroundings = Omit<Context, 'registry' | 'rest'>

/** In the order of the help. Each is imported when it is needed, and itself imports nothing but words: help asks all of them, and a command must not wait for the packages of the others. */
const COMMANDS: Readonly<Record<string, (add: Add) => Promise<void>>> = {
  run: async (add) => add((await import('./run.ts')).run),
  load: async (add) => add((await import('./load.ts')).load),
  sweep: async (add) => add((await import('./sweep.ts')).sweep),
  wrap: async (add) => add((await import('./wrap.ts')).wrap),
  compose: async (add) => add((await import('./compose.ts')).compose),
  serve: async (add) => add((await import('./serve.ts')).serve),
  gameday: async (add) => add((await import('./gameday.ts')).gameday),
  inject: async (add) => add((await import('./inject.ts')).inject),
  clear: async (add) => add((await import('./clear.ts')).clear),
  status: async (add) => add((await import('./status.ts')).status),
  halt: async (add) => add((await import('./halt.ts')).halt),
  resume: async (add) => add((await import('./resume.ts')).resume),
  demo: async (add) => add((await import('./demo.ts')).demo),
  check: async (add) => add((await import('./check.ts')).check),
  faults: async (add) => add((await import('./faults.ts')).faults),
  discover: async (add) => add((await import('./discover.ts')).discover),
  runs: async (add) => add((await import('./runs.ts')).runs),
  report: async (add) => add((await import('./report.ts')).report),
  advise: async (add) => add((await import('./advise.ts')).advise),
  compare: async (add) => add((await import('./compare.ts')).compare),
  init: async (add) => add((await import('./init.ts')).init),
  schema: async (add) => add((await import('./schema.ts')).schema),
}

/** What people and supervisors send to a program. Stopping and going on is done to the whole group by the terminal. */
const PASSED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const

const PACKAGE_ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Runs the command of `argv` (without node and script); `worker` is the script of a worker process. Never throws. */
export async function main(argv: readonly string[], faults: () => Promise<Registry>, host: NodeJS.Process, worker: URL): Promise<number> {
  const surroundings = surroundingsOf(host, worker)
  try {
    return await dispatch(argv, faults, surroundings)
  } catch (error) {
    const exit = explain(error, surroundings)
    return argv[0] === 'wrap' ? WRAP_EXIT.failed : exit
  }
}

async function dispatch(given: readonly string[], faults: () => Promise<Registry>, surroundings: Surroundings): Promise<number> {
  const { version, stdout, stderr } = surroundings
  if (given.length === 1 && given[0] === '--version') {
    stdout.write(`${version}\n`)
    return EXIT.pass
  }
  const { argv, rest } = apart(given)
  const word = argv.find((one) => !one.startsWith('-'))
  const load = word === undefined ? undefined : Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  if (word !== undefined && !load) {
    const near = nearest(word, Object.keys(COMMANDS))
    throw new BrownoutError('USAGE', { message: `there is no command "${word}"`, hint: near && `did you mean "${near}"? \`brownout --help\` lists the commands` })
  }
  let exit: Promise<number> | undefined
  const parser = await base(surroundings)
  const add: Add = (command) => {
    parser.command(command.name, command.describe, (local: Argv) => command.builder(local), (args) => {
      exit = faults().then((registry) => command.run(args, { ...surroundings, registry, rest }))
    })
  }
  if (load) await load(add)
  else for (const one of Object.values(COMMANDS)) await one(add)
  // The callback keeps yargs from printing and exiting by itself.
  const { problem, output } = await new Promise<{ problem: string | undefined; output: string }>((resolve) => {
    parser.parse([...argv], {}, (error: unknown, _args: unknown, text: string) => resolve({ problem: error ? String(error instanceof Error ? error.message : error) : undefined, output: text }))
  })
  if (exit) return exit
  if (problem) throw new BrownoutError('USAGE', { message: problem, hint: `\`brownout ${word ? `${word} ` : ''}--help\` shows how` })
  if (output) stdout.write(`${output}\n`)
  else stderr.write(`${await parser.getHelp()}\n`)
  return output ? EXIT.pass : EXIT.usage
}

/** The words that are read here, and those of a command that is to be started: nothing in them is ours to read. */
function apart(given: readonly string[]): { readonly argv: readonly string[]; readonly rest: readonly string[] } {
  const at = given[0] === 'wrap' ? given.indexOf('--') : -1
  return at < 0 ? { argv: given[0] === 'serve' ? goSpelled(given) : given, rest: [] } : { argv: given.slice(0, at), rest: given.slice(at + 1) }
}

async function base({ version, stdout }: Surroundings): Promise<Argv> {
  const { default: yargs } = await import('yargs')
  return yargs()
    .scriptName('brownout').usage('$0 <command>\n\nInjects faults between an application and what it depends on, and measures how it degrades and recovers.')
    .version(version).help().alias('help', 'h').locale('en').strict().exitProcess(false).wrap(Math.min(stdout.columns ?? 100, 120))
    .example('$0 demo', 'a real application loses its cache for some seconds')
    .example('$0 wrap -- npm start', 'an application with its databases and caches behind proxies')
    .example('$0 init', 'writes a first experiment')
    .example('$0 run experiments/*.yaml', 'runs experiments one after another')
    .example('$0 faults latency', 'what a fault does and its parameters')
    .epilogue('Exit codes: 0 all held, 1 an expectation failed, 2 inconclusive, 3 aborted, 4 baseline refused, 5 heal not verified, 6 system under test in error, 64 usage, 70 internal.')
}

function surroundingsOf(host: NodeJS.Process, worker: URL): Surroundings {
  const manifest: unknown = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'))
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
  const { stdin, stdout, stderr, env } = host
  for (const stream of [stdout, stderr]) stream.on('error', ignoreGone)
  let hangups = 0
  return {
    env, worker, cwd: host.cwd(), stdin, stdout, stderr, version, packageRoot: PACKAGE_ROOT,
    color: Boolean(stderr.isTTY) && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    onSignal(hear) {
      const listen = (signal: Signal): void => hear(signal)
      // A terminal that was closed waits for us as little as whoever sends SIGTERM.
      const hangup = (): void => { if (hangups === 0) hear('SIGTERM') }
      host.on('SIGINT', listen).on('SIGTERM', listen).on('SIGHUP', hangup)
      return () => { host.off('SIGINT', listen).off('SIGTERM', listen).off('SIGHUP', hangup) }
    },
    onEvery(hear) {
      const listen = (signal: NodeJS.Signals): void => hear(signal)
      for (const signal of PASSED) host.on(signal, listen)
      return () => { for (const signal of PASSED) host.off(signal, listen) }
    },
    onHangup(hear) {
      hangups++
      host.on('SIGHUP', hear)
      return () => { hangups--; host.off('SIGHUP', hear) }
    },
    onResize(hear) {
      const [more, fewer] = [() => hear(1), () => hear(-1)]
      host.on('SIGTTIN', more).on('SIGTTOU', fewer)
      return () => { host.off('SIGTTIN', more).off('SIGTTOU', fewer) }
    },
    onCrash(hear) {
      const listen = (error: unknown): void => hear(error)
      host.on('uncaughtException', listen)
      return () => { host.off('uncaughtException', listen) }
    },
    quit: (exit) => host.exit(exit),
  }
}

/** Whoever read us has gone (`| head`, a closed terminal): that is no reason to stop, least of all before healing. */
function ignoreGone(error: Error): void {
  if (!('code' in error) || (error.code !== 'EPIPE' && error.code !== 'EIO')) throw error
}
