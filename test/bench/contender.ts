/** A proxy under measurement, in a process of its own: started, asked for its CPU time, ended. */

import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Protocol } from '../../src/protocols/codec.ts'

export interface Contender {
  readonly name: string
  readonly port: number
  /** utime + stime of the process so far, in microseconds; 0 for the direct path. */
  cpu(): number
  /** What the process holds in memory, in bytes; 0 for the direct path. */
  memory(): number
  stop(): void
}

export const direct = (port: number): Contender => ({ name: 'direct', port, cpu: () => 0, memory: () => 0, stop: () => undefined })

export const pipe = (upstream: number): Promise<Contender> => node('pipe', 'pipe-main.js', [String(upstream)])
/** The package for HTTP proxies that stands under the name http-proxy, with connections to the upstream kept alive. */
export const httpProxy = (upstream: number): Promise<Contender> => node('http-proxy (httpxy)', 'http-proxy-main.js', [String(upstream)])
/** Two sockets of ws, that pass messages on to each other. */
export const wsRelay = (upstream: number): Promise<Contender> => node('a relay of ws', 'ws-relay-main.js', [String(upstream)])
/** What stands behind them: answers requests, and messages once it is a WebSocket. */
export const httpServer = (): Promise<Contender> => node('server', 'http-server-main.js', [])

/** On a target of that protocol; `rule` is armed from the start. */
export const brownout = (name: string, upstream: number, { protocol = 'tcp', rule }: { readonly protocol?: Protocol; readonly rule?: object } = {}): Promise<Contender> =>
  node(name, 'proxy-main.js', [String(upstream), protocol, ...(rule ? [JSON.stringify(rule)] : [])])

/** A server of ours in a process of its own. */
export const server = (script: string): Promise<Contender> => node(script, script, [])

async function node(name: string, script: string, args: readonly string[]): Promise<Contender> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.once('data', (line: Buffer) => resolve(Number(String(line))))
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it listened`)))
  })
  return contender(name, port, child, () => undefined)
}

/** Undefined where HAProxy is not installed. One thread, as everything here has one. */
export async function haproxy(upstream: number, mode: 'tcp' | 'http' = 'tcp'): Promise<Contender | undefined> {
  const command = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'].map((folder) => join(folder, 'haproxy')).find(existsSync)
  if (command === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'brownout-bench-'))
  const port = await freePort()
  writeFileSync(join(folder, 'haproxy.cfg'), [
    'global', '  nbthread 1', '  maxconn 2000', 'defaults', `  mode ${mode}`, '  timeout connect 5s', '  timeout client 60s', '  timeout server 60s',
    'listen bench', `  bind 127.0.0.1:${port}`, `  server upstream 127.0.0.1:${upstream}`, '',
  ].join('\n'))
  const child = spawn(command, ['-f', join(folder, 'haproxy.cfg'), '-db'], { stdio: 'ignore' })
  for (let tries = 0; !(await answers(port)) && tries < 100; tries++) await new Promise((resolve) => { setTimeout(resolve, 20) })
  return contender(`HAProxy, ${mode}`, port, child, () => rmSync(folder, { recursive: true, force: true }))
}

const contender = (name: string, port: number, child: ChildProcess, clean: () => void): Contender => ({
  name, port,
  cpu: () => cpuOf(child.pid ?? 0),
  memory: () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'latin1'))?.[1] ?? 0) * 1024,
  stop: () => { child.kill('SIGKILL'); clean() },
})

/** From /proc/PID/stat, in ticks of 10 ms. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

const freePort = (): Promise<number> => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resolve(port))
  })
})

const answers = (port: number): Promise<boolean> => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true) })
  socket.on('error', () => resolve(false))
})

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
