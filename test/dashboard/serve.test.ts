/** The dashboard of a real `brownout serve`, before a real Redis with real traffic. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Browser, Page } from 'playwright-core'
import { findRedis, startRedis } from '../../src/demo/redis.ts'
import { brownout, endAll, until } from '../cli/brownout.ts'
import { BROWSER, startBrowser } from '../support/browser.ts'
import { figure, holds, milliseconds, shadedWidth } from './stage.ts'

const TOKEN = 'of-this-test'

describe('the dashboard of a server with traffic', function () {
  this.timeout(60_000)
  let folder = ''
  let browser: Browser | undefined
  const closing: (() => Promise<unknown>)[] = []

  before(function () {
    // No browser or no Redis on this machine.
    if (!BROWSER || !findRedis()) return this.skip()
    folder = mkdtempSync(join(tmpdir(), 'brownout-dashboard-'))
  })
  after(async () => {
    await browser?.close()
    for (const close of closing.reverse()) await close()
    endAll()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  /** Asks without an end, six at a time. */
  async function traffic(address: string): Promise<void> {
    const [host = '', port] = address.split(':')
    const clients = Array.from({ length: 6 }, () => new Redis({ host, port: Number(port), maxRetriesPerRequest: null }))
    let on = true
    const loops = clients.map(async (client, i) => {
      await client.set(`key:${i}`, 'value')
      while (on) {
        await client.get(`key:${i}`)
        await new Promise((resolve) => { setTimeout(resolve, 10) })
      }
      client.disconnect()
    })
    closing.push(() => { on = false; return Promise.all(loops) })
  }

  async function open(): Promise<{ readonly page: Page; readonly trouble: readonly string[] }> {
    const redis = await startRedis()
    closing.push(() => redis.stop())
    writeFileSync(join(folder, 'serve.yaml'), `targets:\n  cache:\n    upstream: ${redis.url}\n`)
    const server = brownout(['serve', '--port', '0', '--config', 'serve.yaml'], folder, { BROWNOUT_TOKEN: TOKEN })
    closing.push(() => { server.child.kill('SIGTERM'); return server.ended })
    const address = (): string | undefined => /"address":"(http:[^"]+)"/.exec(server.stderr())?.[1]
    await until(() => address() !== undefined)
    const asked = async (): Promise<string | undefined> => {
      const { targets: [target] } = await (await fetch(`${address()}/api/v1/status`, { headers: { Authorization: `Bearer ${TOKEN}` } })).json() as { targets: readonly { listen: readonly string[] }[] }
      return target?.listen[0]
    }
    await holds('a target that listens', async () => await asked() !== undefined)
    await traffic(await asked() ?? '')
    browser = await startBrowser()
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' })
    const trouble: string[] = []
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type()) && !/willReadFrequently/.test(message.text())) trouble.push(message.text()) })
    page.on('pageerror', (error) => trouble.push(String(error)))
    await page.goto(`${address()}/ui/#token=${TOKEN}`)
    await page.locator('.link.live').waitFor()
    return { page, trouble }
  }

  it('injects by the form: shade and figures move; clears, halts, resumes; and says nothing in the console', async () => {
    const { page, trouble } = await open()
    const p50 = async (): Promise<number> => milliseconds(await figure(page, 'cache', 'Latency', 'p50'))
    const rate = async (): Promise<number> => Number.parseFloat((await figure(page, 'cache', 'Rate', 'ok')).replace(',', ''))
    await holds('traffic', async () => await rate() > 20 && await p50() < 100)
    assert.equal(await shadedWidth(page, 'cache'), 0)
    await page.selectOption('#inject-fault', 'latency')
    await page.fill('#param-delay', '250ms')
    await page.fill('#inject-lasts', '5m')
    await page.click('#inject button[type=submit]')
    await page.locator('.injected li').waitFor()
    await holds('latency that rises', async () => await p50() >= 240)
    await holds('a shade that grows', async () => await shadedWidth(page, 'cache') > 3)
    await holds('operations that are counted', async () => /altered [1-9]/.test(await page.locator('.injected li').innerText()))
    await page.getByRole('button', { name: 'Clear latency on cache' }).click()
    await page.locator('.injected li').waitFor({ state: 'detached' })
    await holds('latency that falls', async () => await p50() < 100)

    await page.selectOption('#inject-fault', 'redis.error')
    await page.getByLabel('stands until it is cleared').check()
    await page.click('#inject button[type=submit]')
    await page.locator('.injected li').waitFor()
    await page.click('#halt')
    await page.fill('#reason', 'enough')
    await page.keyboard.press('Enter')
    await page.locator('.banner.halted').waitFor()
    assert.equal(await page.locator('.injected li').count(), 0)
    assert.ok(await page.locator('#inject button[type=submit]').isDisabled())
    await page.click('#halt')
    await page.fill('#reason', 'go on')
    await page.keyboard.press('Enter')
    await page.locator('.banner.halted').waitFor({ state: 'detached' })
    assert.match(await page.locator('.log ol').innerText(), /dashboard resumes: go on.*dashboard halts: enough.*redis\.error armed.*latency cleared \(asked to\)/s)
    assert.deepEqual(trouble, [])
  })
})
