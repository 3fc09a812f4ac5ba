/** What becomes of addresses that a server names: listeners of the target, by label, under its rules, as long as it lives. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { generate } from 'selfsigned'
import { ms } from '../../src/core/units.ts'
import { type NodeListener, Nodes, NODES_MAX } from '../../src/proxy/nodes.ts'
import type { Address, TargetSpec } from '../../src/proxy/plane.ts'
import { command } from '../protocols/redis/wire.ts'
import { closeAll, later, listenOn, LOCAL, PLAIN, target, until, watch, type Seen, type Target } from './stage.ts'

/** A server of two that answers each command with a redirection to the other, or with what it is told to. */
interface Fake { readonly address: { readonly host: string; readonly port: number }; readonly served: Seen[]; answer: (socket: Socket) => void }
async function fake(): Promise<Fake> {
  const served: Seen[] = []
  const { address } = await listenOn(LOCAL, (socket) => { served.push(watch(socket)); socket.on('data', () => made.answer(socket)) })
  assert.ok('port' in address)
  const made: Fake = { address, served, answer: (socket) => socket.write('+OK\r\n') }
  return made
}

const GET = command('GET', 'a')
const movedTo = ({ address }: Fake): string => `-MOVED 1 ${address.host}:${address.port}\r\n`

interface Pair { readonly stage: Target; readonly first: Fake; readonly second: Fake }
/** A target whose first server redirects to the second. */
async function pair(spec: Partial<TargetSpec> = {}): Promise<Pair> {
  const [first, second] = [await fake(), await fake()]
  first.answer = (socket) => socket.write(movedTo(second))
  return { stage: await target({ upstream: first.address, spec: { protocol: 'redis', cluster: true, ...spec } }), first, second }
}

async function dial(address: Address): Promise<Seen> {
  const socket = connect({ ...address, allowHalfOpen: true, noDelay: true })
  later(() => socket.destroy())
  const seen = watch(socket)
  await once(socket, 'connect')
  return seen
}

/** What a client is answered, up to the end of a line. */
async function ask(client: Seen): Promise<string> {
  const from = client.text().length
  client.socket.write(GET)
  await until(() => client.text().slice(from).endsWith('\r\n'), 'an answer')
  return client.text().slice(from)
}

/** Where a redirection leads. */
function ledTo(answer: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^-MOVED 1 (.*):(\d+)\r\n$/.exec(answer) ?? []
  assert.ok(host !== undefined && port !== undefined, answer)
  return { host, port: Number(port) }
}

