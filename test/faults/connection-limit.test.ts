import assert from 'node:assert/strict'
import { connectionLimit } from '../../faults/tcp/connection-limit.ts'
import { Stage } from './scene.ts'

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
