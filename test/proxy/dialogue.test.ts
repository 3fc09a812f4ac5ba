/** Rules for messages on the wire: Redis' words, a server of the test's own that answers when it is told to. */

import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { defineFault, inPlace, PASS, STALL, type AnyFault, type Unit, type Verdict } from '../../src/fault.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import type { PlaneEvent } from '../../src/proxy/plane.ts'
import type { Rule } from '../../src/rule.ts'
import { connect } from 'node:net'
import { closeAll, later, listenOn, LOCAL, PLAIN, until, watch, type Seen } from './stage.ts'

const about = { summary: 'S.', tests: 'T.', correct: 'C.', protocols: ['redis'] as const, direction: 'both', params: {}, example: '' } as const
const fault = (name: string, decide: (unit: Unit & { kind: 'message' }) => Verdict, more: Partial<AnyFault> = {}): AnyFault => defineFault({
  ...about, name, on: ['message'], decide: (unit) => (unit.kind === 'message' ? decide(unit) : PASS), ...more })

const asks = fault('asks', ({ direction }) => (direction === 'to-server' ? { kind: 'answer', raw: Buffer.from('-NO\r\n') } : PASS))
const other = fault('other', ({ direction, raw }) => (direction === 'to-server' ? inPlace(Buffer.from(raw.toString().replace('GET', 'FOO'))) : inPlace(Buffer.from('+rewritten\r\n'))))
const own = fault('own', ({ direction, raw, own: mine }) => {
  if (mine) answers.push(raw.toString())
  return direction === 'to-server' ? { kind: 'replace', parts: [{ raw: Buffer.from('*1\r\n$4\r\nPING\r\n'), gap: ms(0), own: true }, { raw, gap: ms(0) }] } : PASS
})
const stall = fault('stalls', ({ direction }) => (direction === 'to-server' ? STALL : PASS))
const last = fault('last', () => ({ kind: 'close', how: 'end', last: { 'to-client': Buffer.from('-BYE\r\n') }, note: 'told' }))
const answers: string[] = []

const command = (...words: string[]): string => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
const get = (key: string): string => command('GET', key)

interface Stage { readonly plane: LocalPlane; readonly events: PlaneEvent[]; readonly client: Seen; readonly server: Seen; arm(name: string, more?: Partial<Rule>): Promise<void>; heal(name: string): Promise<void> }

async function stage(): Promise<Stage> {
  const faults = [asks, other, own, stall, last]
  const served: Seen[] = []
  const { address: upstream } = await listenOn(LOCAL, (socket) => { served.push(watch(socket)) })
  const plane = new LocalPlane({ registry: new Map(faults.map((one) => [one.name, one])), seed: 1 })
  later(() => plane.close())
  const events: PlaneEvent[] = []
  plane.on((event) => events.push(event))
  const [opened] = await plane.open([{ name: 'cache', protocol: 'redis', upstream, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(2000) }])
  const address = opened?.listen[0]?.address
  const socket = connect({ port: address && 'port' in address ? address.port : 0, host: '127.0.0.1' })
  later(() => socket.destroy())
  const client = watch(socket)
  await until(() => served.length > 0, 'the server has the connection')
  return {
    plane, events, client, server: served[0] as Seen,
    arm: async (name, more = {}) => { await plane.arm([{ id: name, fault: name, on: 'cache', params: {}, ...(more.for === undefined ? { standing: true as const } : {}), ...more }]) },
    heal: async (name) => { await plane.disarm([name]) },
  }
}
const says = async (to: Seen, from: Seen, text: string): Promise<void> => {
  const want = to.text() + text
  from.socket.write(text)
  await until(() => to.text() === want, `${JSON.stringify(text)} arrives`)
}
const sees = (at: Seen, text: string): Promise<void> => until(() => at.text() === text, `${JSON.stringify(text)}, not ${JSON.stringify(at.text())}`)

