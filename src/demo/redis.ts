/** A real Redis (or Valkey) of our own, on a free port of 127.0.0.1, that keeps nothing. */

import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import { startWatchdog } from '../watchdog/watchdog.ts'
import { type DemoServer, onFreePort, type ServerOptions, startDaemon, temporaryFolder } from './daemon.ts'

/** A program that can be run, and what its environment must hold. */
export interface RedisProgram { readonly command: string; readonly env: NodeJS.ProcessEnv }

const NAMES = ['redis-server', 'valkey-server'] as const
const START_WITHIN: Ms = ms(10_000)

/** On the PATH, else what `make setup` unpacked into the cache folder; undefined when there is none. */
export function findRedis(env: NodeJS.ProcessEnv = process.env): RedisProgram | undefined {
  const cache = join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'brownout/redis')
  const installed = onPath(env['PATH'] ?? '')
  if (installed !== undefined) return { command: installed, env }
  const command = NAMES.map((name) => join(cache, 'usr/bin', name)).find(isProgram)
  return command === undefined ? undefined : { command, env: { ...env, LD_LIBRARY_PATH: libraryFolders(cache).join(delimiter) } }
}

const onPath = (path: string): string | undefined =>
  path.split(delimiter).filter((folder) => folder !== '').flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isProgram)

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch (error) {
    if (error instanceof Error) return false
    throw error
  }
}

/** Debian keeps libraries in a folder named after the machine: `usr/lib/x86_64-linux-gnu`. */
const libraryFolders = (root: string): string[] =>
  ['usr/lib', 'lib'].map((name) => join(root, name)).filter(existsSync)
    .flatMap((folder) => [folder, ...readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory()).map((one) => join(folder, one.name))])

export interface RedisOptions extends ServerOptions {
  /** Settings beside ours, as arguments; asked for again with each port that is tried. */
  readonly settings?: () => Promise<readonly string[]>
}

/** Throws REDIS_MISSING, SERVER_FAILED, PORT_IN_USE. */
export async function startRedis({ port: wanted, watchdog: given, settings }: RedisOptions = {}): Promise<DemoServer> {
  const program = findRedis()
  if (!program) throw new BrownoutError('REDIS_MISSING', { message: 'neither redis-server nor valkey-server is on the PATH' })
  const folder = await temporaryFolder('brownout-redis-', undefined)
  const watchdog = given ?? startWatchdog()
  const letGo = (): void => { if (!given) watchdog.close() }
  try {
    const { port, pid, exited, stop } = await onFreePort('Redis', wanted, async (port) => startDaemon({
      ...program, name: 'Redis', folder, signal: 'SIGTERM', watchdog,
      args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder, '--daemonize', 'no', ...(await settings?.() ?? [])],
      ready: /ready to accept connections/i, portTaken: /Address already in use/, within: START_WITHIN,
    }))
    const host = '127.0.0.1'
    return { url: `redis://${host}:${port}`, host, port, pid, exited, stop: () => stop().finally(letGo) }
  } catch (error) {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    letGo()
    throw error
  }
}