describe('nodes of a target', () => {
  afterEach(closeAll)

  it('a node that is named is reached through a listener of its own, the first through that of the target', async () => {
    const { stage, first, second } = await pair()
    second.answer = (socket) => socket.write(movedTo(first))
    const to = ledTo(await ask(await stage.client()))
    assert.ok(to.port !== second.address.port && to.host === '127.0.0.1')
    assert.deepEqual(ledTo(await ask(await dial(to))), stage.address)
    assert.deepEqual([first.served.length, second.served.length], [1, 1])
    assert.deepEqual(ledTo(await ask(await stage.client())), to, 'the same for every client')
    assert.deepEqual(stage.events.filter(({ kind }) => kind === 'node').map((event) => 'node' in event && [event.target, event.node, event.listen]), [['cache', second.address, to]])
    assert.equal((await stage.plane.snapshot()).targets['cache']?.accepted, 3, 'all nodes are one target')
  })

  it('without `cluster` the address goes through as it is', async () => {
    const [first, second] = [await fake(), await fake()]
    first.answer = (socket) => socket.write(movedTo(second))
    const stage = await target({ upstream: first.address, spec: { protocol: 'redis' } })
    assert.deepEqual(ledTo(await ask(await stage.client())), second.address)
  })

  it('a node without a host is on the host of the one that answers', async () => {
    const { stage, first, second } = await pair()
    first.answer = (socket) => socket.write(`-MOVED 1 :${second.address.port}\r\n`)
    await ask(await dial(ledTo(await ask(await stage.client()))))
    assert.equal(second.served.length, 1)
  })

  it('each app is told of listeners of its own, so that `from` hits it on every node', async () => {
    const { stage } = await pair({ listen: [{ address: LOCAL }, { from: 'a', address: LOCAL }] })
    const common = ledTo(await ask(await stage.client()))
    const own = ledTo(await ask(await dial(stage.listen.find(({ from }) => from === 'a')?.address ?? LOCAL)))
    assert.notEqual(own.port, common.port)
    await stage.arm('cut', 'latency', { delay: ms(400) }, { standing: true, where: { from: 'a' } })
    assert.ok(await took(await dial(own)) >= 400)
    assert.ok(await took(await dial(common)) < 400)
  })

  it('rules of the target hit every node, and `node` hits one', async () => {
    const { stage, second } = await pair()
    const to = ledTo(await ask(await stage.client()))
    await stage.arm('slow', 'latency', { delay: ms(400) })
    for (const address of [stage.address, to]) assert.ok(await took(await dial(address)) >= 400)
    await stage.plane.disarm()
    await stage.arm('slow', 'latency', { delay: ms(400) }, { standing: true, where: { node: `${second.address.host}:${second.address.port}` } })
    assert.ok(await took(await dial(stage.address)) < 400)
    assert.ok(await took(await dial(to)) >= 400)
  })

  it('one node is refused, also one that is named only after', async () => {
    const { stage, second } = await pair()
    await stage.arm('down', 'refuse', {}, { standing: true, where: { node: [`${second.address.host}:${second.address.port}`] } })
    const to = ledTo(await ask(await stage.client()))
    await assert.rejects(dial(to), { code: 'ECONNREFUSED' })
    await stage.plane.disarm()
    await ask(await dial(to))
    await stage.arm('down', 'refuse', {}, { standing: true, where: { node: 'elsewhere:1' } })
    await ask(await dial(to))
    await stage.arm('down', 'refuse')
    for (const address of [stage.address, to]) await assert.rejects(dial(address), { code: 'ECONNREFUSED' })
  })

  it('a rule for a node is refused where there is but one server, and where it names none', async () => {
    const single = await target({ spec: { protocol: 'redis' } })
    await assert.rejects(single.arm('a', 'latency', { delay: 1 }, { standing: true, where: { node: 'h:1' } }), { code: 'RULE_INVALID', message: /one server/ })
    const { stage } = await pair()
    await assert.rejects(stage.arm('a', 'latency', { delay: 1 }, { standing: true, where: { node: 'h' } }), { code: 'RULE_INVALID', message: /HOST:PORT/ })
  })

  it('an answer that waits for a listener is not overtaken: not by other answers, nor by the end, nor by a reset', async () => {
    for (const how of ['end', 'resetAndDestroy'] as const) {
      const { stage, first, second } = await pair()
      first.answer = (socket) => { socket.write(`+1\r\n${movedTo(second)}+2\r\n`); socket[how]() }
      const client = await stage.client()
      client.socket.write(Buffer.concat([GET, GET, GET]))
      const ended = await client.ended
      const [one, moved = '', two] = client.text().split(/(?<=\r\n)/)
      if (how === 'end') assert.deepEqual([one, two, ended], ['+1\r\n', '+2\r\n', 'end'])
      if (moved !== '') assert.notEqual(ledTo(moved).port, second.address.port)
    }
  })

  it('on all interfaces: told is the host at which the client reached us', async () => {
    const { stage, second } = await pair({ listen: [{ address: { host: '0.0.0.0', port: 0 } }] })
    assert.ok('port' in stage.address)
    for (const host of ['127.0.0.1', '127.0.0.2']) {
      const to = ledTo(await ask(await dial({ host, port: stage.address.port })))
      assert.equal(to.host, host)
      await ask(await dial(to))
    }
    assert.equal(second.served.length, 2)
  })

  it('TLS ends at each node\'s listener too', async () => {
    const { stage, second } = await pair({ tls: { ...PLAIN, client: 'terminate' } })
    const over = async (address: Address): Promise<Seen> => {
      assert.ok('port' in address)
      const socket = connectTls({ ...address, rejectUnauthorized: false })
      later(() => socket.destroy())
      const seen = watch(socket)
      await once(socket, 'secureConnect')
      return seen
    }
    assert.equal(await ask(await over(ledTo(await ask(await over(stage.address))))), '+OK\r\n')
    assert.equal(second.served[0]?.text(), GET.toString())
  })

  it('where the proxy speaks TLS to the servers it does so to each, and checks each by its own name', async () => {
    const names: (string | false | null)[] = []
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', algorithm: 'sha256', extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }] })
    const folder = mkdtempSync(join(tmpdir(), 'brownout-test-nodes-'))
    later(() => rmSync(folder, { recursive: true }))
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, cert)
    const secure = async (answer: () => string): Promise<number> => {
      const server = createTlsServer({ key, cert }, (socket) => { names.push(socket.servername ?? null); socket.on('error', () => socket.destroy()).on('data', () => socket.write(answer())) })
      server.listen({ ...LOCAL })
      await once(server, 'listening')
      later(() => server.close())
      return (server.address() as AddressInfo).port
    }
    const second = await secure(() => '+OK\r\n')
    const first = await secure(() => `-MOVED 1 localhost:${second}\r\n`)
    const stage = await target({ upstream: { host: 'localhost', port: first }, tls: { ...PLAIN, upstream: 'require', ca }, spec: { protocol: 'redis', cluster: true } })
    const to = ledTo(await ask(await stage.client()))
    assert.equal(to.host, '127.0.0.1')
    assert.equal(await ask(await dial(to)), '+OK\r\n')
    assert.deepEqual(names, ['localhost', 'localhost'])
  })

  it('a server that announces the proxy itself is taken at its word', async () => {
    const { stage, first } = await pair()
    assert.ok('port' in stage.address)
    const { host, port } = stage.address
    first.answer = (socket) => socket.write(`-MOVED 1 ${host}:${port}\r\n`)
    assert.deepEqual(ledTo(await ask(await stage.client())), stage.address)
    assert.deepEqual(stage.events.filter(({ kind }) => kind === 'node'), [])
  })

  it('listeners go with the target, and with what it was before it changed', async () => {
    const { stage, first } = await pair()
    const to = ledTo(await ask(await stage.client()))
    const spec: TargetSpec = { name: 'cache', protocol: 'redis', cluster: true, upstream: first.address, listen: [{ address: stage.address }], tls: PLAIN, dialTimeout: ms(2000) }
    await stage.plane.change(spec)
    await assert.rejects(dial(to), { code: 'ECONNREFUSED' })
    const again = ledTo(await ask(await stage.client()))
    await stage.plane.shut(['cache'])
    await assert.rejects(dial(again), { code: 'ECONNREFUSED' })
    await listenOn({ host: again.host, port: again.port }, () => undefined)
  })

  describe('that cannot be had', () => {
    const nodes = (open: () => Promise<void>): { readonly nodes: Nodes<NodeListener>; readonly made: NodeListener[] } => {
      const made: NodeListener[] = []
      const listener = (): NodeListener => {
        const one = { address: { host: '127.0.0.1', port: 1000 + made.length }, from: undefined, open, close: () => Promise.resolve() }
        made.push(one)
        return one
      }
      return { nodes: new Nodes([], { seed: { host: 'seed', port: 1 }, listener, opened: () => Promise.resolve() }), made }
    }
    const viewer = { node: { host: 'seed', port: 1 }, from: undefined, reached: '127.0.0.1' }

    it('a listener that fails is told as unknown, and is tried again', async () => {
      let failing = true
      const { map, discover } = nodes(() => (failing ? Promise.reject(new Error('EMFILE')) : Promise.resolve())).nodes.view(viewer)
      await discover([{ host: 'h', port: 2 }])
      assert.equal(map({ host: 'h', port: 2 }), undefined)
      failing = false
      await discover([{ host: 'h', port: 2 }])
      assert.deepEqual(map({ host: 'H', port: 2 }), { host: '127.0.0.1', port: 1001 })
    })

    it('past the bound, or once it is closed, none is opened', async () => {
      const { nodes: bounded, made } = nodes(() => Promise.resolve())
      const { map, discover } = bounded.view(viewer)
      await discover(Array.from({ length: NODES_MAX + 10 }, (_, n) => ({ host: 'h', port: n + 1 })))
      assert.equal(made.length, NODES_MAX)
      assert.deepEqual([map({ host: 'h', port: NODES_MAX }) === undefined, map({ host: 'h', port: NODES_MAX + 1 })], [false, undefined])
      const closed = nodes(() => Promise.resolve())
      await closed.nodes.close()
      await closed.nodes.view(viewer).discover([{ host: 'h', port: 2 }])
      assert.equal(closed.made.length, 0)
    })

    it('asked for by many at once, one is opened', async () => {
      const { nodes: one, made } = nodes(() => Promise.resolve())
      await Promise.all(Array.from({ length: 5 }, () => one.view(viewer).discover([{ host: 'h', port: 2 }, { host: 'h', port: 2 }])))
      assert.equal(made.length, 1)
    })
  })
})

const took = async (client: Seen): Promise<number> => {
  const start = performance.now()
  await ask(client)
  return performance.now() - start
}
