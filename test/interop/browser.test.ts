import type { Browser } from 'playwright-core'
import { closeAll } from '../proxy/stage.ts'
import { BROWSER, startBrowser } from '../support/browser.ts'
import { web } from '../support/web.ts'
import { sameThrough } from './through.ts'

/** What a page asks, by `fetch`, EventSource and WebSocket, of the server that it came from. */
const PAGE = `(async () => {
  const seen = []
  const text = async (path, options) => { const answer = await fetch(path, options); return [answer.status, answer.headers.get('content-type'), await answer.text()] }
  for (const path of ['/json', '/empty', '/chunks?5000', '/none', '/moved', '/hints', '/close']) seen.push([path, ...await text(path)])
  seen.push(await text('/echo', { method: 'POST', body: 'p'.repeat(20000) }))
  seen.push(await text('/echo', { method: 'PUT', body: new Uint8Array([1, 2, 3]) }))
  seen.push(await text('/big', { headers: { Range: 'bytes=3-7' } }))
  seen.push(await Promise.all(Array.from({ length: 20 }, (_, n) => text('/echo?' + n, { method: 'POST', body: String(n) }))))
  seen.push(await new Promise((resolve) => {
    const events = []
    const source = new EventSource('/events')
    source.onmessage = ({ data, lastEventId }) => { if (events.push([data, lastEventId]) === 3) { source.close(); resolve(events) } }
  }))
  for (const path of ['/live', '/deflate', '/free', '/refuse']) seen.push(await new Promise((resolve) => {
    const socket = new WebSocket('ws://' + location.host + path)
    const heard = []
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => { for (const one of ['a', 'text '.repeat(2000), new Uint8Array([1, 2, 3]), 'b']) socket.send(one) }
    socket.onmessage = ({ data }) => { heard.push(typeof data === 'string' ? data : [...new Uint8Array(data)]); if (heard.length === 4) socket.close(4000, 'done') }
    socket.onclose = ({ code, reason, wasClean }) => resolve([path, socket.extensions, heard, code, reason, wasClean])
  }))
  return seen
})()`

describe("a browser's fetch, EventSource and WebSocket, the same through the proxy as direct", function () {
  this.timeout(90_000)
  let browser: Browser | undefined
  before(async function () {
    // No browser on this machine.
    if (!BROWSER) this.skip()
    browser = await startBrowser()
  })
  after(() => browser?.close())
  afterEach(closeAll)

  sameThrough('Chromium', 'http', web, async (url) => {
    const page = await browser?.newPage()
    await page?.goto(`${url}/json`)
    const seen = await page?.evaluate(PAGE)
    await page?.close()
    return seen
  })
})
