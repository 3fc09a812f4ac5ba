/** `/api/v1` over the network: who may speak to it, and what it says. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startControl } from '../../src/admin/control-server.ts'
import { ControlClient } from '../../src/control/client.ts'
import { socketIn, socketFolder } from '../../src/control/sockets.ts'
import { BrownoutError } from '../../src/core/errors.ts'
import { deskStage } from '../control/stage.ts'
import { ask, closeAll, later, until, type Answer } from './stage.ts'

const TOKEN = 'a-token-of-this-test'
const BODY = JSON.stringify({ fault: 'partition', on: 'cache', for: '10s' })
const JSON_TYPE = { 'Content-Type': 'application/json' }
const KEY = { Authorization: `Bearer ${TOKEN}` }

const ROUTES: readonly (readonly [method: string, path: string, body?: string])[] = [
  ['GET', '/status'], ['GET', '/faults'], ['GET', '/ticks'], ['GET', '/events'], ['GET', '/stream'],
  ['POST', '/injections', BODY], ['PATCH', '/injections/a', '{"for":"1s"}'], ['DELETE', '/injections/a'], ['DELETE', '/injections'],
  ['POST', '/halt', '{"reason":"x"}'], ['POST', '/resume', '{"reason":"x"}'], ['POST', '/notes', '{"text":"x"}'],
  ['POST', '/leases', '{"ttl":"5s"}'], ['PUT', '/leases/a'], ['DELETE', '/leases/a'],
]

async function serving() {
  const on = await deskStage()
  const folder = mkdtempSync(join(tmpdir(), 'brownout-control-'))
  const env = { XDG_RUNTIME_DIR: folder }
  const server = await startControl({ control: on.desk, token: TOKEN }, { env })
  later(async () => { await server.close(); rmSync(folder, { recursive: true, force: true }) })
  const port = Number(new URL(server.url).port)
  const send = (method: string, path: string, body?: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => ask(port, method, `/api/v1${path}`, body, headers)
  return { ...on, port, send, env, socket: socketIn(socketFolder(env), process.pid) }
}

describe('the control API', () => {
  afterEach(closeAll)

  it('refuses every route, reading and changing alike, the stream too: without the token, to a page elsewhere, to a rebound name', async () => {
    const { desk, port, send, written } = await serving()
    const before = written.length
    const evil = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
    for (const [method, path, body] of ROUTES) {
      const type = body === undefined ? {} : JSON_TYPE
      for (const [headers, status] of [
        [{ ...type }, 401], [{ ...type, Authorization: 'Bearer wrong' }, 401], [{ ...type, Authorization: TOKEN }, 401],
        [{ ...type, ...KEY, ...evil }, 403], [{ ...type, ...KEY, Origin: 'null' }, 403], [{ ...type, ...KEY, 'Sec-Fetch-Site': 'same-site' }, 403],
        [{ ...type, ...KEY, Host: `evil.example:${port}` }, 403], [{ ...type, ...KEY, Host: `localhost.evil.example:${port}` }, 403],
        ...(body === undefined ? [] : [[{ ...KEY, 'Content-Type': 'text/plain' }, 415], [{ ...KEY, 'Content-Type': 'application/x-www-form-urlencoded' }, 415]] as const),
      ] as const) {
        const answer = await send(method, path, body, headers as Readonly<Record<string, string>>)
        assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(headers)}`)
        assert.deepEqual(Object.keys(answer.headers).filter((name) => name.startsWith('access-control')), [])
      }
    }
    assert.deepEqual((await desk.status()).injections, [])
    assert.equal((await desk.status()).halted, null)
    assert.equal(written.filter(({ kind }) => kind === 'operator').length, before)
  })

  it('injects, shows, changes, clears; what is wrong has a code and a hint', async () => {
    const { send } = await serving()
    const own = { ...KEY, ...JSON_TYPE, 'X-Brownout-Who': 'anna' }
    const made = await send('POST', '/injections', BODY, own)
    assert.equal(made.status, 201)
    assert.deepEqual((made.json() as { id: string; by: string }[]).map(({ id, by }) => ({ id, by })), [{ id: 'partition-cache', by: 'anna' }])
    assert.equal((await send('PATCH', '/injections/partition-cache', '{"extend":"10s"}', own)).status, 200)
    const wrong = await send('POST', '/injections', '{"fault":"partitoin","on":"cache","for":"1s"}', own)
    assert.equal(wrong.status, 400)
    assert.deepEqual(wrong.json(), { error: 'no fault is named "partitoin"', code: 'FAULT_UNKNOWN', hint: 'did you mean "partition"? `brownout faults` lists all' })
    for (const [body, status] of [['{', 400], ['[]', 400], ['{"fault":"partition"}', 400], ['{"fault":5,"on":"cache"}', 400]] as const) assert.equal((await send('POST', '/injections', body, own)).status, status, body)
    assert.equal((await send('PATCH', '/injections/partition-cache', '{"delay":"1s"}', own)).status, 400)
    assert.equal((await send('DELETE', '/injections/other', undefined, KEY)).status, 404)
    assert.equal((await send('DELETE', '/injections?on=cache', undefined, KEY)).status, 200)
    await send('POST', '/halt', '{"reason":"enough"}', own)
    assert.equal((await send('POST', '/injections', BODY, own)).status, 423)
    assert.equal((await send('GET', '/nope', undefined, KEY)).status, 404)
    assert.equal((await send('POST', '/injections', `{"a":"${'x'.repeat(1024 ** 2)}"}`, own)).status, 413)
  })

  it('its stream begins with how things stand, then tells what happens, and ends with its reader', async () => {
    const { desk, port } = await serving()
    let text = ''
    const sent = request({ host: '127.0.0.1', port, path: '/api/v1/stream', headers: KEY }, (answer) => {
      assert.equal(answer.headers['content-type'], 'text/event-stream')
      answer.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('error', () => undefined)
    })
    sent.on('error', () => undefined).end()
    await until(() => text.startsWith('event: status\ndata: {'), 'the status has come')
    await desk.inject({ fault: 'partition', on: 'cache', for: '10s' }, 'anna')
    await until(() => /event: event\ndata: \{[^\n]*"kind":"rule.armed"/.test(text) && /event: ticks\ndata: \[/.test(text), 'it is told, and figures come')
    sent.destroy()
  })

  it('its socket is its owner\'s alone, asks for no token, and tells it', async () => {
    const { socket } = await serving()
    assert.equal(statSync(socket).mode & 0o777, 0o600)
    assert.equal(statSync(join(socket, '..')).mode & 0o777, 0o700)
    const client = new ControlClient({ socket }, 'anna')
    assert.equal(await client.token(), TOKEN)
    await client.inject({ fault: 'partition', on: 'cache', for: '10s' })
    assert.deepEqual((await client.status()).injections.map(({ by }) => by), ['anna'])
    assert.deepEqual((await client.clear({ id: 'partition-cache' })).map(({ id }) => id), ['partition-cache'])
    await assert.rejects(client.change('x', { for: '1s' }), (error) => error instanceof BrownoutError && error.code === 'INJECTION_UNKNOWN')
    await assert.rejects(new ControlClient({ socket: `${socket}.gone` }, 'anna').status(), (error) => error instanceof BrownoutError && error.code === 'NOT_RUNNING')
  })

  it('an answer never holds the token but that of the socket', async () => {
    const { send } = await serving()
    for (const path of ['/status', '/events', '/faults']) assert.ok(!(await send('GET', path, undefined, KEY)).text.includes(TOKEN), path)
    assert.equal((await send('GET', '/token', undefined, KEY)).status, 404)
  })
})
