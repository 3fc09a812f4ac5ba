import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { formatAddress } from '../../src/proxy/address.ts'
import { sweep } from '../../src/via/remote.ts'
import { closeAll, echo, later, listenOn, LOCAL } from '../proxy/stage.ts'
import { toxiproxy, type ProxyState, type Remote } from './stage.ts'

/** Starts a brownout that arms its rules on `remote`, and kills it in the midst of it. */
async function crash(remote: Remote, upstream: number, path: string): Promise<number> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./crash-main.js', import.meta.url)), String(remote.admin.port), String(upstream), ...(path ? [path] : [])], { stdio: ['ignore', 'pipe', 'inherit'] })
  later(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  assert.equal(String(line), 'armed\n')
  const [state] = await remote.state()
  assert.deepEqual([state?.enabled, state?.toxics.length], [false, 2])
  child.kill('SIGKILL')
  await once(child, 'exit')
  return child.pid ?? 0
}

/** What the server comes to once `holds` is true of it. */
async function settled(remote: Remote, holds: (state: readonly ProxyState[]) => boolean): Promise<readonly ProxyState[]> {
  const deadline = performance.now() + 5000
  for (;;) {
    const state = await remote.state()
    if (holds(state)) return state
    assert.ok(performance.now() < deadline, `still there: ${JSON.stringify(state)}`)
  }
}

describe('via: a brownout that is killed', () => {
  afterEach(closeAll)

  it('its toxics go from an adopted proxy within moments, and it is switched on again', async () => {
    const remote = await toxiproxy()
    const { address } = await listenOn(LOCAL, echo)
    await remote.client.createProxy({ name: 'redis', listen: '127.0.0.1:0', upstream: formatAddress(address) })
    const before = await remote.state()
    await crash(remote, 'port' in address ? address.port : 0, '/redis')
    assert.deepEqual(await settled(remote, ([one]) => one?.enabled === true && one.toxics.length === 0), before)
  })

  it('a proxy of its own goes as a whole', async () => {
    const remote = await toxiproxy()
    const { address } = await listenOn(LOCAL, echo)
    await crash(remote, 'port' in address ? address.port : 0, '')
    assert.deepEqual(await settled(remote, (state) => state.length === 0), [])
  })

  it('what stayed nevertheless is swept by the next run: of dead processes of this machine, and of nobody else', async () => {
    const remote = await toxiproxy()
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    const host = hostname().replace(/[^A-Za-z0-9-]/g, '-')
    const make = (name: string) => remote.client.createProxy({ name, listen: '127.0.0.1:0', upstream: '127.0.0.1:1' })
    const latency = { type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 1, jitter: 0 } } as const
    await make(`brownout.${host}.${child.pid}.cache`)
    await make(`brownout.${host}.${process.pid}.cache`)
    await make(`brownout.elsewhere.${child.pid}.cache`)
    const users = await make('redis')
    await users.addToxic({ ...latency, name: 'theirs' })
    await users.addToxic({ ...latency, name: `brownout.${host}.${child.pid}.slow.downstream` })
    const off = await make('web')
    await off.addToxic({ ...latency, name: `brownout.${host}.${child.pid}.down.off` })
    await off.update({ listen: off.listen, upstream: off.upstream, enabled: false })
    const closed = await make('closed')
    await closed.update({ listen: closed.listen, upstream: closed.upstream, enabled: false })
    await sweep(remote.admin.url)
    assert.deepEqual(Object.fromEntries((await remote.state()).map(({ name, enabled, toxics }) => [name, [enabled, ...toxics.map((toxic) => toxic.name)]])), {
      [`brownout.${host}.${process.pid}.cache`]: [true],
      [`brownout.elsewhere.${child.pid}.cache`]: [true],
      redis: [true, 'theirs'],
      web: [true],
      closed: [false],
    })
  })
})
