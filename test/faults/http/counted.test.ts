/** What faults on HTTP count and draw for: requests, or their answers, and nothing else that is said. */

import assert from 'node:assert/strict'
import { faults } from '../../../faults/index.ts'
import type { AnyFault } from '../../../src/fault.ts'
import { status } from '../../../faults/http/status.ts'
import type { NamedFigures } from '../../../src/proxy/plane.ts'
import { withDefaults } from '../../../src/rule.ts'
import { spokenIn } from '../spoken.ts'
import { closeAll, until, webStage } from '../web/stage.ts'
import { nodeClient } from './node.ts'

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

  const OUTCOMES: readonly (readonly [fault: string, params: Record<string, unknown>, ok: number, errors: Record<string, number>, statuses: Record<string, number>])[] = [
    ['http.drain', {}, 3, {}, { '2xx': 3 }],
    ['http.duplicate', {}, 3, {}, { '2xx': 3 }],
    ['http.duplicate', { answer: 'second' }, 3, {}, { '2xx': 3 }],
    ['http.headers', {}, 3, {}, { '2xx': 3 }],
    ['http.no_continue', { how: 'unsolicited_103' }, 3, {}, { '2xx': 3 }],
    ['http.slow_body', { rate: '1MiB/s', piece: '10B' }, 3, {}, { '2xx': 3 }],
    ['http.stall_body', { pause: '5ms' }, 3, {}, { '2xx': 3 }],
    ['http.html_error', { when: 'after' }, 0, { 502: 3 }, { '5xx': 3 }],
    ['http.rate_limit', { rate: '0.01/s' }, 1, { 429: 2 }, { '2xx': 1, '4xx': 2 }],
    ['http.abort', {}, 0, { closed: 3 }, {}],
    ['http.abort', { when: 'request' }, 0, { closed: 3 }, {}],
    ['http.abort', { when: 'after_headers' }, 0, { closed: 3 }, { '2xx': 3 }],
    ['http.truncate', {}, 0, { closed: 3 }, { '2xx': 3 }],
    ['http.truncate', { framing: 'until_close' }, 0, { closed: 3 }, { '2xx': 3 }],
    ['http.malformed', {}, 0, { closed: 3 }, {}],
  ]
  for (const [name, params, ok, errors, statuses] of OUTCOMES) {
    it(`${name} ${JSON.stringify(params)}: the figures tell what the client got`, async () => {
      const stage = await webStage()
      const ask = nodeClient(stage.port)
      const fault = FAULTS.find((one) => one.name === name) ?? assert.fail(name)
      await stage.strike(fault, params)
      for (const path of ['/json', '/json', '/json']) await ask(path, { method: 'POST', body: 'pay' })
      const figures = async (): Promise<NamedFigures | undefined> => (await stage.plane.figures()).operations['cache']?.named[0]
      await until(async () => (await figures())?.inFlight === 0, 'the end of all')
      const seen = await figures()
      assert.deepEqual([seen?.ok, seen?.errors, seen?.statuses], [ok, errors, statuses])
    })
  }
})
