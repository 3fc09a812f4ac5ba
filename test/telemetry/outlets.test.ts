/** What webhooks and Grafana are told of a run and of a server, by folds over events and over real HTTP. */

import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import type { EventBody, JournalEvent } from '../../src/record/events.ts'
import { Announcer, type Announcement } from '../../src/telemetry/announcements.ts'
import { Annotator, grafanaOf } from '../../src/telemetry/grafana.ts'
import { Outlets } from '../../src/telemetry/outlets.ts'
import { readFormat, webhookBody, webhookOf } from '../../src/telemetry/webhook.ts'
import { AT, journalOf, outage } from '../report/journal-builder.ts'
import { receiver } from '../support/receiver.ts'

const BEGAN = Date.UTC(2026, 10, 23, 18, 32, 41)
const announced = (events: readonly JournalEvent[]): readonly Announcement[] => {
  const announcer = new Announcer()
  return events.flatMap((event) => announcer.hear(event))
}
const occasions = (events: readonly JournalEvent[]): readonly string[] => announced(events).map(({ occasion }) => occasion)
const armed: EventBody = { kind: 'rule.armed', rule: 'a', step: 'a', effectiveAt: ms(1) }
const cleared = (reason: 'abort' | 'deadline'): EventBody => ({ kind: 'rule.cleared', rule: 'a', step: 'a', reason, effectiveAt: ms(1), matched: 1, altered: 1 })

describe('what people are told of', () => {
  it('is the start, the recovery and the end of a run, with what came of its expectations', () => {
    const [start, recovery, end, ...rest] = announced(outage())
    assert.deepEqual(rest, [])
    assert.deepEqual([start?.occasion, start?.title], ['start', 'checkout-redis-partition begins'])
    assert.match(start?.text ?? '', /^Does checkout keep selling/)
    assert.deepEqual([recovery?.occasion, recovery?.tone, recovery?.text], ['recovery', 'good', 'cache answers +PONG as before\nrecovery: checkout.p95, within: 5s: 1.36s'])
    assert.deepEqual([end?.occasion, end?.tone, end?.title, end?.text], ['end', 'good', 'checkout-redis-partition: PASS', 'every expectation held'])
    assert.deepEqual(end?.details, { experiment: 'checkout-redis-partition', run: '20261123-183241-checkout-redis-partition', outcome: 'PASS', exit: 0 })
    const failed = announced(outage({ outcome: 'FAIL' })).at(-1)
    assert.deepEqual([failed?.tone, failed?.text], ['bad', '1 of 3 expectations failed\nFAIL signal: checkout.success, during: fault, at_least: 50%: 38.2%'])
  })

  it('is no recovery where a target does not answer as before, or an expectation of one was disappointed, or nothing was injected', () => {
    const withHeal = (ok: boolean) => outage().map((event) => (event.kind === 'heal' ? { ...event, ok } : event))
    const late = outage().map((event) => (event.kind === 'verdict' ? { ...event, expectations: event.expectations.map((one) => ({ ...one, outcome: 'FAIL' as const })) } : event))
    const idle = outage().filter(({ kind }) => kind !== 'rule.armed')
    for (const events of [withHeal(false), late, idle]) assert.deepEqual(occasions(events), ['start', 'end'])
    assert.deepEqual(occasions(withHeal(true)), ['start', 'recovery', 'end'])
  })

  it('is an abort once, when its faults are cleared and not only at the end; and at the end where none was armed', () => {
    const [started] = outage()
    const ended: EventBody = { kind: 'run.ended', exit: 3, outcome: 'ABORTED' }
    const verdict: EventBody = { kind: 'verdict', outcome: 'ABORTED', why: 'stopped by checkout.success', expectations: [] }
    assert.ok(started)
    assert.deepEqual(occasions([started, ...journalOf([armed, cleared('abort'), cleared('abort'), verdict, ended])]), ['start', 'abort', 'end'])
    assert.deepEqual(occasions([started, ...journalOf([verdict, ended])]), ['start', 'abort', 'end'])
    assert.deepEqual(occasions([started, ...journalOf([armed, cleared('deadline')])]), ['start'])
  })

  it('is what people do by hand, a lease that is lost, and what alerts say', () => {
    const did = (what: 'inject' | 'halt' | 'note' | 'lost' | 'pause'): EventBody => ({ kind: 'operator', who: 'ann', did: what, text: 'latency cache' })
    const alert = (state: 'firing' | 'resolved' | 'recovered'): EventBody => ({ kind: 'alert', alert: 'slow', state, text: 'cache.p95 is 300ms' })
    assert.deepEqual(occasions(journalOf([did('inject'), did('note'), did('pause'), did('halt'), did('lost'), alert('firing'), alert('resolved'), alert('recovered')])), ['inject', 'halt', 'abort', 'alert', 'resolved', 'recovery'])
    assert.deepEqual(announced(journalOf([did('inject')])).map(({ title, details }) => [title, details]), [['ann: inject latency cache', { by: 'ann' }]])
  })
})

