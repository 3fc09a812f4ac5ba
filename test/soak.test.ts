/** The soak judges rightly: it finds what is planted, and nothing else in SOAK_MINUTES, which `make test` sets and runs beside the other tests. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { judgeSamples, type Sample } from './bench/soak-judge.ts'

const SOAK = fileURLToPath(new URL('bench/soak.js', import.meta.url))
const { SOAK_MINUTES: minutes } = process.env
const MiB = 1024 * 1024

interface Soaked { readonly code: number | null; readonly table: string; readonly all: string }

async function soak(env: NodeJS.ProcessEnv): Promise<Soaked> {
  const child = spawn(process.execPath, ['--expose-gc', SOAK], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [table, progress] = ['', '']
  child.stdout.on('data', (text) => { table += text })
  child.stderr.on('data', (text) => { progress += text })
  const [code] = await once(child, 'close') as [number | null]
  return { code, table, all: `${progress}${table}` }
}

const grew = (what: string): RegExp => new RegExp(`│ ${what} .*│ GREW │`)

describe('soak', function () {
  this.timeout(180_000)

  const steady: Sample = { atMs: 0, made: 0, rss: 90 * MiB, heap: 15 * MiB, descriptors: 29, handles: 15, sessions: 0, timers: 1 }
  const line = (change: (i: number) => Partial<Sample>): readonly Sample[] => Array.from({ length: 40 }, (_, i) => ({ ...steady, atMs: i * 7500, ...change(i) }))
  const fallen = (samples: readonly Sample[]): readonly string[] => judgeSamples(samples).filter(({ held }) => !held).map(({ what }) => what)

  it('judges what has grown over the last three quarters, whatever came before and in between', () => {
    assert.deepEqual(fallen(line(() => ({}))), [])
    assert.deepEqual(fallen(line((i) => ({ heap: (i < 10 ? 5 + i : 15) * MiB }))), [], 'warming up')
    assert.deepEqual(fallen(line((i) => (i % 7 === 0 ? { rss: 120 * MiB, descriptors: 40, timers: 9 } : {}))), [], 'now and then something was not over yet')
    assert.deepEqual(fallen(line((i) => ({ heap: 15 * MiB + i * 50_000 }))), ['heap'])
    assert.deepEqual(fallen(line((i) => ({ sessions: i >> 2, descriptors: 29 + (i >> 2) }))), ['descriptors', 'sessions'])
    assert.ok(fallen(line(() => ({})).slice(0, 2)).length > 0, 'too few to judge by')
  })

  it('finds memory that a fault keeps of what it is shown', async () => {
    const { code, table, all } = await soak({ LEAK: 'memory', MINUTES: '0.25', SAMPLES: '12', RATE: '40' })
    assert.equal(code, 1, all)
    assert.match(table, grew('heap'), all)
  })

  it('finds timers that a fault leaves running', async () => {
    const { code, table, all } = await soak({ LEAK: 'timer', MINUTES: '0.25', SAMPLES: '12', RATE: '40' })
    assert.equal(code, 1, all)
    assert.match(table, grew('handles'), all)
    assert.doesNotMatch(table, grew('descriptors'), all)
  })

  it('of connections and faults that come and go nothing stays', async function () {
    if (!minutes) return this.skip()
    this.timeout((Number(minutes) + 3) * 60_000)
    const { code, all } = await soak({ MINUTES: minutes, SAMPLES: '30', RATE: '12' })
    assert.equal(code, 0, all)
  })
})
