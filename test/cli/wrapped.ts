/** The command line of `wrap` in this process, around programs that are processes: nothing has to be loaded anew for each test. */

import { EventEmitter } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { registry } from '../../faults/index.ts'
import { main } from '../../src/cli/main.ts'
import { ROOT } from '../support/paths.ts'

export interface WrapEnded { readonly exit: number; readonly stdout: string; readonly stderr: string }
export interface WrapStarted {
  readonly ended: Promise<WrapEnded>
  /** What the program has said so far: it goes to a file, for it has the terminal that this process has. */
  said(): string
  stderr(): string
  signal(signal: NodeJS.Signals): void
}

/** Variables of the machine that would be found are none of a test's. */
export const bare: NodeJS.ProcessEnv = Object.fromEntries(Object.keys(process.env).filter((name) => /_(URL|HOST|PORT)$|^PG/.test(name)).map((name) => [name, undefined]))

let count = 0

/** `args` as behind `brownout wrap`. Its socket is in `folder`: who is told to inject finds nobody else. `itself`: the command is not started by a shell that sends its words elsewhere. */
export function wrapping(args: readonly string[], folder: string, env: NodeJS.ProcessEnv, { itself = false } = {}): WrapStarted {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let text = ''
  stderr.on('data', (chunk) => { text += chunk })
  const host = Object.assign(new EventEmitter(), {
    stdin: new PassThrough(), stdout, stderr, cwd: () => folder, exit: () => undefined,
    env: { ...process.env, ...bare, NODE_PATH: join(ROOT, 'node_modules'), XDG_RUNTIME_DIR: folder, ...env },
  })
  const file = join(folder, `said-${++count}`)
  const said = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  const at = args.indexOf('--') + 1
  const words = !itself && at > 0 && at < args.length ? [...args.slice(0, at), 'sh', '-c', `exec "$0" "$@" > '${file}'`, ...args.slice(at)] : args
  const ended = main(['wrap', ...words], () => Promise.resolve(registry), host as unknown as NodeJS.Process, new URL('file:///none'))
    .then((exit) => ({ exit, stdout: `${String(stdout.read() ?? '')}${said()}`, stderr: text }))
  return { ended, said, stderr: () => text, signal: (signal) => host.emit(signal, signal) }
}
