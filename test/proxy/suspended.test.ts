import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { connect, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { PlaneEvent } from '../../src/proxy/plane.ts'
import { closeAll, echo, later, listenOn, LOCAL, until, watch } from './stage.ts'

interface Child { readonly child: ChildProcess; readonly port: number; readonly events: PlaneEvent[] }

/** A proxy in a process of its own that stalls everything for `hold` ms. */
async function stalling(upstream: number, hold: number): Promise<Child> {
  const child = fork(fileURLToPath(new URL('../support/stalling-proxy.js', import.meta.url)), [String(upstream), String(hold)])
  later(() => { child.kill('SIGKILL') })
  const events: PlaneEvent[] = []
  const port = await new Promise<number>((resolve) => {
    child.on('message', (message: PlaneEvent | { port: number }) => { if ('port' in message) resolve(message.port); else events.push(message) })
  })
  return { child, port, events }
}

describe('a process that was suspended', () => {
  afterEach(closeAll)

  it('expires what is overdue before it forwards, and tells for how long it did not run', async () => {
    const { server } = await listenOn(LOCAL, echo)
    const { child, port, events } = await stalling((server.address() as AddressInfo).port, 600)
    const socket = connect(port, '127.0.0.1')
    later(() => socket.destroy())
    const seen = watch(socket)
    socket.write('held')
    await until(() => events.some((event) => event.kind === 'altered'), 'the stall has bitten')
    child.kill('SIGSTOP')
    socket.write(' and sent meanwhile')
    await new Promise((resolve) => { setTimeout(resolve, 1200) })
    assert.equal(seen.bytes(), 0)
    child.kill('SIGCONT')
    await until(() => seen.text() === 'held and sent meanwhile', 'everything, in order', 400)
    assert.ok(events.some((event) => event.kind === 'cleared' && event.reason === 'deadline'), 'cleared by its deadline')
    await until(() => events.some((event) => event.kind === 'suspect' && event.stall > 800), 'the gap is told', 1000)
    assert.ok(!events.slice(events.findIndex((event) => event.kind === 'cleared')).some((event) => event.kind === 'altered'), 'nothing was altered after')
  })
})
