// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '../support/paths.ts'
import { hasRedis } from '../support/servers.ts'
import { brownout, endAll, experiment, yard, type Ended, type Yard } from '../cli/brownout.ts'

const METHOD = '  - { step: slow, at: 0s, fault: latency, on: api, params: { delay: 20ms }, for: 300ms }'
const DISCOVERED = 'experiments/discovered'

/** With windows and faults of which a test can wait for the end, and limits that hold on a machine that is busy otherwise than it was a minute ago. */
const shortened = (text: string): string => text.replace(/^windows: .*$/m, 'windows: { warmup: 200ms, baseline: 1200ms, recovery: 2s, bucket: 50ms, hold: 300ms, min_samples: 40 }').replaceAll(/for: \d+s \}/g, 'for: 700ms }').replaceAll(/at_most: \d+m?s/g, 'at_most: 10s')

describe('brownout discover', () => {
  let at: Yard
  beforeEach(async () => { at = await yard() })
  afterEach(async () => {
    endAll()
    await at.close()
  })

  const start = (...args: string[]): Promise<Ended> => brownout(args, at.folder).ended
  const drafts = (folder = DISCOVERED): readonly string[] => readdirSync(join(at.folder, folder)).sort()

  it('watches an experiment without a fault, writes drafts that pass check, and one of them runs', async function () {
    this.timeout(180_000)
    at.write('cart.yaml', experiment(at.port, METHOD))
    const { exit, stdout, stderr } = await start('discover', 'cart.yaml', '--for', '1500ms')
    assert.equal(exit, 0, stderr)
    assert.equal(stdout, '')
    assert.deepEqual(drafts(), ['api-cut-off.yaml', 'api-down.yaml', 'api-get-slow.yaml', 'api-get-unavailable.yaml', 'api-some-slow.yaml'])
    assert.match(stderr, /seen in \ds:\n {2}api: [\d.]+\/s, p95 /)
    assert.match(stderr, /\n {2}1 +\S+ +[\d.]+\/s +100% +\S/)
    assert.match(stderr, /5 written to experiments\/discovered\n {2}brownout check experiments\/discovered\/\*\.yaml\n {2}brownout run experiments\/discovered\/[a-z-]+\.yaml\n$/)
    const journal = readFileSync(join(at.folder, '.brownout/runs', readdirSync(join(at.folder, '.brownout/runs')).filter((name) => name.includes('discover-cart'))[0] ?? '', 'journal.ndjson'), 'utf8')
    assert.doesNotMatch(journal, /"kind":"rule\./, 'nothing was injected')
    const checked = await start('check', ...drafts().map((name) => join(DISCOVERED, name)))
    assert.equal(checked.exit, 0, checked.stderr)
    at.write('short.yaml', shortened(readFileSync(join(at.folder, DISCOVERED, 'api-get-unavailable.yaml'), 'utf8')))
    const ran = await start('run', 'short.yaml')
    // On a busy machine a second is too little to say how soon something is back: that it ran, and hit what was seen, is what counts here.
    assert.ok(ran.exit !== null && ran.exit <= 2, ran.stderr)
    assert.match(ran.stderr, /unavailable: cleared, [1-9]\d* altered/)
    // From the run that it was: what is there is kept, and where it is not wanted there, the file need not be there any more.
    writeFileSync(join(at.folder, DISCOVERED, 'api-down.yaml'), 'mine\n')
    const again = await start('discover', 'discover-cart', '--json')
    assert.equal(again.exit, 0, again.stderr)
    assert.match(again.stderr, /0 written to experiments\/discovered, 5 kept as they were: --force writes over them/)
    assert.equal(readFileSync(join(at.folder, DISCOVERED, 'api-down.yaml'), 'utf8'), 'mine\n')
    const document = JSON.parse(again.stdout) as { readonly candidates: readonly { readonly rank: number; readonly status: string }[]; readonly targets: readonly { readonly name: string }[] }
    assert.deepEqual(document.targets.map(({ name }) => name), ['api'])
    assert.deepEqual(document.candidates.map(({ rank, status }) => [rank, status]), [1, 2, 3, 4, 5].map((rank) => [rank, 'kept']))
    rmSync(join(at.folder, 'cart.yaml'))
    const forced = await start('discover', 'discover-cart', '--force')
    assert.match(forced.stderr, /5 written to/)
    assert.match(readFileSync(join(at.folder, DISCOVERED, 'api-down.yaml'), 'utf8'), /^# Made by/)
  })

  it('takes a brownout.yaml, which has no name and from which drafts inherit', async function () {
    this.timeout(60_000)
    at.write('brownout.yaml', experiment(at.port, METHOD).replace(/^(name|question): .*\n/gm, '').replace(/^method:[\s\S]*$/m, ''))
    const { exit, stderr } = await start('discover', 'brownout.yaml', '--for', '1s')
    assert.equal(exit, 0, stderr)
    const checked = await start('check', ...drafts().map((name) => join(DISCOVERED, name)))
    assert.equal(checked.exit, 0, checked.stderr)
  })

  it('says what is wrong and starts nothing', async function () {
    this.timeout(120_000)
    at.write('none.yaml', 'name: none\n')
    at.write('bad.yaml', 'name: bad\ntargets: { api: { upstream: "nowhere" } }\n')
    at.write('cart.yaml', experiment(at.port, METHOD))
    for (const [args, expected] of [
      [['none.yaml'], /error USAGE: none\.yaml has no targets/], [['bad.yaml'], /bad\.yaml:2:.*UPSTREAM_INVALID/], [['latst'], /error RUN_UNKNOWN/],
      [['cart.yaml', '--for', '100ms'], /error USAGE: --for 100ms: expected 1s at least/], [['gone.yaml'], /error FILE_UNREADABLE/],
    ] as const) {
      const { exit, stderr } = await start('discover', ...args)
      assert.equal(exit, 64, stderr)
      assert.match(stderr, expected)
    }
  })

  it('ends with 2 where nothing passed', async function () {
    this.timeout(60_000)
    at.write('quiet.yaml', `name: quiet\ntargets:\n  api: { protocol: http, upstream: "http://127.0.0.1:${at.port}" }\nwindows: { warmup: 100ms, bucket: 50ms }\n`)
    const { exit, stderr } = await start('discover', 'quiet.yaml', '--for', '1s')
    assert.equal(exit, 2, stderr)
    assert.match(stderr, /error NOTHING_SEEN: hardly anything passed through api in 1s/)
  })
})

describe('brownout discover on the sample stack', function () {
  this.timeout(1_200_000)
  before(function () { if (!hasRedis) this.skip() })
  const DEMO = fileURLToPath(new URL('../../src/demo/', import.meta.url))
  let folder = ''
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'brownout-test-discover-')) })
  afterEach(() => {
    endAll()
    rmSync(folder, { recursive: true })
  })

  it('finds statements, keys and tables, and writes drafts that pass check', async () => {
    const shop = readFileSync(join(ROOT, 'experiments/redis-and-postgres.yaml'), 'utf8').replace(/\$\{package\}\/dist\/src\/demo\//g, DEMO).replace('warmup: 3s', 'warmup: 1s')
    writeFileSync(join(folder, 'shop.yaml'), shop)
    const { exit, stderr } = await brownout(['discover', 'shop.yaml', '--for', '5s', '--out', '.'], folder).ended
    assert.equal(exit, 0, stderr)
    const drafts = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'shop.yaml')
    for (const name of ['cache-cut-off', 'cache-get-brownout-shop-product-slow', 'cache-brownout-shop-product-cold', 'db-cut-off', 'db-insert-brownout-shop-orders-slow']) assert.ok(drafts.includes(`${name}.yaml`), `${name}: ${drafts.join(' ')}`)
    const checked = await brownout(['check', ...drafts], folder).ended
    assert.equal(checked.exit, 0, checked.stderr)
    assert.doesNotMatch(checked.stderr, /warning/)
    if (process.env['TEST_ALL'] === undefined) return
    for (const name of drafts) {
      const ran = await brownout(['run', name, '--json'], folder).ended
      const { outcome } = JSON.parse(ran.stdout) as { readonly outcome: string }
      assert.ok(outcome === 'PASS' || outcome === 'FAIL', `${name} ${outcome}: ${ran.stderr}`)
    }
  })
})
