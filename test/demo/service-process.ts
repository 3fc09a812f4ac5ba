/** One of the sample services as a process of its own, asked over HTTP. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/demo/daemon.ts'

export interface Answer { readonly status: number; readonly took: number; readonly body: unknown }

const READY_WITHIN = 10_000

export class ServiceProcess {
  readonly port: number
  readonly #process: ChildProcess
  said = ''

  /** Resolves when it is ready. */
  static async start(name: 'shop' | 'payment' | 'board', env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const service = new ServiceProcess(name, await freePort(), env)
    const deadline = performance.now() + READY_WITHIN
    while ((await service.ask('/healthz').catch(() => undefined))?.status !== 200) assert.ok(performance.now() < deadline, service.said)
    return service
  }

  private constructor(name: string, port: number, env: Readonly<Record<string, string>>) {
    this.port = port
    this.#process = spawn(process.execPath, [fileURLToPath(new URL(`../../src/demo/${name}/main.js`, import.meta.url))], { stdio: ['ignore', 'ignore', 'pipe'], env: { PORT: String(port), ...env } })
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => { this.said += text })
  }

  get url(): string { return `http://127.0.0.1:${this.port}` }
  get running(): boolean { return this.#process.exitCode === null && this.#process.signalCode === null }

  async ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const start = performance.now()
    const response = await fetch(`${this.url}${path}`, { ...init, signal: AbortSignal.timeout(10_000) })
    return { status: response.status, body: await response.json(), took: performance.now() - start }
  }

  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask(path, { method: 'POST', body: JSON.stringify(body), headers })
  }

  /** How long it took to end on SIGTERM, and how it ended. */
  async terminate(): Promise<{ took: number; code: number | null }> {
    const start = performance.now()
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    const [code] = await exit
    return { took: performance.now() - start, code }
  }

  async stop(): Promise<void> {
    if (!this.running) return
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
  }
}
