/** What faults on HTTP count and draw for: requests, or their answers, and nothing else that is said. */

import assert from 'node:assert/strict'
import { faults } from '../../../faults/index.ts'
import type { AnyFault } from '../../../src/fault.ts'
import { status } from '../../../faults/http/status.ts'
import { withDefaults } from '../../../src/rule.ts'
import { spokenIn } from '../spoken.ts'
import { closeAll, until, webStage } from '../web/stage.ts'

const FAULTS = (faults as readonly AnyFault[]).filter(({ name }) => name.startsWith('http.'))

describe('faults on HTTP', () => {
  afterEach(closeAll)

  for (const fault of FAULTS) {
    it(`${fault.name}: no frame of a WebSocket concerns it`, () => {
      const frames = spokenIn('http').filter(({ protocol }) => protocol === 'websocket')
      assert.ok(frames.length > 5)
      assert.deepEqual(frames.map((frame) => fault.concerns?.(frame, withDefaults(fault, {}))), frames.map(() => false))
    })
  }

  it('what is said on a WebSocket uses up none of the times that a rule may hit', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(status, {}, { times: 1 })
    for (let n = 0; n < 5; n++) socket.send(`message ${n}`)
    await until(() => socket.got.length === 5, 'the echoes')
    assert.deepEqual([(await stage.fetch('/a')).status, (await stage.fetch('/a')).status], [503, 200])
  })
})
