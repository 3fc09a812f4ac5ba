import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { uiRoutes } from '../../src/admin/ui.ts'
import { Hono } from 'hono'

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return (server.address() as AddressInfo).port
}

describe('the files of the dashboard', () => {
  let folder = ''
  let port = 0
  let server: Server | undefined

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'brownout-ui-'))
    mkdirSync(join(folder, 'ui/assets'), { recursive: true })
    writeFileSync(join(folder, 'secret.html'), 'secret')
    writeFileSync(join(folder, 'ui/index.html'), '<!doctype html>page')
    writeFileSync(join(folder, 'ui/assets/a-1234.js'), 'code()')
    writeFileSync(join(folder, 'ui/assets/a-1234.css'), 'body{}')
    writeFileSync(join(folder, 'ui/notes.txt'), 'no type of a page')
    const app = new Hono().route('/ui', uiRoutes({ hosts: [] }, `${join(folder, 'ui')}/`))
    server = createServer(getRequestListener(app.fetch))
    port = await listening(server)
  })
  after(() => { server?.close(); rmSync(folder, { recursive: true, force: true }) })

  /** The path as it is, which `fetch` would tidy up. */
  const get = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') => new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => { text += part }).on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }))
    }).on('error', reject).end()
  })

  it('have their types, may do little, and are no guess of the browser’s', async () => {
    for (const [path, type, text] of [['/ui/', 'text/html; charset=utf-8', '<!doctype html>page'], ['/ui/assets/a-1234.js', 'text/javascript; charset=utf-8', 'code()'], ['/ui/assets/a-1234.css', 'text/css; charset=utf-8', 'body{}']]) {
      const answer = await get(path ?? '')
      assert.deepEqual([answer.status, answer.headers['content-type'], answer.text], [200, type, text])
      assert.equal(answer.headers['x-content-type-options'], 'nosniff')
      const policy = String(answer.headers['content-security-policy'])
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /)
      assert.match(policy, /frame-ancestors 'none'/)
      assert.doesNotMatch(policy, /unsafe|\*|http/)
    }
    assert.equal((await get('/ui/')).headers['cache-control'], 'no-cache')
    assert.match(String((await get('/ui/assets/a-1234.js')).headers['cache-control']), /immutable/)
    assert.deepEqual([(await get('/ui')).status, (await get('/ui')).headers['location']], [301, '/ui/'])
  })

  it('are those of the folder: no path leads out of it', async () => {
    const tries = ['/ui/../secret.html', '/ui/..%2fsecret.html', '/ui/%2e%2e/secret.html', '/ui/%2e%2e%2fsecret.html', '/ui/..\\secret.html', '/ui/....//secret.html', '/ui//etc/passwd', '/ui/assets/../../secret.html', '/ui/assets/%00', '/ui/notes.txt', '/ui/assets', '/ui/assets/', '/ui/constructor', '/ui/__proto__']
    for (const path of tries) {
      const answer = await get(path)
      assert.ok(answer.status === 404 || answer.status === 400, `${path}: ${answer.status}`)
      assert.doesNotMatch(answer.text, /secret|root:/, path)
    }
  })

  it('are read, never written, and only by the right name of the host', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) assert.equal((await get('/ui/', {}, method)).status, 405, method)
    assert.deepEqual([(await get('/ui/', {}, 'HEAD')).status, (await get('/ui/', {}, 'HEAD')).text], [200, ''])
    assert.equal((await get('/ui/', { Host: 'evil.example' })).status, 403)
    assert.equal((await get('/ui/', { Origin: 'http://evil.example' })).status, 403)
    assert.equal((await get('/ui/', { 'Sec-Fetch-Site': 'cross-site' })).status, 403)
  })

  it('that were not built are told of', async () => {
    const app = new Hono().route('/ui', uiRoutes({ hosts: [] }, join(folder, 'nothing/')))
    const answer = await app.request('/ui/', { headers: { Host: 'localhost' } })
    assert.equal(answer.status, 503)
    assert.match(await answer.text(), /make build/)
  })

  it('are built with the rest, and load nothing from elsewhere', async () => {
    const app = new Hono().route('/ui', uiRoutes({ hosts: [] }))
    const page = await (await app.request('/ui/', { headers: { Host: 'localhost' } })).text()
    const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '')
    assert.ok(files.some((file) => /^\.\/assets\/.*\.js$/.test(file)) && files.some((file) => /^\.\/assets\/.*\.css$/.test(file)), `${files}: \`make build\` builds the dashboard`)
    for (const file of files.filter((one) => !one.startsWith('data:'))) {
      const answer = await app.request(`/ui/${file.slice(2)}`, { headers: { Host: 'localhost' } })
      assert.equal(answer.status, 200, file)
      assert.doesNotMatch(await answer.text(), /@import|(?:fetch|import|url)\(\s*["']?https?:/, file)
    }
  })
})
