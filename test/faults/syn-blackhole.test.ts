import assert from 'node:assert/strict'
import { synBlackhole } from '../../faults/tcp/syn-blackhole.ts'
import { BrownoutError } from '../../src/core/errors.ts'
import { ratio } from '../../src/core/units.ts'
import { Stage } from './scene.ts'
import { closeAll, exchange, healthy, wire } from './wire.ts'

describe('syn_blackhole', () => {
  it('asks for a full backlog', () => {
    assert.deepEqual(new Stage(synBlackhole).listen(), { kind: 'refuse', how: 'backlog' })
  })
})

describe('syn_blackhole on the wire', () => {
  afterEach(closeAll)

  it('lets new connections hang before they are made; live ones go on', async () => {
    const stage = await wire(synBlackhole)
    const live = await stage.live()
    await stage.strike()
    const outcome = await Promise.race([
      stage.client().then(() => 'connected', (error: Error) => error.message),
      new Promise((resolve) => { setTimeout(resolve, 300, 'still connecting') }),
    ])
    assert.equal(outcome, 'still connecting')
    await exchange(live, ' there')
    await stage.heal()
    await healthy(stage)
  })

  it('cannot choose among clients: a rule that wants to is refused', async () => {
    const stage = await wire(synBlackhole)
    for (const choosy of [{ chance: ratio(0.5) }, { where: { client: '127.0.0.1' } }]) {
      await assert.rejects(stage.strike({}, choosy), (error) => error instanceof BrownoutError && error.code === 'RULE_INVALID' && error.message.includes('listener'))
    }
  })
})
