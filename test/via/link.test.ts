import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registry } from '../../faults/index.ts'
import { loadExperiment, type Loaded } from '../../src/experiment/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'brownout-via-'))

const file = (target: string, step = ''): string => `name: x
targets:
  cache: { upstream: "redis://127.0.0.1:6379", via: "toxiproxy://127.0.0.1:8474" }
  db: ${target}
method:
  - { step: cut, fault: partition, on: cache, for: 1s }
${step}`

async function load(text: string): Promise<Loaded> {
  writeFileSync(join(folder, 'x.yaml'), text)
  return loadExperiment('x.yaml', { registry, env: {}, vars: {}, cwd: folder })
}

async function refused(text: string): Promise<readonly string[]> {
  const loaded = await load(text)
  assert.ok('problems' in loaded, 'it was loaded')
  return loaded.problems.map(({ code, message, place }) => `${place.line}:${place.column} ${code} ${message}`)
}

describe('via: in an experiment file', () => {
  after(() => rmSync(folder, { recursive: true, force: true }))
  const plain = '{ upstream: "tcp://127.0.0.1:1" }'

  it('one target by a Toxiproxy, another by brownout itself', async () => {
    const loaded = await load(file(plain, '  - { step: drops, fault: syn_blackhole, on: db, for: 1s }'))
    assert.ok('plan' in loaded, JSON.stringify(loaded))
    assert.deepEqual(loaded.plan.targets.map(({ via }) => via?.server), ['http://127.0.0.1:8474', undefined])
  })

  it('says at its place what a Toxiproxy cannot do, and goes on looking', async () => {
    const found = await refused(file(plain, `  - { step: a, fault: syn_blackhole, on: cache, for: 1s }
  - { step: b, fault: latency, on: cache, for: 1s, params: { delay: 1s, distribution: normal } }
  - { step: c, fault: latency, on: cache, for: 1s, params: { delay: 1s }, times: 3 }`))
    assert.deepEqual(found, [
      '7:23 VIA_UNSUPPORTED cache goes via a Toxiproxy: Toxiproxy has nothing like syn_blackhole',
      '8:87 VIA_UNSUPPORTED cache goes via a Toxiproxy: Toxiproxy knows no distribution but uniform',
      '9:82 VIA_UNSUPPORTED cache goes via a Toxiproxy: Toxiproxy does not count',
    ])
  })

  it('a scenario is held to the same', async () => {
    const loaded = await load(file(plain, '  - { step: roll, scenario: rolling_partition, on: [cache, db] }'))
    assert.ok('plan' in loaded, JSON.stringify(loaded))
  })

  it('an address that is none, a unix socket, a certificate that could not be checked', async () => {
    assert.match((await refused(file('{ upstream: "tcp://h:1", via: "http://h:8474" }'))).join(), /4:\d+ VALUE_INVALID via: expected toxiproxy/)
    assert.match((await refused(file('{ upstream: "unix:/run/x", via: "toxiproxy://h" }'))).join(), /4:\d+ VIA_UNSUPPORTED Toxiproxy reaches its upstream by TCP only/)
    assert.match((await refused(file('{ upstream: "rediss://h", via: "toxiproxy://h" }'))).join(), /4:\d+ VIA_UNSUPPORTED the certificate/)
  })
})
