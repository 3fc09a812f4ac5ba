import assert from 'node:assert/strict'
import { connectionLimit } from '../../faults/tcp/connection-limit.ts'
import { Stage } from './scene.ts'
import { closeAll, exchange, fateOf, healthy, nothingHappens, until, wire } from './wire.ts'

describe('connection_limit', () => {
  const answers = { refuse: { kind: 'refuse', how: 'reset' }, hang: { kind: 'stall' }, close: { kind: 'close', how: 'end' } }
  for (const [beyond, answer] of Object.entries(answers)) {
    it(`${beyond}: serves the second of two and turns away the third`, () => {
      let live = 2
      const stage = new Stage(connectionLimit, { limit: 2, beyond }, { connections: () => live })
      assert.deepEqual(stage.connect(), { kind: 'pass' })
      live = 3
      assert.deepEqual(stage.connect(), answer)
    })
  }
})

describe('connection_limit on the wire', () => {
  afterEach(closeAll)

  it('refuse and close: the third of two is turned away, and served once another has gone', async () => {
    for (const [beyond, fate] of [['refuse', 'ECONNRESET'], ['close', 'end']] as const) {
      const stage = await wire(connectionLimit)
      const first = await stage.live()
      await stage.strike({ limit: 2, beyond })
      const second = await stage.live()
      assert.equal(await fateOf(stage), fate)
      await exchange(second, ' there')
      first.socket.end()
      assert.equal(await first.ended, 'end')
      await until(async () => await stage.connections() === 1, 'a place is free')
      await healthy(stage)
    }
  })

  it('hang: the third is connected and never served, until heal', async () => {
    const stage = await wire(connectionLimit)
    await stage.live()
    await stage.strike({ limit: 1, beyond: 'hang' })
    const third = await stage.client()
    third.socket.write('hello?')
    await nothingHappens(third)
    await stage.heal()
    await until(() => third.text() === 'hello?', 'its turn')
    await healthy(stage)
  })
})
