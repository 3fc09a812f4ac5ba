/** Laws on the wire that hold for every fault in the manifest: its example fires, the null law, the no-loss law, healing. */

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { parse } from 'yaml'
import { faults } from '../faults/index.ts'
import { ms, ratio } from '../src/core/units.ts'
import type { AnyFault } from '../src/fault.ts'
import { closeAll, fateOf, healthy, until, wire, type Seen, type Wire } from './faults/wire.ts'
import { watch } from './proxy/stage.ts'

/** Faults of one protocol have laws of their own, on the servers that speak it. */
const FAULTS: readonly AnyFault[] = (faults as readonly AnyFault[]).filter(({ protocols }) => protocols.length === 0)
const paramsOf = (fault: AnyFault): Record<string, unknown> => (parse(fault.example) as { params?: Record<string, unknown> }).params ?? {}
const pause = (time: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, time) })

describe('every example fires', () => {
  afterEach(closeAll)
  for (const fault of FAULTS) {
    it(fault.name, async () => {
      const stage = await wire(fault)
      const [busy, quiet] = [await stage.live(), await stage.live()]
      await stage.strike(paramsOf(fault))
      const from = performance.now()
      while (stage.did().length === 0) {
        assert.ok(performance.now() - from < 5000, 'nothing was altered in 5 s of traffic')
        busy.socket.write('x'.repeat(100))
        if (performance.now() - from > 1200) quiet.socket.write('after a rest')
        // Under a full backlog a client hangs: nobody waits for it.
        void fateOf(stage, 'bye')
        await pause(20)
      }
    })
  }
})

/** What a client and a server see of each other, in one line each: the endings that a proxy could get wrong, and some bytes. */
async function transcript(stage: Wire, served: () => Promise<Seen>): Promise<readonly string[]> {
  const lines: string[] = []
  const talks: readonly ((client: Socket, server: Socket) => void)[] = [
    (client, server) => { server.on('end', () => server.end('and bye')); client.end('to the server') },
    (client, server) => { client.on('end', () => client.end('last')); server.end('to the client') },
    (client) => { client.resetAndDestroy() },
    (_client, server) => { server.write('last words', () => setImmediate(() => server.resetAndDestroy())) },
    (client, server) => { server.on('end', () => server.end()); client.end(Buffer.alloc(300_000, 'large ')) },
  ]
  for (const talk of talks) {
    const next = served()
    const client = await stage.client()
    const server = await next
    // Connected all the way: a reset that comes before that is a dial that failed, or is none, by who is quicker.
    for (const [from, to] of [[client, server], [server, client]] as const) {
      from.socket.write('!')
      await until(() => to.bytes() === 1, 'a way through')
    }
    talk(client.socket, server.socket)
    const ends = await Promise.all([client.ended, server.ended])
    lines.push(`client ${ends[0]} ${client.bytes()} ${client.text().slice(0, 40)} | server ${ends[1]} ${server.bytes()} ${server.text().slice(0, 40)}`)
  }
  return lines
}

describe('null law: with `chance: 0` nobody can tell that a rule is there', () => {
  afterEach(closeAll)
  const run = async (fault: AnyFault, armed: boolean): Promise<readonly string[]> => {
    let arrived: (seen: Seen) => void = () => undefined
    const stage = await wire(fault, (socket) => { arrived(watch(socket)) })
    if (armed) await stage.strike(paramsOf(fault), { chance: ratio(0) })
    const lines = await transcript(stage, () => new Promise((resolve) => { arrived = resolve }))
    assert.deepEqual(stage.did(), [])
    return lines
  }
  for (const fault of FAULTS) {
    it(fault.name, async () => {
      const bare = await run(fault, false)
      assert.match(bare.join('\n'), /^client end 8 !and bye \| server end 14 !to the server$/m)
      assert.deepEqual(await run(fault, true), bare)
    })
  }
})

/** Records of seven bytes, numbered, so that loss, doubling and disorder all show. */
const RECORD = 7
const records = (from: number, count: number): string => Array.from({ length: count }, (_, i) => `${String(from + i).padStart(RECORD - 1, '0')}\n`).join('')

describe('no-loss law: arming, changing and disarming in mid-stream loses and doubles nothing unless the verdict says so', () => {
  afterEach(closeAll)
  for (const fault of FAULTS) {
    it(fault.name, async () => {
      const stage = await wire(fault)
      const client = await stage.live()
      let ended = false
      void client.ended.then(() => { ended = true })
      let sent = 0
      for (let round = 0; round < 12; round++) {
        await stage.strike(paramsOf(fault))
        for (const change of [{ direction: 'both' }, {}] as const) {
          client.socket.write(records(sent, 400))
          sent += 400
          await pause(4)
          await stage.strike(paramsOf(fault), change)
        }
        await stage.heal()
        client.socket.write(records(sent, 50))
        sent += 50
        await pause(1)
      }
      const did = new Set(stage.did())
      const harmless = [...did].every((what) => ['delay', 'stall', 'replace', 'closed', 'backlog'].includes(what))
      const whole = `hello${records(0, sent)}`
      if (harmless) {
        await until(() => client.bytes() >= whole.length, 'every byte')
        await pause(20)
      } else await until(() => ended || client.bytes() >= whole.length, 'the end or every byte')
      if (harmless && !fault.corruption) assert.ok(client.text() === whole, `${client.bytes()} bytes of ${whole.length}`)
      else if (harmless) assert.equal(client.bytes(), whole.length)
      else {
        // Bytes may be missing because a verdict said so; those there are in order, and none comes twice.
        const seen = [...client.text().slice(5).matchAll(/\d{6}(?=\n)/g)].map(([number]) => Number(number))
        assert.ok(seen.every((number, i) => i === 0 || number > (seen[i - 1] ?? 0)), 'order')
        if (!did.has('drop')) assert.ok(whole.startsWith(client.text()), 'what came is the beginning of what was sent')
      }
    })
  }
})

describe('after healing a fresh connection is answered as before', () => {
  afterEach(closeAll)
  for (const fault of FAULTS) {
    it(fault.name, async () => {
      const stage = await wire(fault)
      await stage.live()
      await stage.strike(paramsOf(fault))
      await Promise.race([fateOf(stage, 'bye'), pause(60)])
      await stage.heal()
      await healthy(stage)
    })
  }

  for (const fault of FAULTS) {
    it(`${fault.name}, cleared by its own deadline`, async () => {
      const stage = await wire(fault)
      await stage.live()
      await stage.strike(paramsOf(fault), { for: ms(60) })
      await until(() => stage.events.some(({ kind }) => kind === 'cleared'), 'the deadline')
      assert.deepEqual((await stage.plane.snapshot()).armed, [])
      // The listener is taken back just behind the clearing.
      const cleared = performance.now()
      while (await fateOf(stage, 'bye') === 'ECONNREFUSED') assert.ok(performance.now() - cleared < 1000, 'the listener is not back')
      await healthy(stage)
    })
  }
})
