/** Laws for every fault in the manifest that acts on what a protocol says, on real servers: its example fires, the null law, replies in step, healing. A protocol is one entry in TALKS. */

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { once } from 'node:events'
import { parse } from 'yaml'
import { faults, registry } from '../faults/index.ts'
import { ms, ratio } from '../src/core/units.ts'
import type { AnyFault } from '../src/fault.ts'
import type { DynamicPlane, PlaneEvent } from '../src/proxy/plane.ts'
import type { Rule } from '../src/rule.ts'
import { postgresTalk } from './faults/postgres/talk.ts'
import { redisTalk } from './faults/redis/talk.ts'
import { portOf, relay, type Relay } from './faults/relay.ts'
import { readParams } from './faults/scene.ts'
import type { Talk } from './faults/talk.ts'
import { webTalk } from './faults/web/talk.ts'
import { closeAll, later, LOCAL, PLAIN, planeFor, until } from './proxy/stage.ts'

const TALKS: readonly Talk[] = [postgresTalk, redisTalk, webTalk]

const paramsOf = (fault: AnyFault): Record<string, unknown> => (parse(fault.example) as { params?: Record<string, unknown> }).params ?? {}
const pause = (time: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, time) })
/** Those of a protocol: faults on messages, and those that act only where it is spoken. */
const faultsOf = ({ protocol }: Talk): readonly AnyFault[] => (faults as readonly AnyFault[]).filter(({ protocols }) => protocols.includes(protocol))

interface Stage {
  readonly port: number
  readonly plane: DynamicPlane
  readonly events: readonly PlaneEvent[]
  /** Behind the proxy: what it really sent, and what the server said. */
  readonly behind: Relay
  strike(fault: AnyFault, more?: Partial<Rule>): Promise<void>
  did(): readonly string[]
}

async function stageOf(talk: Talk, crumbs = false): Promise<Stage> {
  const server = await talk.server()
  const behind = await relay(server, crumbs)
  const plane = planeFor(registry)
  const events: PlaneEvent[] = []
  plane.on((event) => events.push(event))
  const [opened] = await plane.open([{ name: 'cache', protocol: talk.protocol, upstream: { host: '127.0.0.1', port: behind.port }, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(2000) }])
  later(() => plane.close())
  const direct = portOf(opened?.listen[0]?.address)
  const port = crumbs ? (await relay({ host: '127.0.0.1', port: direct }, true)).port : direct
  return {
    port, plane, events, behind,
    strike: (fault, more = {}) =>
      plane.arm([{ id: 'it', fault: fault.name, on: 'cache', params: readParams(fault, paramsOf(fault)), ...(more.for === undefined ? { standing: true as const } : {}), ...more }]).then(() => undefined),
    did: () => events.flatMap((event) => (event.kind === 'altered' ? [event.did] : [])),
  }
}

/** What a scripted client got, to the byte. */
async function recite(talk: Talk, port: number): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  later(() => socket.destroy())
  let [got, news]: [Buffer, Buffer[]] = [Buffer.alloc(0), []]
  socket.on('data', (chunk) => news.push(chunk))
  await once(socket, 'connect')
  for (const { send, answered } of talk.script()) {
    socket.write(send)
    await until(() => {
      // Looked at where something came: most turns bring nothing.
      if (news.length === 0) return false
      got = Buffer.concat([got, ...news])
      news = []
      return answered(got)
    }, `the answers to ${send.toString('latin1', 0, 60)}`)
  }
  socket.end()
  await once(socket, 'close')
  return Buffer.concat([got, ...news])
}

