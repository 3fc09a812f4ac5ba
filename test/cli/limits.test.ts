/** `brownout serve` where the system allows few open files. */

import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { until } from './brownout.ts'

const BIN = fileURLToPath(new URL('../../bin/brownout.js', import.meta.url))
/** Loading its modules alone takes more than 64 at once. */
const FILES = 128
const CLIENTS = 200

describe('more clients than open files allow', function () {
  this.timeout(60_000)
  let child: ChildProcess | undefined
  let echo: Server | undefined
  let upstream = 0
  let log = ''
  let clients: Client[] = []
  before(async function () {
    if (process.platform !== 'linux') return this.skip()
    const server = createServer((socket) => { socket.on('error', () => undefined); socket.pipe(socket) }).listen(0, '127.0.0.1')
    echo = server
    await once(server, 'listening')
    upstream = (server.address() as AddressInfo).port
    child = spawn('prlimit', [`--nofile=${FILES}:${FILES}`, process.execPath, BIN, 'serve', '--port', '0'], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, LOG_LEVEL: '' } })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => { log += text })
    await until(() => log.includes('connections fit') && log.endsWith('\n'), 30_000)
  })
  after(() => {
    child?.kill('SIGKILL')
    echo?.close()
    for (const { socket } of clients) socket.destroy()
  })

  interface Client { readonly socket: Socket; answered: boolean; gone: boolean }
  const client = (port: number): Client => {
    const one: Client = { socket: connect({ host: '127.0.0.1', port }), answered: false, gone: false }
    one.socket.on('connect', () => one.socket.write('ping')).on('data', () => { one.answered = true }).on('error', () => undefined).on('close', () => { one.gone = true })
    return one
  }
  const ask = async (path: string, method = 'GET', body?: object): Promise<{ listen?: string }> => {
    const url = /"address":"(http:[^"]+)"/.exec(log)?.[1] ?? ''
    const answer = await fetch(`${url}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) })
    assert.ok(answer.ok, `${path}: ${answer.status}`)
    return await answer.json() as { listen?: string }
  }
  const logged = (): readonly Record<string, unknown>[] => log.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)

  it('are served as far as they fit, the others reset; told once, the API answers, and there is room again when some have gone', async () => {
    const room = logged().find(({ descriptors }) => descriptors === FILES)
    assert.equal(room?.['level'], 'warn')
    const fits = Number(room?.['connections'])
    const { listen = '' } = await ask('/proxies', 'POST', { name: 'echo', listen: '127.0.0.1:0', upstream: `127.0.0.1:${upstream}` })
    const port = Number(listen.split(':').at(-1))
    clients = Array.from({ length: CLIENTS }, () => client(port))
    await until(() => clients.every(({ answered, gone }) => answered || gone), 20_000)
    assert.equal(clients.filter(({ answered, gone }) => answered && !gone).length, fits)
    await ask('/proxies')
    assert.equal(logged().filter(({ message }) => /^clients are turned away/.test(String(message))).length, 1)

    for (const { socket } of clients) socket.destroy()
    let fresh = client(port)
    clients.push(fresh)
    await until(() => {
      if (fresh.gone) {
        fresh = client(port)
        clients.push(fresh)
      }
      return fresh.answered
    }, 10_000)
    assert.equal(child?.exitCode, null)
  })
})
