/** Alerts of a brownout that stays, as its configuration changes under way. */

import assert from 'node:assert/strict'
import type { AlertSpec } from '../../src/alerts/alert.ts'
import { Watching } from '../../src/cli/watching.ts'
import type { Told } from '../../src/control/contract.ts'
import { MemoryFeed } from '../../src/control/feed.ts'
import { ms } from '../../src/core/units.ts'
import type { JournalEvent } from '../../src/record/events.ts'

const slow = (limit: number, name = 'slow'): AlertSpec => ({ name, text: '', pattern: { kind: 'threshold', signal: { target: 'cache', metric: 'p95' }, comparison: 'above', limit, for: ms(0) } })

async function watching() {
  const feed = new MemoryFeed()
  const heard: JournalEvent[] = []
  feed.on((event) => { heard.push(event) })
  const watched = await Watching.open({}, feed, { env: {}, version: '1' }, (text) => assert.fail(text))
  const listeners = new Set<(told: Told) => void>()
  let asked = 0
  const control = async () => {
    asked++
    return { on: (hear: (told: Told) => void) => { listeners.add(hear); return () => { listeners.delete(hear) } } }
  }
  let at = 0
  return {
    feed, watched, listeners, asked: () => asked,
    declare: (...specs: readonly AlertSpec[]) => watched.declare(specs, control),
    tick: (p95: number) => {
      at += 250
      for (const hear of listeners) hear({ kind: 'ticks', ticks: [{ target: 'cache', at, width: 250, rate: 1, errors: 0, success: 1, p50: 1, p95, p99: p95, connections: 1, accepted: 0, inFlight: 0, hitRatio: null, held: 0, bytesToServer: 0, bytesToClient: 0, resets: 0, failedDials: 0, setupP95: null, messages: null }] })
    },
    said: () => heard.flatMap((event) => (event.kind === 'alert' ? [`${event.alert} ${event.state}`] : [])),
  }
}

describe('alerts that are declared', () => {
  it('ask for no figures where there are none', async () => {
    const on = await watching()
    await on.declare()
    assert.deepEqual([on.asked(), on.watched.alerts], [0, []])
  })

  it('are written down as they change, and told of by name', async () => {
    const on = await watching()
    await on.declare(slow(100), slow(500, 'worse'))
    for (const p95 of [10, 200, 200, 10]) on.tick(p95)
    on.tick(200)
    assert.deepEqual(on.said(), ['slow firing', 'slow resolved', 'slow firing'])
    assert.deepEqual(on.watched.alerts, [['slow', true], ['worse', false]])
  })

  it('go on where the configuration is read again and says the same, and begin anew where it does not', async () => {
    const on = await watching()
    await on.declare(slow(100))
    on.tick(200)
    await on.declare(slow(100))
    assert.deepEqual([on.watched.alerts, on.asked()], [[['slow', true]], 1])
    await on.declare(slow(300))
    assert.deepEqual(on.said(), ['slow firing', 'slow resolved'])
    on.tick(200)
    assert.deepEqual([on.watched.alerts, on.listeners.size], [[['slow', false]], 1])
    await on.declare()
    assert.equal(on.listeners.size, 0)
    on.tick(900)
    assert.deepEqual(on.said(), ['slow firing', 'slow resolved'])
    await on.watched.close(ms(0))
  })
})
