import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { engineFaults as faults } from './odd-faults.ts'
import { closeAll, exchange, target, until } from './stage.ts'

const stage = () => target({ faults })

describe('the engine', () => {
  afterEach(closeAll)

  it('adds delays up, over the rules in their order', async () => {
    const { client, arm } = await stage()
    const one = await client()
    await arm('a', 'slow', { by: ms(40) })
    await arm('b', 'slow', { by: ms(30) })
    // The quickest of some: the machine may be busy with other things.
    const times: number[] = []
    for (let n = 0; n < 4; n++) times.push(await exchange(one, 'x'))
    const took = Math.min(...times)
    assert.ok(took >= 70 && took < 120, `took ${took}`)
  })

  it('lets a rewrite be seen by the rule behind it', async () => {
    const { client, arm } = await stage()
    const one = await client()
    await arm('a', 'mark')
    await arm('b', 'count', { upTo: 2 })
    await exchange(one, 'first ')
    one.socket.write('second')
    assert.equal(await one.ended, 'end')
    assert.equal(one.text(), 'FIRST S')
  })

  it('keeps order when a delay shrinks: nothing overtakes what is ahead of it', async () => {
    const { client, arm } = await stage()
    const one = await client()
    await arm('a', 'slow', { by: ms(80) })
    one.socket.write('1')
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    await arm('b', 'slow', { by: ms(1) })
    one.socket.write('2')
    await until(() => one.bytes() === 2, 'both')
    assert.equal(one.text(), '12')
  })

  it('releases what it held when it is disarmed: at once, in order', async () => {
    const { client, arm, plane } = await stage()
    const one = await client()
    await arm('a', 'hold')
    for (const text of ['1', '2', '3']) { one.socket.write(text); await new Promise((resolve) => { setTimeout(resolve, 5) }) }
    assert.equal(one.bytes(), 0)
    const start = performance.now()
    await plane.disarm(['a'])
    await until(() => one.bytes() === 3, 'all three')
    assert.ok(performance.now() - start < 50)
    assert.equal(one.text(), '123')
  })

  it('releases one rule\'s share only: the other\'s delay stays', async () => {
    const { client, arm, plane } = await stage()
    const one = await client()
    await arm('long', 'slow', { by: ms(5000) })
    await arm('short', 'slow', { by: ms(60) })
    const start = performance.now()
    one.socket.write('x')
    await new Promise((resolve) => { setTimeout(resolve, 10) })
    await plane.disarm(['long'])
    await until(() => one.bytes() === 1, 'the byte')
    const took = performance.now() - start
    assert.ok(took >= 60 && took < 1500, `took ${took}`)
  })

  it('changes a rule in place: draws stay, the new parameters hold from the next unit', async () => {
    const { client, arm } = await stage()
    const one = await client()
    await arm('a', 'slow', { by: ms(3000) })
    one.socket.write('x')
    await arm('a', 'slow', { by: ms(30) })
    await until(() => one.bytes() === 1, 'what the old delay held')
    const took = await exchange(one, 'y')
    assert.ok(took >= 30 && took < 1000)
  })

  it('ends a rule at its deadline and says so, with what it did', async () => {
    const { client, arm, events } = await stage()
    const one = await client()
    await arm('a', 'hold', {}, { for: ms(80) })
    const took = await exchange(one, 'x')
    assert.ok(took >= 75 && took < 1000, `took ${took}`)
    await until(() => events.some((event) => event.kind === 'cleared'), 'it is told')
    const cleared = events.find((event) => event.kind === 'cleared')
    assert.ok(cleared?.kind === 'cleared' && cleared.reason === 'deadline' && cleared.altered === 1)
    await until(() => events.some((event) => event.kind === 'drained'), 'the exchange that it held has finished')
  })

  it('lets a rule have its last word at its deadline too: what lost bytes is reset at heal', async () => {
    const { client, arm } = await target()
    const one = await client()
    await exchange(one, 'x')
    const start = performance.now()
    await arm('cut', 'partition', { how: 'discard' }, { for: ms(60) })
    one.socket.write('lost')
    assert.equal(await one.ended, 'ECONNRESET')
    assert.ok(performance.now() - start >= 50)
    await exchange(await client(), 'as before')
  })

  it('survives a fault that throws: the bytes pass, the rule goes, the run is told', async () => {
    const { client, arm, events, plane } = await stage()
    const one = await client()
    await arm('bug', 'burst')
    await exchange(one, 'x')
    await until(async () => (await plane.snapshot()).armed.length === 0, 'the rule is gone')
    assert.equal(events[0]?.kind === 'broken' && events[0].problem, 'a bug in a fault')
    assert.ok(events.some((event) => event.kind === 'cleared' && event.reason === 'error'))
    await exchange(one, 'y')
  })

  it('cancels a planned close when its rule is disarmed', async () => {
    const { client, arm, plane } = await stage()
    const one = await client()
    await exchange(one, 'x')
    await arm('k', 'kick', { after: ms(60) })
    await plane.disarm(['k'])
    await new Promise((resolve) => { setTimeout(resolve, 90) })
    await exchange(one, 'still here')
    await arm('k', 'kick', { after: ms(20) })
    assert.equal(await one.ended, 'ECONNRESET', 'on a live and idle connection')
  })

  it('counts skip, times and sequence per connection by default, per chunk when told', async () => {
    const { client, arm, plane } = await stage()
    await arm('a', 'mark', {}, { standing: true, skip: 1, times: 2 })
    const texts: string[] = []
    for (let i = 0; i < 5; i++) { const one = await client(); await exchange(one, 'ab'); await exchange(one, 'cd'); texts.push(one.text()) }
    assert.deepEqual(texts, ['abcd', 'ABCD', 'ABCD', 'abcd', 'abcd'])
    await plane.disarm()
    await arm('b', 'mark', {}, { standing: true, scope: 'message', sequence: { fail: 1, pass: 2 } })
    const one = await client()
    for (const text of ['a', 'b', 'c', 'd', 'e']) await exchange(one, text)
    assert.equal(one.text(), 'AbcDe')
  })

  it('draws chance by connection from the seed: the same seed hits the same connections, another rule moves no dice', async () => {
    const run = async (extra: boolean): Promise<string> => {
      const { client, arm } = await target({ faults, seed: 7 })
      if (extra) await arm('other', 'slow', { by: ms(1) }, { standing: true, chance: 0.5 as never })
      await arm('a', 'mark', {}, { standing: true, chance: 0.5 as never })
      let hits = ''
      for (let i = 0; i < 24; i++) { const one = await client(); await exchange(one, 'x'); hits += one.text() === 'X' ? '1' : '0' }
      await closeAll()
      return hits
    }
    const first = await run(false)
    assert.equal(await run(false), first)
    assert.equal(await run(true), first)
    assert.match(first, /1/)
    assert.match(first, /0/)
  })

  it('reaches more connections as a chance ramps up', async () => {
    const { client, arm } = await stage()
    const all = await Promise.all(Array.from({ length: 20 }, client))
    await arm('a', 'mark', {}, { standing: true, chance: { from: 0, to: 1, over: ms(800) } })
    const before = all.map((one) => one.bytes())
    await Promise.all(all.map((one) => exchange(one, 'x')))
    await new Promise((resolve) => { setTimeout(resolve, 820) })
    await Promise.all(all.map((one) => exchange(one, 'x')))
    assert.deepEqual(before, Array(20).fill(0))
    assert.ok(all.filter((one) => one.text()[0] === 'X').length < 12, 'few at first')
    assert.equal(all.filter((one) => one.text()[1] === 'X').length, 20, 'all at the end')
  })

  it('moves a numeric parameter along its ramp', async () => {
    const { client, arm } = await stage()
    const one = await client()
    await arm('a', 'slow', { by: { from: 0, to: 100, over: ms(1000) } })
    const early = await exchange(one, 'x')
    await new Promise((resolve) => { setTimeout(resolve, 1000) })
    const late = await exchange(one, 'x')
    assert.ok(early < 60 && late >= 99, `${early} then ${late}`)
  })

  it('hits only the clients that `where` names', async () => {
    const { client, arm, plane } = await stage()
    const one = await client()
    await arm('a', 'mark', {}, { standing: true, where: { client: '10.0.0.0/8' } })
    await exchange(one, 'x')
    await plane.disarm()
    await arm('b', 'mark', {}, { standing: true, where: { client: '127.0.0.0/8' } })
    await exchange(one, 'y')
    assert.equal(one.text(), 'xY')
  })

  it('refuses rules that it could not run, and arms none of a set with one of them', async () => {
    const { plane } = await stage()
    const rule = { id: 'a', fault: 'slow', on: 'cache', params: { by: 1 }, standing: true } as const
    await assert.rejects(plane.arm([rule, { ...rule, id: 'b', fault: 'slwo' }]), { code: 'FAULT_UNKNOWN', hint: /did you mean "slow"/ })
    await assert.rejects(plane.arm([{ ...rule, on: 'nowhere' }]), { code: 'TARGET_UNKNOWN' })
    await assert.rejects(plane.arm([{ ...rule, params: { by: -1 } }]), { code: 'PARAM_INVALID' })
    await assert.rejects(plane.arm([{ ...rule, params: {} }]), { code: 'PARAM_MISSING' })
    await assert.rejects(plane.arm([{ ...rule, params: { by: 1, bye: 2 } }]), { code: 'PARAM_UNKNOWN' })
    await assert.rejects(plane.arm([{ id: 'a', fault: 'slow', on: 'cache', params: { by: 1 } }]), { code: 'RULE_INVALID' })
    assert.deepEqual((await plane.snapshot()).armed, [])
  })

  it('answers the control plane while a client does not read', async () => {
    const { client, arm, plane } = await target({ faults, serve: (socket) => { socket.on('data', () => socket.write(Buffer.alloc(30_000_000))) } })
    const one = await client()
    one.socket.pause()
    one.socket.write('x')
    await new Promise((resolve) => { setTimeout(resolve, 50) })
    const start = performance.now()
    await arm('a', 'hold')
    await plane.disarm(['a'])
    assert.ok(performance.now() - start < 50)
  })
})
