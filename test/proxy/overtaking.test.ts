import assert from 'node:assert/strict'
import { holds as faults } from './odd-faults.ts'
import { closeAll, target, until } from './stage.ts'

describe('a close behind what is held', () => {
  afterEach(closeAll)

  it('waits its turn', async () => {
    const { client, arm, plane, events } = await target({ faults })
    const one = await client()
    await arm('it', 'waits')
    one.socket.write('held')
    await until(() => events.some((event) => event.kind === 'altered' && event.did === 'stall'), 'it is held')
    one.socket.write('close')
    await until(() => events.some((event) => event.kind === 'altered' && event.did === 'close'), 'it is to close')
    await new Promise((resolve) => { setTimeout(resolve, 30) })
    assert.equal(one.bytes(), 0)
    await plane.disarm(['it'])
    assert.equal(await one.ended, 'end')
    assert.equal(one.text(), 'held')
  })

  it('comes at once where it overtakes: what went out before arrives, what is held is lost, and the note is told', async () => {
    const { client, arm, events } = await target({ faults })
    const one = await client()
    await arm('it', 'overtakes')
    one.socket.write('before')
    await until(() => one.text() === 'before', 'the echo')
    one.socket.write('held')
    await until(() => events.some((event) => event.kind === 'altered' && event.did === 'stall'), 'it is held')
    one.socket.write('close')
    assert.equal(await one.ended, 'end')
    assert.equal(one.text(), 'before')
    assert.ok(events.some((event) => event.kind === 'altered' && event.did === 'close' && event.note === 'why'))
  })
})
