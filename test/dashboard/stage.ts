/** The dashboard in a browser, over a Control with made figures. */

import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import type { Browser, Page } from 'playwright-core'
import { registry } from '../../faults/index.ts'
import type { Runs } from '../../src/admin/control-routes.ts'
import { controlFetches } from '../../src/admin/control-server.ts'
import { catalogueOf } from '../../src/control/catalogue.ts'
import type { RunStatus } from '../../src/control/contract.ts'
import type { Protocol } from '../../src/protocols/codec.ts'
import { startBrowser } from '../support/browser.ts'
import { FakeControl } from './fake-control.ts'

export const SHOP: readonly { readonly name: string; readonly protocol: Protocol }[] = [
  { name: 'cache', protocol: 'redis' }, { name: 'db', protocol: 'postgres' }, { name: 'payments', protocol: 'http' }, { name: 'live', protocol: 'websocket' }, { name: 'queue', protocol: 'tcp' },
]
export const twenty = (): typeof SHOP => Array.from({ length: 20 }, (_, i) => ({ name: `${SHOP[i % SHOP.length]?.name}-${i}`, protocol: SHOP[i % SHOP.length]?.protocol ?? 'tcp' }))

export class Stage {
  readonly control: FakeControl
  readonly trouble: string[] = []
  readonly asked: string[] = []
  readonly #runs: Runs | undefined
  #server: Server | undefined
  #browser: Browser | undefined

  constructor(targets: typeof SHOP, given: { readonly runs?: Runs; readonly run?: RunStatus; readonly from?: number } = {}) {
    this.control = new FakeControl({ targets, catalogue: catalogueOf(registry), from: given.from ?? Date.now(), ...(given.run ? { run: given.run } : {}) })
    this.#runs = given.runs
  }

  readonly token = 'a-token-of-the-tests'
  url = ''

  async serve(port = 0): Promise<void> {
    const { network } = controlFetches({ control: this.control, runs: this.#runs, token: this.token })
    const server = createServer(getRequestListener((request, bindings) => network(request, bindings as HttpBindings)))
    await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve) })
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  async shut(): Promise<void> {
    const server = this.#server
    await new Promise<void>((resolve) => {
      if (!server?.listening) return resolve()
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }

  /** Whatever the page complains of is kept in `trouble`, whatever it asks for in `asked`. */
  async open(options: { readonly width?: number; readonly height?: number; readonly dark?: boolean; readonly hash?: string } = {}): Promise<Page> {
    const { width = 1440, height = 900, dark = true, hash = `#token=${this.token}` } = options
    this.#browser ??= await startBrowser()
    const page = await this.#browser.newPage({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' })
    page.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') this.trouble.push(message.text()) })
    page.on('pageerror', (error) => this.trouble.push(String(error)))
    page.on('request', (request) => this.asked.push(request.url()))
    await page.goto(`${this.url}/ui/${hash}`)
    return page
  }

  async close(): Promise<void> {
    await this.#browser?.close()
    await this.shut()
  }
}

/** How much of the first chart of a target is painted as a fault, in pixels: the strip above it is as long as the fault was. */
export const shadedWidth = async (page: Page, target: string): Promise<number> => Number(await page.evaluate(`(() => {
  const canvas = document.querySelector('#target-${target} canvas')
  const [r, g, b] = /^#(..)(..)(..)$/.exec(getComputedStyle(document.documentElement).getPropertyValue('--vermillion').trim()).slice(1).map((part) => parseInt(part, 16))
  const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, Math.min(20, canvas.height))
  let most = 0
  for (let y = 0; y < height; y++) {
    let count = 0
    for (let x = 0; x < width; x++) if (data[4 * (y * width + x)] === r && data[4 * (y * width + x) + 1] === g && data[4 * (y * width + x) + 2] === b) count++
    most = Math.max(most, count)
  }
  return most
})()`))

/** What the legend of a chart says of one of its lines. */
export const figure = (page: Page, target: string, chart: string, line: string): Promise<string> =>
  page.locator(`#target-${target} figure`, { has: page.locator('b', { hasText: new RegExp(`^${chart}$`) }) }).locator('.key', { hasText: line }).locator('output').innerText()

/** As a legend says it: `750us`, `12ms`, `1.2s`. */
export const milliseconds = (text: string): number => (text === '0' ? 0 : Number.parseFloat(text) * (/us$/.test(text) ? 0.001 : /ms$/.test(text) ? 1 : /\ds$/.test(text) ? 1000 : Number.NaN))

const HOLDS_MS = 20_000
export async function holds(what: string, check: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + HOLDS_MS
  while (!await check()) {
    assert.ok(Date.now() < end, `not within ${HOLDS_MS} ms: ${what}`)
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
}