describe('messages', () => {
  afterEach(closeAll)

  it('answers in turn: behind the replies to what was sent before the rule was armed', async () => {
    const { client, server, arm } = await stage()
    await says(server, client, get('a'))
    await arm('asks')
    client.socket.write(get('b'))
    await arm('asks', { where: { key: 'b' } })
    client.socket.write(get('c'))
    await sees(server, get('a') + get('c'))
    assert.equal(client.text(), '')
    server.socket.write('$1\r\n1\r\n')
    await sees(client, '$1\r\n1\r\n-NO\r\n')
    server.socket.write('$1\r\n3\r\n')
    await sees(client, '$1\r\n1\r\n-NO\r\n$1\r\n3\r\n')
  })

  it('goes over to messages and back between them: one that is cut in two by it passes as it is', async () => {
    const { client, server, arm, heal } = await stage()
    const [head, tail] = [get('first').slice(0, 9), get('first').slice(9)]
    await says(server, client, head)
    await arm('asks')
    client.socket.write(tail + get('second') + head)
    await sees(server, get('first'))
    server.socket.write('+1\r\n')
    await sees(client, '+1\r\n-NO\r\n')
    assert.equal(server.text(), get('first'), 'the head of a message that may have to be answered is held')
    await heal('asks')
    await sees(server, get('first') + head)
    await says(server, client, tail)
    await says(client, server, '+3\r\n')
  })

  it('sees an operation that it has altered through to its end, though it is disarmed', async () => {
    const { client, server, arm, heal } = await stage()
    await arm('other')
    client.socket.write(get('a'))
    await sees(server, get('a').replace('GET', 'FOO'))
    await heal('other')
    client.socket.write(get('b'))
    await sees(server, get('a').replace('GET', 'FOO') + get('b'))
    server.socket.write('-ERR unknown command\r\n$1\r\nb\r\n')
    await sees(client, '+rewritten\r\n$1\r\nb\r\n')
    await says(server, client, get('c'))
  })

  it('shows what its own commands are answered to the fault alone', async () => {
    answers.length = 0
    const { client, server, arm, heal } = await stage()
    await arm('own')
    client.socket.write(get('a'))
    await sees(server, command('PING') + get('a'))
    await heal('own')
    server.socket.write('+PONG\r\n')
    await until(() => answers.length > 0, 'the fault has seen it')
    server.socket.write('$1\r\na\r\n')
    await sees(client, '$1\r\na\r\n')
    assert.deepEqual(answers, ['+PONG\r\n'])
  })

  it('holds a stalled request until it is disarmed, and all behind it', async () => {
    const { client, server, arm, heal } = await stage()
    await arm('stalls', { where: { key: 'a' } })
    client.socket.write(get('b') + get('a') + get('c'))
    await sees(server, get('b'))
    await heal('stalls')
    await sees(server, get('b') + get('a') + get('c'))
  })

  it('closes with last words to the side that spoke, and says what came of it', async () => {
    const { client, server, arm, events } = await stage()
    await arm('last')
    client.socket.write(get('a'))
    assert.equal(await client.ended, 'end')
    assert.equal(client.text(), '-BYE\r\n')
    assert.equal(server.text(), '')
    assert.deepEqual(events.flatMap((event) => (event.kind === 'altered' ? [[event.did, event.note]] : [])), [['close', 'told']])
  })

  it('gives up on bytes that are no Redis, once, and lets them pass', async () => {
    const { client, server, arm, events } = await stage()
    await arm('asks')
    const garbage = `*1\r\n$x\r\n${'\x00\x01'.repeat(500)}`
    await says(server, client, garbage)
    await says(server, client, get('a'))
    await says(client, server, 'whatever')
    const told = events.filter(({ kind }) => kind === 'opaque')
    assert.equal(told.length, 1)
  })

  it('draws once an operation: parts of a large command share its fate', async () => {
    const { client, server, arm } = await stage()
    await arm('asks', { where: { command: 'SET' } })
    const large = command('SET', 'k', 'v'.repeat(200_000))
    client.socket.write(large.slice(0, 100_000))
    client.socket.write(large.slice(100_000) + get('a'))
    await sees(server, get('a'))
    await sees(client, '-NO\r\n')
    assert.equal(server.text(), get('a'))
  })
})