/** Asks for nonces in bursts while `fault` comes, is changed and goes; true where each was answered in step until the connection went. */
async function inStep(talk: Talk, fault: AnyFault, crumbs: boolean, rounds: number): Promise<void> {
  const stage = await stageOf(talk, crumbs)
  let asker = await talk.nonces(stage.port)
  for (let round = 0; round < rounds; round++) {
    const asks = Array.from({ length: 30 }, (_, n) => `nonce-${round}-${n}`)
    const answers = asker.burst(asks)
    await stage.strike(fault)
    await pause(crumbs ? 15 : 2)
    const more = asker.burst(asks.map((ask) => `${ask}-more`))
    await stage.strike(fault, { chance: ratio(0.5) })
    await pause(crumbs ? 15 : 2)
    await stage.plane.disarm(['it'])
    for (const [got, wanted] of [[await answers, asks], [await more, asks.map((ask) => `${ask}-more`)]] as const) {
      const astray = got.flatMap((answer, n) => (answer !== undefined && answer !== wanted[n] ? [`${wanted[n]}: ${answer}`] : []))
      if (!fault.corruption) assert.deepEqual(astray, [], `round ${round}: answers to something else`)
      else if (astray.length > 0) assert.ok(stage.did().length > 0)
      if (got.includes(undefined)) assert.ok(stage.did().length > 0 || stage.events.some(({ kind }) => kind === 'opaque'), 'an answer is missing and nothing says why')
    }
    if (!asker.closed && !fault.corruption) continue
    asker.close()
    asker = await talk.nonces(stage.port)
  }
  asker.close()
}

for (const talk of TALKS) {
  const { protocol } = talk
  const FAULTS = faultsOf(talk)

  describe(`laws for faults on messages: ${protocol}`, () => {
    before(function (this: Mocha.Context) { if (talk.missing !== undefined) this.skip() })
    afterEach(closeAll)

    for (const fault of FAULTS) {
      it(`${fault.name}: its example fires`, async () => {
        const stage = await stageOf(talk)
        const mixed = await talk.mix(stage.port)
        await pause(30)
        await stage.strike(fault)
        await until(() => stage.did().length > 0, 'nothing was altered in 5 s of traffic').finally(() => mixed.stop())
        assert.deepEqual(stage.events.filter(({ kind }) => kind === 'broken'), [])
      })
    }

    describe('null law: with `chance: 0` the bytes are the same, both ways', () => {
      let bare: { got: string; asked: string } | undefined
      const run = async (fault?: AnyFault, crumbs = false): Promise<{ got: string; asked: string }> => {
        const stage = await stageOf(talk, crumbs)
        if (fault) await stage.strike(fault, { chance: ratio(0) })
        const got = talk.plain(await recite(talk, stage.port))
        assert.deepEqual(stage.did(), [])
        return { got, asked: talk.plain(stage.behind.said('client')) }
      }
      it('nothing armed: what is said is what would be said without a proxy', async () => {
        const server = await talk.server()
        const direct = talk.plain(await recite(talk, server.port))
        bare = await run()
        assert.equal(bare.got, direct)
        assert.equal(bare.asked, talk.plain(Buffer.concat(talk.script().map(({ send }) => send))))
      })
      for (const fault of FAULTS) {
        it(fault.name, async () => { assert.deepEqual(await run(fault), bare ?? await run()) })
      }
      it('and cut into pieces of 1 to 7 bytes before and behind the proxy', async function () {
        this.timeout(120_000)
        for (const fault of FAULTS.slice(0, process.env['TEST_ALL'] ? FAULTS.length : 2)) assert.deepEqual(await run(fault, true), bare ?? await run())
      })
    })

    describe('in step: armed, changed and disarmed in mid-stream, each answer is that to its question, or the connection goes and the journal says so', () => {
      for (const fault of FAULTS) it(fault.name, () => inStep(talk, fault, false, fault.corruption ? 2 : 6))
      // Whatever answers, replaces and delays.
      for (const fault of FAULTS.filter((_, n) => process.env['TEST_ALL'] !== undefined || n % 4 === 0)) {
        it(`${fault.name}, cut into pieces of 1 to 7 bytes`, function () {
          this.timeout(120_000)
          return inStep(talk, fault, true, 2)
        })
      }
    })

    describe('after healing a fresh connection is answered as before', () => {
      for (const fault of FAULTS) {
        it(fault.name, async () => {
          const stage = await stageOf(talk)
          const mixed = await talk.mix(stage.port)
          await stage.strike(fault)
          await pause(80)
          await stage.plane.disarm(['it'])
          await talk.healthy(stage.port)
          await mixed.stop()
        })
        it(`${fault.name}, cleared by its own deadline`, async () => {
          const stage = await stageOf(talk)
          await stage.strike(fault, { for: ms(60) })
          await until(() => stage.events.some(({ kind }) => kind === 'cleared'), 'the deadline')
          await talk.healthy(stage.port)
        })
      }
    })
  })
}
