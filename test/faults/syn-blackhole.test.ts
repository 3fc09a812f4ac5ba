import assert from 'node:assert/strict'
import { synBlackhole } from '../../faults/tcp/syn-blackhole.ts'
import { Stage } from './scene.ts'

describe('syn_blackhole', () => {
  it('asks for a full backlog', () => {
    assert.deepEqual(new Stage(synBlackhole).listen(), { kind: 'refuse', how: 'backlog' })
  })
})
