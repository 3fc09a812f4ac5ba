/** Game days as scripts: the real command line against a plain HTTP server. */

import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EventOf } from '../../src/record/events.ts'
import { receiver } from '../support/receiver.ts'
import { hasRedis } from '../support/servers.ts'
import { brownout, endAll, experiment, journalOf, runFolder, until, yard, type Yard } from './brownout.ts'

const METHOD = '  - { step: refused, fault: refuse, on: api, for: 60s }'
const SCRIPT = `note we begin
inject latency api delay=1ms for=10s id=slight
wait 300ms
set slight delay=2ms
extend slight 10s
wait 300ms
clear slight
# Nobody is served.
inject partition api standing id=cut
wait 1500ms
mark detected
undo
mark mitigated cut by taking it back
inject step refused
wait 100ms
pause
resume
wait 300ms
clear api
timeline
export again.yaml
`

interface Report { readonly steps: readonly { step: string; altered: number }[]; readonly signals: readonly { signal: string; step: string | null; status: string }[]; readonly session: { injections: { step: string; status: string; detected: { afterMs: number } | null; mitigated: { afterMs: number; who: string } | null }[] } | null }
const reportOf = (folder: string): Report => JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report
const isDegraded = (status: string | undefined): boolean => ['recovered', 'recovered_during_fault', 'not_recovered', 'metastable'].includes(status ?? '')
const degradedSteps = ({ signals, steps }: Report): Readonly<Record<string, boolean>> =>
  Object.fromEntries(steps.map(({ step }) => [step, signals.some((one) => one.step === step && one.signal === 'api.success' && isDegraded(one.status))]))

