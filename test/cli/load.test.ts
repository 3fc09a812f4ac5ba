import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brownout, endAll, journalOf, yard, type Yard } from './brownout.ts'

interface Report {
  readonly outcome: string
  readonly headline: string
  readonly loadNotes: readonly string[]
  readonly expectations: readonly { readonly text: string; readonly outcome: string }[]
  readonly loads: readonly { readonly name: string; readonly valid: boolean; readonly why?: string; readonly figures: Readonly<Record<string, number>> }[]
}

describe('brownout load', () => {
  let at: Yard
  beforeEach(async () => { at = await yard() })
  afterEach(async () => { endAll(); await at.close() })

  it('shows a stall of a second in an open loop and not in a closed one, in one run, and says why', async function () {
    this.timeout(60_000)
    let stalledUntil = 0
    let asked = 0
    at.server.removeAllListeners('request')
    at.server.on('request', (_request, response) => {
      // 2 s after the first request nothing is answered for a second.
      if (asked++ === 0) setTimeout(() => { stalledUntil = performance.now() + 1000 }, 2000)
      setTimeout(() => response.end('ok'), Math.max(0, stalledUntil - performance.now()))
    })
    at.write('stall.yaml', `
name: stall
load:
  open: { http: "GET http://127.0.0.1:${at.port}/", rate: 200/s, timeout: 5s }
  closed: { http: "GET http://127.0.0.1:${at.port}/", users: 2, think: 5ms, timeout: 5s }
windows: { warmup: 500ms, baseline: 6s }
steady_state: [{ signal: open.p99, at_most: 500ms }]
expect: [{ signal: closed.success, at_least: 50% }, { signal: open.p50, at_most: 500ms }]
method: [{ step: cut, pause: "nobody is asked" }]
`)
    const { exit, stdout, stderr } = await brownout(['load', 'stall.yaml', '--json', '--junit', 'j.xml', '--md', 'm.md'], at.folder).ended
    const report = JSON.parse(stdout) as Report
    const [open, closed] = ['open', 'closed'].map((name) => report.loads.find((load) => load.name === name)?.figures ?? {})
    assert.ok((open?.['p99Ms'] ?? 0) > 700 && (open?.['p99Ms'] ?? 0) < 2500, stdout)
    assert.ok((closed?.['p99Ms'] ?? 1000) < 500 && (closed?.['maxMs'] ?? 0) > 500, stdout)
    assert.match(report.loadNotes.join(' '), /operations of open were under way at once.*A closed loop of .* would have waited.*closed is a closed loop: its 2 users wait.*coordinated omission/)
    assert.match(stderr.replaceAll(/\s+/g, ' '), /closed is a closed loop: its 2 users wait/)
    // A machine that is busy with other tests may make a load late; then that is what it says.
    const valid = report.loads.every((load) => load.valid)
    assert.deepEqual([exit, report.outcome], valid ? [1, 'FAIL'] : [2, 'INCONCLUSIVE'])
    assert.deepEqual(report.expectations.map(({ text }) => text), ['signal: open.p99, at_most: 500ms'], 'those on faults are left out')
    assert.match(stderr, /left out, for nothing is injected: signal: closed.success, at_least: 50%; signal: open.p50/)
    assert.match(stderr, /late p99/)
    assert.match(readFileSync(join(at.folder, 'm.md'), 'utf8'), /\| open \| \d+\/s \|/)
    assert.match(readFileSync(join(at.folder, 'j.xml'), 'utf8'), /testcase name="signal: open.p99, at_most: 500ms"/)
    assert.deepEqual(journalOf(at.folder).flatMap((event) => (event.kind === 'phase' ? [event.phase] : [])), ['start', 'warmup', 'baseline', 'end'])
  })

  it('does not trust a load that dropped what it should have sent, and ends with 2', async () => {
    at.server.removeAllListeners('request')
    at.server.on('request', (_request, response) => { setTimeout(() => response.end('ok'), 50) })
    at.write('drops.yaml', `
name: drops
load: { web: { http: "GET http://127.0.0.1:${at.port}/", rate: 200/s, in_flight: 2 } }
windows: { warmup: 0ms, baseline: 1s, bucket: 50ms }
expect: [{ signal: web.p95, at_most: 10s }]
`)
    const { exit, stdout } = await brownout(['load', 'drops.yaml', '--json'], at.folder).ended
    const report = JSON.parse(stdout) as Report
    assert.equal(exit, 2)
    assert.match(report.loads[0]?.why ?? '', /of the operations were never sent: .* its limit of operations in flight is too low/)
    assert.ok((report.loads[0]?.figures['dropped'] ?? 0) > 50, stdout)
    assert.equal(report.expectations[0]?.outcome, 'INCONCLUSIVE')
  })

  it('stops as soon as a condition says so, and measures as long as it is told or as its rate changes', async () => {
    at.server.removeAllListeners('request')
    at.server.on('request', (_request, response) => { response.writeHead(503).end() })
    at.write('abort.yaml', `
name: abort
load: { web: { http: "GET http://127.0.0.1:${at.port}/", rate: { from: 50/s, to: 100/s, over: 90s } } }
windows: { warmup: 0ms, baseline: 1s, bucket: 50ms }
abort: [{ signal: web.success, below: 50%, for: 200ms }]
`)
    assert.match((await brownout(['load', 'abort.yaml', '--dry-run', '--for', '20s'], at.folder).ended).stderr, /measures\s+20s/)
    const { exit, stderr } = await brownout(['load', 'abort.yaml'], at.folder).ended
    assert.match(stderr, /\] load 1m30s\n/)
    assert.equal(exit, 3, stderr)
    assert.match(stderr, /stopped by signal: web.success, below: 50%, for: 200ms/)
  })

  it('says what is wrong with how it was called', async () => {
    at.write('none.yaml', 'name: none\n')
    const none = await brownout(['load', 'none.yaml'], at.folder).ended
    assert.deepEqual([none.exit, /none.yaml has no load\n.*declare one under `load:`/.test(none.stderr)], [64, true])
    const odd = await brownout(['load', 'none.yaml', '--for', 'long'], at.folder).ended
    assert.deepEqual([odd.exit, /--for long: expected a duration/.test(odd.stderr)], [64, true])
  })
})
