import assert from 'node:assert/strict'
import { delays } from './odd-faults.ts'
import { closeAll, exchange, target } from './stage.ts'

describe('what was altered is told', () => {
  afterEach(closeAll)
  for (const [name, note, told] of [['plain', undefined, 200], ['noted', 'executed: yes', 250]] as const) {
    it(`one by one for a while, and with a note every time: ${told} of 250 (${name})`, async () => {
      const { client, arm, plane, events } = await target({ faults: delays })
      const one = await client()
      await arm('it', name)
      for (let n = 0; n < 250; n++) await exchange(one, 'x')
      const [cleared] = await plane.disarm(['it'])
      assert.equal(cleared?.altered, 250)
      assert.equal(events.filter((event) => event.kind === 'altered' && event.note === note).length, told)
    })
  }
})
