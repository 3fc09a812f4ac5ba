/**
 * What one would take instead of brownout, where it is installed: on the PATH, or where the environment says (HAPROXY, NGINX, SOCAT, PGBOUNCER,
 * TOXIPROXY: the path of a program). Each in a process of its own with one thread, as everything here has one; undefined where there is none.
 */

import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { Toxiproxy } from 'toxiproxy-node-client'
import { contenderOf, type Contender } from './contender.ts'

const NOBODY = 65_534
const WITHIN_MS = 5000

const PROGRAMS = { HAPROXY: 'haproxy', NGINX: 'nginx', SOCAT: 'socat', PGBOUNCER: 'pgbouncer', TOXIPROXY: 'toxiproxy-server' } as const

function programOf(variable: keyof typeof PROGRAMS): string | undefined {
  const given = process.env[variable]
  if (given) {
    if (!existsSync(given)) throw new Error(`${variable}: there is no ${given}`)
    return given
  }
  return onPath(PROGRAMS[variable])
}

const onPath = (name: string): string | undefined => [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'].map((folder) => join(folder, name)).find(existsSync)
export const isProgram = (name: string): boolean => onPath(name) !== undefined

export const haproxy = (upstream: number, mode: 'tcp' | 'http' = 'tcp'): Promise<Contender | undefined> => started('HAPROXY', `HAProxy, ${mode}`, (port) => ({
  file: 'haproxy.cfg', args: (file) => ['-f', file, '-db'],
  text: ['global', '  nbthread 1', '  maxconn 2000', 'defaults', `  mode ${mode}`, '  timeout connect 5s', '  timeout client 60s', '  timeout server 60s',
    'listen bench', `  bind 127.0.0.1:${port}`, `  server upstream 127.0.0.1:${upstream}`],
}))

export const nginx = (upstream: number): Promise<Contender | undefined> => started('NGINX', 'nginx stream', (port, folder, program) => {
  // In some packages the module is a file of its own.
  const module = ['/usr/lib', join(dirname(program), '../lib')].map((lib) => join(lib, 'nginx/modules/ngx_stream_module.so')).find(existsSync)
  return {
    file: 'nginx.conf', args: (file) => ['-c', file, '-p', folder, '-e', 'stderr'],
    text: [...(module ? [`load_module ${module};`] : []), 'daemon off;', 'master_process off;', `pid ${folder}/pid;`, 'error_log stderr;', 'events { worker_connections 4096; }',
      `stream { server { listen 127.0.0.1:${port}; proxy_pass 127.0.0.1:${upstream}; } }`],
  }
})

/** A process for each connection. */
export const socat = (upstream: number): Promise<Contender | undefined> =>
  started('SOCAT', 'socat', (port) => ({ args: () => [`TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr,nodelay,backlog=512`, `TCP:127.0.0.1:${upstream},nodelay`] }))

/** A pool of sessions: the nearest to a proxy that it can be. It will not run as root. */
export const pgbouncer = (upstream: number): Promise<Contender | undefined> => started('PGBOUNCER', 'pgbouncer', (port, folder) => ({
  file: 'pgbouncer.ini', args: (file) => [file], as: process.getuid?.() === 0 ? NOBODY : undefined,
  text: ['[databases]', `postgres = host=127.0.0.1 port=${upstream} user=postgres`, '[pgbouncer]', 'listen_addr = 127.0.0.1', `listen_port = ${port}`, 'auth_type = any',
    'pool_mode = session', 'ignore_startup_parameters = extra_float_digits', 'unix_socket_dir =', `logfile = ${folder}/log`],
}))

/** Its proxy of `upstream`; `latencyMs` is armed towards the client. */
export async function toxiproxy(upstream: number, latencyMs?: number): Promise<Contender | undefined> {
  const listen = await freePort()
  const server = await started('TOXIPROXY', latencyMs === undefined ? 'Toxiproxy' : `Toxiproxy, ${latencyMs} ms latency`, (port) => ({ args: () => ['-host', '127.0.0.1', '-port', String(port)] }))
  if (!server) return undefined
  const proxy = await new Toxiproxy(`http://127.0.0.1:${server.port}`).createProxy({ name: 'bench', listen: `127.0.0.1:${listen}`, upstream: `127.0.0.1:${upstream}` })
  if (latencyMs !== undefined) await proxy.addToxic({ name: 'slow', type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: latencyMs, jitter: 0 } })
  return { ...server, port: listen }
}

interface Recipe { readonly file?: string; readonly text?: readonly string[]; readonly args: (file: string) => readonly string[]; readonly as?: number | undefined }

async function started(variable: keyof typeof PROGRAMS, name: string, recipe: (port: number, folder: string, program: string) => Recipe): Promise<Contender | undefined> {
  const program = programOf(variable)
  if (program === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'brownout-bench-'))
  const port = await freePort()
  const { file = 'none', text = [], args, as } = recipe(port, folder, program)
  writeFileSync(join(folder, file), `${text.join('\n')}\n`)
  chmodSync(folder, 0o777)
  let said = ''
  const child = spawn(program, args(join(folder, file)), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], ...(as === undefined ? {} : { uid: as, gid: as }) })
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk: Buffer) => { said = (said + String(chunk)).slice(-2000) })
  for (const until = performance.now() + WITHIN_MS; !(await answers(port)); await new Promise((resolve) => { setTimeout(resolve, 20) })) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`${program} does not listen\n${said}`)
  }
  return contenderOf(name, port, child, () => rmSync(folder, { recursive: true, force: true }))
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
