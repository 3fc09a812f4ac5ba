/** The real command line in a process of its own, on an experiment with short windows against a server of the test's. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout

import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JournalEvent } from '../../src/record/events.ts'

const BIN = fileURLToPath(new URL('../../bin/brownout.js', import.meta.url))

export interface Ended { readonly exit: number | null; readonly signal: NodeJS.Signals | null; readonly stdout: string; readonly stderr: string }
export interface Started { readonly child: ChildProcess; readonly ended: Promise<Ended>; stderr(): string }

const running = new Set<ChildProcess>()

/** `input` is what it finds on stdin; nothing unless given. */
export function brownout(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}, wrapper: readonly string[] = [], input?: string): Started {
  const [command = '', ...rest] = [...wrapper, process.execPath, BIN, ...args]
  const child = spawn(command, rest, { cwd, env: { ...process.env, NO_COLOR: '1', GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '', ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => undefined).end(input ?? '')
  running.add(child)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => { stdout += chunk })
  child.stderr.on('data', (chunk) => { stderr += chunk })
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (exit, signal) => { running.delete(child); resolve({ exit, signal, stdout, stderr }) })
  })
  return { child, ended, stderr: () => stderr }
}

/** Ends what a failed test left. */
export const endAll = (): void => { for (const child of running) child.kill('SIGKILL') }

export async function until(what: () => boolean, within = 10_000): Promise<void> {
  const from = performance.now()
  while (!what()) {
    if (performance.now() - from > within) throw new Error(`waited ${within} ms in vain for ${what}`)
    await new Promise((resolve) => { setTimeout(resolve, 10) })
  }
}

/** Gone, or dead and only not collected yet by a lazy init. */
export const gone = (pid: number): boolean => {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

/** Every process that has `marker` in its environment or is a descendant of such. */
export const marked = (marker: string): readonly number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(marker) && !gone(pid)
  } catch {
    return false
  }
})

export interface Yard { readonly folder: string; readonly server: Server; readonly port: number; write(name: string, text: string): string; close(): Promise<void> }

/** A folder to work in and a server that answers 200. */
export async function yard(): Promise<Yard> {
  const folder = mkdtempSync(join(tmpdir(), 'brownout-cli-'))
  const server = createServer((_request, response) => { response.writeHead(200).end('ok') })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return name
  }
  // It asks its upstream 50 times a second of its own accord: a machine that is busy with other tests does not make that invalid.
  write('app.mjs', `
    import http from 'node:http'
    const agent = new http.Agent({ keepAlive: true })
    const ask = () => {
      const up = http.get(process.env.UPSTREAM, { agent, timeout: 200 }, (answer) => answer.resume())
      up.on('timeout', () => up.destroy()).on('error', () => undefined)
    }
    http.createServer((request, response) => response.end('ready')).listen(Number(process.env.PORT), '127.0.0.1', () => {
      console.log('serving as', process.pid)
      setInterval(ask, 20)
    })
  `)
  return {
    folder, server, write, port: typeof address === 'object' && address ? address.port : 0,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => { server.close(resolve) })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** An app that lives on `api`; `method` and `more` are lines of YAML. */
export const experiment = (port: number, method: string, more = ''): string => `
name: cart
question: Does it run?
targets:
  api: { protocol: http, upstream: "http://127.0.0.1:${port}" }
app:
  command: [node, app.mjs]
  env: { PORT: "\${app.port}", UPSTREAM: "\${targets.api.url}" }
  ready: { http: "http://127.0.0.1:\${app.port}/", within: 10s }
windows: { warmup: 200ms, baseline: 1200ms, recovery: 1s, bucket: 50ms, hold: 300ms, min_samples: 40 }
steady_state:
  - { signal: api.success, at_least: 50% }
method:
${method}
${more}`

/** The only run of a folder. */
export const runFolder = (folder: string): string => {
  const runs = join(folder, '.brownout/runs')
  const [name] = existsSync(runs) ? readdirSync(runs).sort() : []
  if (!name) throw new Error('there is no run')
  return join(runs, name)
}
export const journalOf = (folder: string): readonly JournalEvent[] =>
  readFileSync(join(runFolder(folder), 'journal.ndjson'), 'utf8').trimEnd().split('\n').slice(1).map((line) => JSON.parse(line) as JournalEvent)
