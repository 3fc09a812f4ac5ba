/** The shop in this process, with whatever switches, on a database of its own. */

import assert from 'node:assert/strict'
import { createServer, request as ask, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import pg from 'pg'
import { ms } from '../../../src/core/units.ts'
import { Answers } from '../../../src/demo/shop/answers.ts'
import { openLive } from '../../../src/demo/shop/live.ts'
import { naiveStore } from '../../../src/demo/shop/naive.ts'
import { PriceUpdates } from '../../../src/demo/shop/price-updates.ts'
import { openPrices } from '../../../src/demo/shop/prices.ts'
import { resilientStore } from '../../../src/demo/shop/resilient.ts'
import { pages } from '../../../src/demo/shop/routes.ts'
import { settingsOf } from '../../../src/demo/shop/settings.ts'
import type { Store } from '../../../src/demo/shop/store.ts'
import { Updates } from '../../../src/demo/shop/updates.ts'
import { postgres } from '../../support/servers.ts'

export interface Got { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly body: unknown; readonly sentBytes: number }

let databases = 0

/** The URL of an empty one. */
export async function newDatabase(): Promise<string> {
  const { url } = await postgres()
  const name = `tuned_${process.pid}_${++databases}`
  await rowsOf(url, `create database ${name}`)
  return url.replace(/\/postgres$/, `/${name}`)
}

export async function rowsOf<Row extends object>(url: string, text: string): Promise<readonly Row[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

export class TunedShop {
  readonly store: Store
  readonly said: string[] = []
  readonly #server: Server

  static async start(env: Readonly<Record<string, string>>): Promise<TunedShop> {
    const shop = new TunedShop(env)
    await shop.store.prepare()
    await new Promise<void>((resolve) => { shop.#server.listen(0, '127.0.0.1', resolve) })
    return shop
  }

  private constructor(env: Readonly<Record<string, string>>) {
    const log = (line: string): void => { this.said.push(line) }
    const settings = settingsOf(env)
    this.store = (settings.resilient ? resilientStore : naiveStore)({ ...settings, log })
    const answers = new Answers({ compress: settings.compress, keepFor: ms(settings.responseCacheMs) })
    this.store.onPrice(() => answers.clear())
    const updates = new Updates()
    const live = openLive({ updates, resilient: settings.resilient, log })
    const prices = openPrices({ ...settings, updates: new PriceUpdates(), log })
    this.#server = createServer(pages({ store: this.store, updates, live, prices, answers, isReady: () => true, failure: settings.resilient ? 503 : 500, log }))
    this.#server.once('close', () => { live.close(); prices.close() })
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Got> { return this.send('GET', path, undefined, headers) }

  send(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Got> {
    const { port } = this.#server.address() as AddressInfo
    return new Promise((resolve, reject) => {
      ask({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject).on('end', () => {
          const sent = Buffer.concat(chunks)
          const encoding = response.headers['content-encoding']
          const plain = encoding === 'br' ? brotliDecompressSync(sent) : encoding === 'gzip' ? gunzipSync(sent) : sent
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: plain.length > 0 ? JSON.parse(String(plain)) : undefined, sentBytes: sent.length })
        })
      }).on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  /** All entries of a list, page by page. */
  async whole(path: string): Promise<readonly unknown[]> {
    const entries: unknown[] = []
    for (let page: number | null = 1; page !== null;) {
      const { status, body } = await this.get(`${path}${path.includes('?') ? '&' : '?'}page=${page}`)
      assert.equal(status, 200, path)
      const list = body as { entries: readonly unknown[]; page: number; next: number | null }
      assert.equal(list.page, page)
      entries.push(...list.entries)
      page = list.next
    }
    return entries
  }

  async stop(): Promise<void> {
    this.store.close()
    this.#server.closeAllConnections()
    await new Promise((resolve) => { this.#server.close(resolve) })
  }
}
