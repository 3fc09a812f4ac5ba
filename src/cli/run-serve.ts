/** Serves proxies and the admin API until a signal says to stop. */

import { pino, type Logger } from 'pino'
import { Configured } from '../admin/config.ts'
import { startAdmin, type Admin } from '../admin/server.ts'
import { wallTime } from '../core/clock.ts'
import { BrownoutError, knownError } from '../core/errors.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { isLoopback } from '../core/loopback.ts'
import { freshSeed } from '../core/random.ts'
import { parseDuration, type Ms } from '../core/units.ts'
import { readLimits, room } from '../proxy/limits.ts'
import type { Context } from './command.ts'
import { ServeControl } from './serve-control.ts'
import { workersOf } from './workers.ts'

export interface Args {
  readonly host: string; readonly port: number; readonly config: string | undefined; readonly token: string | undefined; readonly 'without-token': boolean
  readonly 'allow-listen': boolean; readonly 'allow-host': readonly string[]; readonly seed: number | undefined; readonly drain: string; readonly workers: string | undefined
  readonly metrics: boolean; readonly 'proxy-metrics': boolean; readonly 'runtime-metrics': boolean; readonly log: 'stdout' | 'stderr'; readonly 'keep-going': boolean
  readonly policy: string | undefined; readonly 'allow-upstream': readonly string[]
  readonly webhook: string[]; readonly 'webhook-format': 'auto' | 'json' | 'slack'; readonly grafana: string | undefined; readonly otel: boolean | undefined
}

/** Fewer than these are worth a warning. */
const FEW_CONNECTIONS = 1000

const LEVELS: Readonly<Record<string, string>> = { panic: 'fatal', fatal: 'fatal', error: 'error', warn: 'warn', info: 'info', debug: 'debug', trace: 'trace' }

/** USAGE, PORT_IN_USE, LISTEN_FAILED, CONFIG_INVALID. */
export async function runServe(args: Args, context: Context): Promise<Exit> {
  const { registry, env, version } = context
  const drain = parseDuration(args.drain)
  if (drain === undefined) throw new BrownoutError('USAGE', { message: `--drain ${args.drain}: expected a duration such as 2s` })
  if (!(Number.isInteger(args.port) && args.port >= 0 && args.port <= 65_535)) throw new BrownoutError('USAGE', { message: `--port: expected a port from 0 to 65535` })
  const token = args.token ?? env['BROWNOUT_TOKEN']
  if (token === '') throw new BrownoutError('USAGE', { message: 'the token is empty', hint: 'leave out --token and BROWNOUT_TOKEN for none' })
  const open = !isLoopback(args.host)
  if (open && token === undefined && !args['without-token']) {
    throw new BrownoutError('USAGE', { message: `--host ${args.host} opens the API to a network: whoever reaches it commands it`, hint: 'give --token (or BROWNOUT_TOKEN), or --without-token where the network is yours alone' })
  }
  const workers = workersOf(args.workers, context.worker)
  const log = logger(args, context)
  const stopped = stopSignal(context)
  const all = args.metrics && !args['proxy-metrics'] && !args['runtime-metrics']
  const metrics = { own: all || args['proxy-metrics'], process: all || args['runtime-metrics'] }
  const seed = args.seed ?? freshSeed()
  const control = await ServeControl.create({ seed, token, safety: args, hosts: args['allow-host'], config: args.config, outlets: args }, context, log)
  const admin = await startAdmin({
    ...control.forServer, registry, host: args.host, port: args.port, seed, token, hosts: args['allow-host'], allowListen: args['allow-listen'], log, workers,
    ...(metrics.own || metrics.process ? { metrics: { ...metrics, control: control.forMetrics } } : {}),
  })
  log.info({ address: admin.url, version }, 'serving the admin API')
  const stopResizing = context.onResize((by) => { void resize(admin, by, drain, log) })
  await control.start(admin)
  tellRoom(log, workers?.count)
  if (open) log.warn({ address: admin.url }, token === undefined ? 'the admin API is open to a network, without a token' : 'the admin API is open to a network')
  try {
    const configured = await configure(admin, control, args, context, log)
    const stopHearing = configured ? context.onHangup(() => { void configured() }) : undefined
    const signal = await stopped
    stopHearing?.()
    log.info({ signal }, 'stopping: faults are cleared, connections may end')
  } finally {
    stopResizing()
    await control.close()
    await admin.close(drain)
  }
  log.info({}, 'stopped')
  return EXIT.pass
}