describe('a game day as a script', () => {
  let place: Yard
  before(async () => { place = await yard() })
  after(async () => { endAll(); await place.close() })

  it('is carried out line by line, journalled before it is done, and its export comes to the same', async () => {
    place.write('cart.yaml', experiment(place.port, METHOD).replace('app.mjs', 'patient.mjs'))
    // It waits for its answers: on a busy machine they come late, and only a partition keeps them away.
    place.write('patient.mjs', readFileSync(join(place.folder, 'app.mjs'), 'utf8').replace('timeout: 200', 'timeout: 10000'))
    const game = await brownout(['gameday', 'cart.yaml', '--as', 'anna', '--role', 'operator'], place.folder, {}, [], SCRIPT).ended
    assert.ok([0, 2].includes(game.exit ?? -1), game.stderr)
    const events = journalOf(place.folder)
    const said = events.filter((event): event is EventOf<'operator'> => event.kind === 'operator')
    assert.deepEqual(said.map(({ did, who }) => `${who} ${did}`), ['note', 'inject', 'change', 'change', 'clear', 'inject', 'detected', 'clear', 'mitigated', 'inject', 'pause', 'clear', 'resume', 'inject', 'clear'].map((did) => `anna ${did}`))
    for (const order of said.filter(({ did }) => did === 'inject')) {
      const arming = events.find((event) => event.kind === 'rule.arming' && event.seq > order.seq)
      assert.ok(arming?.kind === 'rule.arming' && arming.seq === order.seq + 1, 'the order stands before the arming')
    }
    assert.match(game.stderr, /> inject partition api standing id=cut\n/)
    assert.match(game.stderr, /anna +marks mitigated cut by taking it back/)
    const first = reportOf(runFolder(place.folder))
    const degraded = degradedSteps(first)
    assert.equal(degraded['cut'], true)
    const cut = first.session?.injections.find(({ step }) => step === 'cut')
    assert.ok(cut && isDegraded(cut.status))
    assert.ok((cut.detected?.afterMs ?? 0) > 500 && (cut.mitigated?.afterMs ?? 0) >= (cut.detected?.afterMs ?? 0))
    assert.equal(cut.mitigated?.who, 'anna')
    assert.match(readFileSync(join(runFolder(place.folder), 'report.html'), 'utf8'), /The session/)
    assert.equal(readFileSync(join(runFolder(place.folder), 'session.yaml'), 'utf8').split('method:')[1], readFileSync(join(place.folder, 'again.yaml'), 'utf8').split('method:')[1])

    const again = await brownout(['run', 'again.yaml', '--out', 'again'], place.folder).ended
    assert.ok([0, 2].includes(again.exit ?? -1), again.stderr)
    const [id = ''] = readdirSync(join(place.folder, 'again')).filter((name) => name.endsWith('cart-gameday'))
    const second = degradedSteps(reportOf(join(place.folder, 'again', id)))
    // Of what harms little a busy machine may say otherwise; of one that was changed there are several steps.
    assert.equal(second['cut'], true, `${again.stderr}\n${JSON.stringify(reportOf(join(place.folder, 'again', id)).signals)}`)
    assert.deepEqual(Object.keys(second), ['slight', 'slight-2', 'cut', 'refused', 'refused-2'])
    assert.ok(reportOf(join(place.folder, 'again', id)).steps.every(({ altered }) => altered > 0), 'every step of it acts')
  }).timeout(60_000)

  it('starts nothing where a line is wrong, and says each at its place', async () => {
    const { exit, stderr } = await brownout(['gameday', 'cart.yaml', '--out', 'wrong'], place.folder, {}, [], 'note a\ninject latncy api for=1s\n\nwait\n').ended
    assert.equal(exit, 64)
    assert.match(stderr, /stdin:2:1: error FAULT_UNKNOWN: no fault is named "latncy"\n {2}did you mean "latency"\?/)
    assert.match(stderr, /stdin:4:1: error USAGE: wait is used otherwise\n {2}wait 5s\n/)
    assert.throws(() => readdirSync(join(place.folder, 'wrong')))
    assert.equal((await brownout(['gameday', 'cart.yaml'], place.folder).ended).exit, 64, 'an empty script')
    assert.equal((await brownout(['gameday', 'none.yaml'], place.folder, {}, [], 'quit').ended).exit, 64)
  }).timeout(60_000)

  it('heals and ends with a report where a line cannot be carried out, and where it is told to go', async () => {
    const { exit, stderr } = await brownout(['gameday', 'cart.yaml', '--out', 'failing'], place.folder, {}, [], 'inject partition api standing id=cut\nclear slow\nwait 1m\n').ended
    assert.equal(exit, 64)
    assert.match(stderr, /stdin:2:1: error INJECTION_UNKNOWN/)
    assert.match(stderr, /cut: cleared \(method-end\)/)
    assert.match(stderr, /html +\S+report\.html/)
    // Its socket lies where nobody else looks.
    const env = { XDG_RUNTIME_DIR: place.folder }
    const leaving = brownout(['gameday', 'cart.yaml', '--out', 'leaving'], place.folder, env, [], 'inject latency api delay=5ms standing id=cut\nwait 1m\n')
    await until(() => /cut: armed/.test(leaving.stderr()), 30_000)
    const { exit: told, stderr: answer } = await brownout(['inject', 'latency', 'api', 'delay=1ms', '--for', '1m', '--pid', String(leaving.child.pid)], place.folder, { ...env, BROWNOUT_WHO: 'ben' }).ended
    assert.equal(told, 0, answer)
    const from = performance.now()
    leaving.child.kill('SIGTERM')
    const left = await leaving.ended
    assert.ok(performance.now() - from < 5000)
    assert.equal(left.exit, 143)
    assert.match(left.stderr, /ben: inject latency api delay=1ms for=1m\n[\s\S]*cut: cleared \(signal\)[\s\S]*latency-api: cleared \(signal\)[\s\S]*ben +injects latency api/, 'what came from another shell stands in the same timeline')
  }).timeout(60_000)

  it('reaches into what a real Redis is asked', async function () {
    if (!hasRedis) { console.log('      skipped: there is no Redis here'); this.skip() }
    place.write('reads.yaml', `name: reads
targets: { cache: { upstream: "demo:redis" } }
load: { reads: { redis: "GET user:{n}", url: "\${targets.cache.url}", rate: 50/s, timeout: 5s } }
windows: { warmup: 200ms, baseline: 1200ms, recovery: 300ms, bucket: 50ms, hold: 100ms, min_samples: 20 }
`)
    const { stderr } = await brownout(['gameday', 'reads.yaml', '--out', 'reads'], place.folder, {}, [], 'inject redis.error cache error=LOADING where.command=GET where.key=user:* for=1m id=loading\nwait 500ms\nset loading error=BUSY\nwait 500ms\nstatus\nclear cache\n').ended
    assert.match(stderr, /loading: redis\.error cache error=BUSY where\.command=GET where\.key=user:\* for=\S+ {2}[1-9]\d* altered/)
    assert.match(stderr, /\ncache {2}redis 127\.0\.0\.1:\d+ → 127\.0\.0\.1:[1-9]\d+ /)
    const [id = ''] = readdirSync(join(place.folder, 'reads'))
    const report = JSON.parse(readFileSync(join(place.folder, 'reads', id, 'report.json'), 'utf8')) as { loads: { errors: Record<string, number> }[] }
    assert.deepEqual(Object.keys(report.loads[0]?.errors ?? {}).sort(), ['BUSY', 'LOADING'])
    assert.match(readFileSync(join(place.folder, 'reads', id, 'session.yaml'), 'utf8'), /step: loading-2, at: \S+ fault: redis\.error, on: cache, params: \{ error: BUSY \}, where: \{ command: GET, key: user:\* \}/)
  }).timeout(60_000)

  it('takes a brownout.yaml for a file, and the nearest one where none is named; and tells a webhook of what is done', async () => {
    const server = await receiver()
    writeFileSync(join(place.folder, 'brownout.yaml'), `targets:\n  api: { protocol: http, upstream: "http://127.0.0.1:${place.port}" }\nwindows: { warmup: 0ms, baseline: 1s, recovery: 100ms, bucket: 50ms, hold: 50ms }\n`)
    const { exit, stderr } = await brownout(['gameday', '--out', 'shared'], place.folder, { BROWNOUT_WEBHOOK: server.url, BROWNOUT_WHO: 'anna' }, [], 'note nothing but a note\nhalt\n').ended
    await server.close()
    assert.equal(exit, 2)
    assert.match(stderr, /INCONCLUSIVE {2}gameday {2}nothing was injected/)
    assert.deepEqual(server.at('/').map((body) => (body as { event: string; title: string }).event), ['start', 'halt', 'end'])
  }).timeout(60_000)
})
