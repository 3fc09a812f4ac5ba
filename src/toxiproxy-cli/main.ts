/** The command line of people who know toxiproxy-cli: its commands, flags, outputs and exit codes, against a Toxiproxy or brownout. */

import { parseArgs } from 'node:util'
import { Api } from './api.ts'
import { Failure, type Command, type Flag } from './command.ts'
import { Printer } from './printer.ts'
import { create, inspect, list, remove as removeProxy, toggle } from './proxies.ts'
import { add, remove as removeToxic, update } from './toxics.ts'

/** The version of Toxiproxy whose commands these are; scripts compare it. */
const VERSION = '2.12.0'
const DEFAULT_HOST = 'http://localhost:8474'
const UNKNOWN_COMMAND = 3

const COMMANDS: readonly Command[] = [list, inspect, toggle, create, removeProxy]
const TOXIC_COMMANDS: readonly Command[] = [add, update, removeToxic]
const TOXIC = ['toxic', 't']

const GLOBAL: Readonly<Record<string, Flag>> = {
  host: { kind: 'value', short: 'h', about: `the admin API; $TOXIPROXY_URL, or ${DEFAULT_HOST}` },
  token: { kind: 'value', short: '', about: 'for a brownout that asks for one; $BROWNOUT_TOKEN' },
  json: { kind: 'switch', short: '', about: 'one JSON document on stdout' },
  help: { kind: 'switch', short: '', about: 'this' },
  version: { kind: 'switch', short: 'v', about: 'the version of toxiproxy-cli that this behaves as' },
}

export interface Host {
  readonly env: NodeJS.ProcessEnv
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly stderr: NodeJS.WritableStream
}

/** Runs the command of `argv` (without node and script). Never throws; resolves with the exit code. */
export async function toxiproxyCli(argv: readonly string[], { env, stdout, stderr }: Host): Promise<number> {
  for (const stream of [stdout, stderr]) stream.on('error', ignoreGone)
  const fail = (text: string, exit: number): number => {
    stderr.write(`${text}\n\n`)
    return exit
  }
  const { words, rest } = split(argv)
  const inToxic = words[0] !== undefined && TOXIC.includes(words[0])
  const word = inToxic ? words[1] : words[0]
  const command = (inToxic ? TOXIC_COMMANDS : COMMANDS).find(({ name, aliases }) => word !== undefined && [name, ...aliases].includes(word))
  if (word !== undefined && word !== 'help' && !command) return fail(`No help topic for '${word}'`, UNKNOWN_COMMAND)
  try {
    const { values, positionals } = parsed(rest, { ...GLOBAL, ...command?.flags })
    const color = Boolean(stdout.isTTY) && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
    const print = new Printer(stdout, values['json'] === true, color)
    if (values['version'] === true && !command) print.text(`toxiproxy-cli version ${VERSION}`)
    else if (!command || values['help'] === true) print.text(helpOf(command, inToxic))
    else {
      const [name = '', ...more] = positionals
      if (command.named && !name) throw new Failure('Proxy name is required as the first argument.')
      if (more.length || (!command.named && name)) throw new Failure(`'${command.named ? more[0] : name}' means nothing here: \`toxiproxy-cli ${inToxic ? 'toxic ' : ''}${command.name} --help\``)
      const text = (flag: string): string | undefined => (typeof values[flag] === 'string' ? values[flag] : undefined)
      const api = new Api({ url: urlOf(text('host') || env['TOXIPROXY_URL'] || DEFAULT_HOST), token: text('token') || env['BROWNOUT_TOKEN'], version: VERSION })
      await command.run({
        api, print, name, value: text,
        list: (flag) => { const many = values[flag]; return Array.isArray(many) ? many.map(String) : [] },
        on: (flag) => values[flag] === true,
      })
    }
    return 0
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), 1)
  }
}

/** The words that name the command, and all else in its order. Flags of all commands may stand before it too. */
function split(argv: readonly string[]): { readonly words: readonly string[]; readonly rest: readonly string[] } {
  const words: string[] = []
  const rest: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at] ?? ''
    const wanted = words.length === 0 || (words.length === 1 && TOXIC.includes(words[0] ?? ''))
    if (!wanted || arg === '--') return { words, rest: [...rest, ...argv.slice(at)] }
    if (!arg.startsWith('-')) words.push(arg)
    else {
      rest.push(arg)
      if (takesValue(arg) && at + 1 < argv.length) rest.push(argv[++at] ?? '')
    }
  }
  return { words, rest }
}

const takesValue = (arg: string): boolean => Object.entries(GLOBAL).some(([name, { kind, short }]) => kind === 'value' && (arg === `--${name}` || arg === `-${name}` || (short !== '' && arg === `-${short}`)))

/** Throws for what is no flag here. Long flags may have one dash and short ones a `=`, as Go's do. */
function parsed(args: readonly string[], flags: Readonly<Record<string, Flag>>): { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] } {
  const plain = args.map((arg) => {
    const short = /^-([A-Za-z])=(.*)$/s.exec(arg)
    if (short) return `-${short[1]}${short[2]}`
    const name = /^--?([A-Za-z]{2,})(?==|$)/.exec(arg)?.[1]
    if (name === 'tox') return arg.replace(/^--?tox/, '--toxicity')
    return name !== undefined && Object.hasOwn(flags, name) && !arg.startsWith('--') ? `-${arg}` : arg
  })
  return parseArgs({
    args: plain, strict: true, allowPositionals: true,
    options: Object.fromEntries(Object.entries(flags).map(([name, { kind, short }]) =>
      [name, { type: kind === 'switch' ? 'boolean' : 'string', multiple: kind === 'list', ...(short ? { short } : {}) }] as const)),
  })
}

/** Whoever read us has gone (`| head`): that is no error of theirs. */
function ignoreGone(error: Error): void {
  if (!('code' in error) || error.code !== 'EPIPE') throw error
}

/** The scheme may be left out. */
const urlOf = (host: string): string => (host.includes('://') ? host : `http://${host}`).replace(/\/+$/, '')

function helpOf(command: Command | undefined, inToxic: boolean): string {
  const flags = (of: Readonly<Record<string, Flag>>): string => Object.entries(of).map(([name, { short, about }]) => `  ${`--${name}${short ? `, -${short}` : ''}`.padEnd(20)}${about}`).join('\n')
  const prefix = `toxiproxy-cli ${inToxic ? 'toxic ' : ''}`
  if (command) return `${prefix}${command.name} ${command.usage}\n\n  ${command.about}\n\n${flags({ ...command.flags, ...GLOBAL })}`
  const rows = (commands: readonly Command[], before: string): string => commands.map(({ name, aliases, about }) => `  ${`${before}${name} (${aliases.join(', ')})`.padEnd(32)}${about}`).join('\n')
  return [
    `${prefix}COMMAND [flags] [PROXY]`, '',
    '  The commands of toxiproxy-cli, by brownout, for any Toxiproxy server.', '',
    ...(inToxic ? [] : [rows(COMMANDS, '')]), rows(TOXIC_COMMANDS, 'toxic '), '', flags(GLOBAL),
  ].join('\n')
}