async function resize(admin: Admin, by: 1 | -1, drain: Ms, log: Logger): Promise<void> {
  try {
    const workers = await admin.resize(by, drain)
    if (workers === undefined) log.warn({}, 'there are no workers to be more or fewer: serve was started without --workers')
    else log.info({ workers }, 'workers')
  } catch (error) {
    log.error({}, knownError(error).message)
  }
}

/** How many connections fit through so many processes, and what stops them there. */
function tellRoom(log: Logger, workers = 1): void {
  const limits = readLimits()
  const { descriptors, ports, backlog } = limits
  const connections = Math.min(room.size * workers, ports)
  if (connections === Number.POSITIVE_INFINITY) return
  if (connections < FEW_CONNECTIONS) log.warn({ connections, descriptors }, 'few connections fit: raise the limit of open files (ulimit -Hn), or share them: --workers')
  else log.info({ connections, descriptors, ports, backlog }, 'so many connections fit')
}

/** Reads the file and applies it; the answer does so again, and says in the log what is wrong. CONFIG_INVALID the first time, unless told to keep going. */
async function configure(admin: Admin, control: ServeControl, { config, 'keep-going': keepGoing }: Args, { registry, env, cwd }: Context, log: Logger): Promise<(() => Promise<void>) | undefined> {
  if (config === undefined) return undefined
  // It brings the loader of experiments along, which a server without a file needs not wait for.
  const { readServeConfig } = await import('./serve-config.ts')
  const configured = new Configured(admin.proxies)
  const read = async (): Promise<readonly string[]> => {
    const found = await readServeConfig(config, { registry, env, cwd })
    if ('problems' in found) return found.problems
    const failed = await configured.apply(found.inputs)
    await control.declare(found.alerts, admin)
    for (const { name, listen, upstream } of admin.proxies.list()) log.info({ proxy: name, listen, upstream }, 'proxy')
    return [...failed].map(([name, why]) => `${config}: ${name}: ${why}`)
  }
  const problems = await read()
  if (problems.length > 0 && !keepGoing) throw new BrownoutError('CONFIG_INVALID', { message: problems.join('\n') })
  for (const problem of problems) log.error({ config }, problem)
  return async () => {
    const wrong = await read()
    for (const problem of wrong) log.error({ config }, problem)
    log.info({ config, problems: wrong.length }, wrong.length > 0 ? 'read again, with problems' : 'read again')
  }
}

/** Resolves at the first signal; a second one ends the process at once. */
function stopSignal({ onSignal, quit }: Context): Promise<string> {
  return new Promise((resolve) => {
    let heard = false
    onSignal((signal) => {
      if (heard) quit(signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated)
      heard = true
      resolve(signal)
    })
  })
}

function logger({ log }: Args, { env, stdout, stderr }: Context): Logger {
  const asked = env['LOG_LEVEL']
  const level = asked === undefined || asked === '' ? (log === 'stdout' ? 'trace' : 'info') : LEVELS[asked.toLowerCase()]
  if (level === undefined) throw new BrownoutError('USAGE', { message: `LOG_LEVEL=${asked} is no level`, hint: `levels are ${Object.keys(LEVELS).join(', ')}` })
  return pino({
    level, base: null, messageKey: 'message', formatters: { level: (label) => ({ level: label }) }, timestamp: () => `,"time":"${wallTime()}"`,
  }, log === 'stdout' ? stdout : stderr)
}
