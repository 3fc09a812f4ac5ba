import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { BROWSER } from '../support/browser.ts'
import { figure, holds, milliseconds, shadedWidth, SHOP, Stage } from './stage.ts'

const WAIT = 10_000
describe('the dashboard in a browser', function () {
  this.timeout(60_000)
  let stage: Stage
  let page: Page
  let beat: NodeJS.Timeout

  before(async function () {
    // No browser on this machine.
    if (!BROWSER) return this.skip()
    stage = new Stage(SHOP, {
      from: Date.now() - 30_000,
      runs: {
        list: async () => [{ id: '20260101-100000-cache', name: 'cache', question: 'Does it?', tags: [], wall: '2026-01-01T10:00:00.000Z', tookMs: 61_000, outcome: 'PASS', exit: 0, status: 'ended', why: '', figures: [{ label: 'shop.p95', unit: 'ms', value: 12.5, censored: false }] }],
        one: async () => ({ run: '', name: 'cache', question: 'Does it?', outcome: 'PASS', why: '', headline: 'shop did not degrade.', startedAt: null, expectations: [], steps: [], signals: [] }),
        compare: async () => ({}),
      },
    })
    for (let i = 0; i < 120; i++) stage.control.step()
    await stage.serve()
    beat = setInterval(() => stage.control.step(), 250)
    page = await stage.open()
    await page.locator('.link.live').waitFor({ timeout: WAIT })
  })
  after(async () => {
    clearInterval(beat)
    await stage?.close()
  })

  const shows = (names: readonly string[]): Promise<void> => holds(`sections of ${names}`, async () => (await page.locator('section.target h2').allInnerTexts()).join() === names.join())

  it('takes the token out of the address, and shows each target with its figures', async () => {
    assert.equal(new URL(page.url()).hash, '')
    await shows([...SHOP.map(({ name }) => name), 'shop'])
    assert.equal(await page.locator('svg.topology .branch').count(), SHOP.length)
    await holds('p95 of the cache', async () => milliseconds(await figure(page, 'cache', 'Latency', 'p95')) < 10)
    await page.locator('#target-live').scrollIntoViewIfNeeded()
    await holds('set-up of sockets', async () => /ms$/.test(await figure(page, 'live', 'Set-up', 'p95')))
    await page.locator('#target-cache').scrollIntoViewIfNeeded()
  })

  it('offers the faults that the target speaks', async () => {
    await page.selectOption('#inject-target', 'queue')
    assert.deepEqual((await page.locator('#inject-fault option').allInnerTexts()).filter((name) => name.includes('.')), [])
    await page.selectOption('#inject-target', 'cache')
    const names = await page.locator('#inject-fault option').allInnerTexts()
    assert.ok(names.includes('redis.error') && !names.some((name) => name.startsWith('postgres.')))
  })

  it('says at the form what the server refuses', async () => {
    await page.selectOption('#inject-fault', 'latency')
    await page.fill('#param-delay', 'soon')
    await page.click('#inject button[type=submit]')
    const alert = page.locator('#inject [role=alert]')
    await alert.waitFor()
    assert.match(await alert.innerText(), /delay: expected a duration such as 250ms.*VALUE_INVALID/s)
    assert.equal(await page.getAttribute('#param-delay', 'aria-invalid'), 'true')
  })

  it('injects by the form: the fault is shaded and its figures move; clears it, and they move back', async () => {
    assert.equal(await shadedWidth(page, 'cache'), 0)
    await page.fill('#param-delay', '300ms')
    await page.click('#inject button[type=submit]')
    await page.locator('.injected li').waitFor()
    assert.match(await page.locator('.injected li').innerText(), /latency.*on cache.*left.*delay=300ms/s)
    await holds('a shade that grows', async () => await shadedWidth(page, 'cache') > 4)
    assert.equal(await shadedWidth(page, 'db'), 0)
    await holds('p95 that rises', async () => milliseconds(await figure(page, 'cache', 'Latency', 'p95')) > 100)
    await page.getByRole('button', { name: '30 seconds more of latency on cache' }).click()
    await holds('more time', async () => /(3[1-9]|4\d|5\d)s left|1m\d\ds left/.test(await page.locator('.injected .left').innerText()))
    assert.match(await page.locator('.branch.fault').getAttribute('aria-label') ?? '', /^cache, redis, .*: fault/)
    await page.getByRole('button', { name: 'Clear latency on cache' }).click()
    await page.locator('.injected li').waitFor({ state: 'detached' })
    await holds('p95 that falls', async () => milliseconds(await figure(page, 'cache', 'Latency', 'p95')) < 10)
    assert.ok(await shadedWidth(page, 'cache') > 1, 'what was is still shaded')
    assert.match(await page.locator('.log ol').innerText(), /cache latency cleared.*cache latency held back what goes to the client, session 3.*dashboard injects latency cache delay=300ms for=30s/s)
  })

  it('halts with a reason alone, refuses until it is resumed', async () => {
    await page.keyboard.press('Escape')
    await page.keyboard.press('h')
    await page.locator('dialog button[type=submit]').click()
    assert.match(await page.locator('dialog [role=alert]').innerText(), /reason is needed/)
    const reason = 'customers call <img src=x onerror="document.title=1"></script>'
    await page.fill('#reason', reason)
    await page.keyboard.press('Enter')
    await page.locator('.banner.halted').waitFor()
    // Words of people are words: nothing of them is read as HTML.
    assert.ok((await page.locator('.banner.halted').innerText()).includes(`: ${reason}`))
    assert.equal(await page.locator('img').count(), 0)
    assert.ok(await page.locator('#inject button[type=submit]').isDisabled())
    await page.locator('.banner button').click()
    await page.fill('#reason', 'they are calm')
    await page.locator('dialog button[type=submit]').click()
    await page.locator('.banner.halted').waitFor({ state: 'detached' })
    await page.locator('dialog').waitFor({ state: 'detached' })
  })

  it('is used by keys alone', async () => {
    await page.keyboard.press('?')
    assert.match(await page.locator('dialog').innerText(), /next, previous target/)
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await shows(['db'])
    await page.keyboard.press('0')
    await shows([...SHOP.map(({ name }) => name), 'shop'])
    await page.keyboard.press('i')
    await holds('the form to have the focus', async () => await page.evaluate('document.activeElement.id') === 'inject-fault')
    await page.keyboard.press('Escape')
    const theme = (): Promise<unknown> => page.evaluate('document.documentElement.dataset.theme')
    assert.equal(await theme(), 'dark')
    await page.keyboard.press('t')
    await page.keyboard.press('t')
    assert.equal(await theme(), 'light')
    await page.keyboard.press('t')
    // Whatever can be used can be reached, and is seen where it is.
    const reached = new Set<string>()
    const wanted = ['halt', 'inject-target', 'param-delay', 'Note', 'Runs', '5m']
    for (let i = 0; i < 150 && !wanted.every((one) => reached.has(one)); i++) {
      await page.keyboard.press('Tab')
      reached.add(String(await page.evaluate("document.activeElement.id || document.activeElement.getAttribute('aria-label') || document.activeElement.textContent")))
    }
    assert.deepEqual(wanted.filter((one) => !reached.has(one)), [], [...reached].join(' | '))
  })

  it('shows the history', async () => {
    await page.evaluate('document.activeElement.blur()')
    await page.keyboard.press('2')
    await page.getByRole('button', { name: 'cache', exact: true }).click()
    await page.getByText('shop did not degrade.').waitFor()
    await page.keyboard.press('1')
    await page.locator('section.target').first().waitFor()
  })

  it('says that it is offline, comes back by itself, and has missed nothing', async () => {
    const { url } = stage
    await stage.shut()
    await page.locator('.banner.offline').waitFor()
    for (let i = 0; i < 8; i++) stage.control.step()
    await stage.serve(Number(new URL(url).port))
    await page.locator('.link.live').waitFor({ timeout: WAIT })
    assert.equal(await page.locator('.banner.offline').count(), 0)
  })

  it('asks for the token where it has none, or a wrong one', async () => {
    const before = stage.trouble.length
    const other = await stage.open({ hash: '#token=wrong' })
    await other.locator('#token').fill(stage.token)
    await other.keyboard.press('Enter')
    await other.locator('.link.live').waitFor({ timeout: WAIT })
    await other.close()
    stage.trouble.splice(before)
  })

  it('fits from 900 pixels on: nothing is wider than the page', async () => {
    for (const width of [900, 1000, 1280, 1920]) {
      await page.setViewportSize({ width, height: 800 })
      const wide = Number(await page.evaluate('document.documentElement.scrollWidth'))
      assert.ok(wide <= width, `${wide} of ${width}`)
    }
  })

  it('asked nobody else, and complained of nothing but the break', () => {
    assert.deepEqual(stage.asked.filter((url) => !url.startsWith('data:') && !url.startsWith(stage.url)), [])
    assert.deepEqual(stage.trouble.filter((text) => !/willReadFrequently|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|401|422|400/.test(text)), [])
  })
})
