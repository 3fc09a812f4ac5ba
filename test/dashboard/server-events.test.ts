import assert from 'node:assert/strict'
import { EVENT_CHARS_MAX, EventReader } from '../../src/dashboard/server-events.ts'

const STREAM = ': hello\n\nevent: ticks\ndata: [1,\ndata: 2]\n\nevent: status\r\ndata:{"a":"b: c"}\r\n\r\ndata: nameless\n\n:\n\nevent: empty\n\n'
const EVENTS = [{ name: 'ticks', data: '[1,\n2]' }, { name: 'status', data: '{"a":"b: c"}' }, { name: 'message', data: 'nameless' }]

describe('server-sent events', () => {
  it('are read whole and cut at every place', () => {
    assert.deepEqual(new EventReader().feed(STREAM), EVENTS)
    for (let at = 1; at < STREAM.length; at++) {
      const reader = new EventReader()
      assert.deepEqual([...reader.feed(STREAM.slice(0, at)), ...reader.feed(STREAM.slice(at))], EVENTS, `cut at ${at}`)
    }
    const reader = new EventReader()
    assert.deepEqual([...STREAM].flatMap((one) => reader.feed(one)), EVENTS)
  })

  it('without an end are not kept for ever', () => {
    assert.throws(() => new EventReader().feed(`data: ${'x'.repeat(EVENT_CHARS_MAX)}`), /without end/)
    const reader = new EventReader()
    const line = `data: ${'x'.repeat(1024 ** 2)}\n`
    assert.throws(() => { for (let i = 0; i < 10; i++) reader.feed(line) }, /without end/)
  })
})