describe('a webhook', () => {
  const one: Announcement = { occasion: 'abort', at: '2026-11-23T18:32:41.000Z', title: 'a <b> & redis://u:hunter2@h', text: 'x'.repeat(5000), tone: 'bad', details: { run: 'r1', exit: 3 } }

  it('is sent JSON that says what, when and of which run, with no password', () => {
    const body = webhookBody(one, 'json') as Record<string, unknown>
    assert.deepEqual({ ...body, text: '' }, { format: 1, source: 'brownout', event: 'abort', at: one.at, level: 'bad', title: 'a <b> & redis://u:***@h', text: '', run: 'r1', exit: 3 })
    assert.equal(String(body['text']).length, 3000)
  })

  it('is sent the shape of Slack where that is asked for or plain from its host, with nothing that mentions or links', () => {
    const body = webhookBody({ ...one, text: '<!channel>' }, 'slack') as { text: string; attachments: readonly Record<string, unknown>[] }
    assert.equal(body.text, 'a &lt;b&gt; &amp; redis://u:***@h')
    assert.deepEqual(body.attachments, [{ color: '#c62828', fallback: body.text, text: '&lt;!channel&gt;\nrun r1 · exit 3', footer: 'brownout', ts: 1795458761 }])
    assert.deepEqual(['https://hooks.slack.com/services/x', 'https://hooks.slack.com.evil.example/x', 'https://chat.example/hooks/x'].map((url) => webhookOf(url, 'auto').format), ['slack', 'json', 'json'])
    assert.equal(webhookOf('https://chat.example/hooks/x', 'slack').format, 'slack')
  })

  it('must be a URL, and what was given instead is not repeated', () => {
    for (const wrong of ['hooks.slack.com/services/secret', 'file:///etc/passwd', '']) {
      assert.throws(() => webhookOf(wrong, 'auto'), (error: Error) => !error.message.includes('secret') && /no http or https URL/.test(error.message))
    }
    assert.throws(() => readFormat('teams'), { code: 'USAGE', hint: /slack/ })
  })
})

describe('annotations of Grafana', () => {
  it('are a region for each fault and for the run, once it has ended', () => {
    const annotator = new Annotator()
    const [fault, run, ...rest] = outage().flatMap((event) => annotator.hear(event))
    assert.deepEqual(rest, [])
    assert.deepEqual(fault, { time: BEGAN + AT.armed - 5, timeEnd: BEGAN + AT.cleared, tags: ['brownout', 'fault', 'partition', 'cache', 'checkout-redis-partition'], text: 'partition on cache discard=false\n396 altered of 412 matched' })
    assert.deepEqual([run?.time, run?.timeEnd, run?.tags, run?.text], [BEGAN, BEGAN + AT.end + 60, ['brownout', 'run', 'pass', 'checkout-redis-partition'], 'checkout-redis-partition: PASS\nevery expectation held'])
  })

  it('and webhooks and traces are told over HTTP of one run, each server in its own words', async () => {
    const server = await receiver()
    try {
      const outlets = new Outlets({
        webhooks: [webhookOf(`${server.url}/hook`, 'auto'), webhookOf(`${server.url}/slack`, 'slack')], grafana: grafanaOf(`${server.url}/grafana/`, 'glsa_token'), otlp: undefined,
      }, { session: 's', say: (text) => assert.fail(text) })
      for (const event of outage()) outlets.hear(event)
      await outlets.close(ms(5000))
      assert.deepEqual(server.at('/hook').map((body) => (body as { event: string }).event), ['start', 'recovery', 'end'])
      assert.equal(server.at('/slack').length, 3)
      assert.deepEqual(server.at('/grafana/api/annotations').map((body) => (body as { tags: readonly string[] }).tags[1]), ['fault', 'run'])
      const { headers } = server.received.find(({ path }) => path.startsWith('/grafana')) ?? assert.fail()
      assert.equal(headers.authorization, 'Bearer glsa_token')
      assert.ok(server.received.filter(({ path }) => !path.startsWith('/grafana')).every((one) => one.headers.authorization === undefined))
    } finally {
      await server.close()
    }
  })
})
