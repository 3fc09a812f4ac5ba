/** A proxy under measurement, in a process of its own: started, asked for its CPU time, ended. Those that are not ours are in peers.ts. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { cpuOf, memoryOf } from './proc.ts'
import type { Measured } from './proxy-main.ts'

export interface Contender {
  readonly name: string
  readonly port: number
  /** utime + stime of the process and its children so far, in microseconds; 0 for the direct path. */
  cpu(): number
  /** What they hold in memory, in bytes; 0 for the direct path. */
  memory(): number
  stop(): void
}

export const direct = (port: number): Contender => ({ name: 'direct', port, cpu: () => 0, memory: () => 0, stop: () => undefined })

/** `upstream` is a port of 127.0.0.1, here and in all that follow. */
export const pipe = (upstream: number): Promise<Contender> => node('pipe', 'pipe-main.js', [String(upstream)])
/** The package for HTTP proxies that stands under the name http-proxy, with connections to the upstream kept alive. */
export const httpProxy = (upstream: number): Promise<Contender> => node('http-proxy (httpxy)', 'http-proxy-main.js', [String(upstream)])
/** Two sockets of ws, that pass messages on to each other. */
export const wsRelay = (upstream: number): Promise<Contender> => node('a relay of ws', 'ws-relay-main.js', [String(upstream)])
/** What stands behind them: answers requests, and messages once it is a WebSocket. */
export const httpServer = (): Promise<Contender> => node('server', 'http-server-main.js', [])

/** On a target of that protocol; `rule` is armed from the start. */
export const brownout = (name: string, upstream: number, options: Partial<Omit<Measured, 'upstream'>> = {}): Promise<Contender> =>
  node(name, 'proxy-main.js', [JSON.stringify({ protocol: 'tcp', ...options, upstream } satisfies Measured)])

/** A server of ours in a process of its own. */
export const server = (script: string): Promise<Contender> => node(script, script, [])

/** A script of this folder, whose first line is its port. */
async function node(name: string, script: string, args: readonly string[]): Promise<Contender> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const { stdout } = child
  if (!stdout) throw new Error('it has an output')
  const gone = once(child, 'exit').then(([code]) => { throw new Error(`${name} ended with ${code} before it listened`) })
  const [port] = await Promise.race([once(createInterface({ input: stdout }), 'line'), gone]) as [string]
  return contenderOf(name, Number(port), child)
}

export function contenderOf(name: string, port: number, child: ChildProcess, clean: () => void = () => undefined): Contender {
  const stop = (): void => { child.kill('SIGKILL'); clean() }
  // Whatever happens to a bench, none of them is left behind.
  process.once('exit', stop)
  return { name, port, cpu: () => cpuOf(child.pid ?? 0), memory: () => memoryOf(child.pid ?? 0), stop: () => { process.off('exit', stop); stop() } }
}
