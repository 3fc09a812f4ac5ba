/** An hour of twenty targets at four buckets a second, fed as fast as the page takes it: what the page's memory does, and how long a redraw takes. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CDPSession } from 'playwright-core'
import { Stage, twenty } from '../dashboard/stage.ts'
import { WIDTH } from '../dashboard/fake-control.ts'

const MINUTES = Number(process.env['MINUTES'] ?? 60)
/** Buckets between two pauses: so much fits into the stream. */
const BURST = 20
const PAUSE_MS = 15
const MIB = 1024 ** 2
/** Once every ring is full, at five minutes and at an hour, nothing may grow but by chance. */
const GROWTH_MAX = 3 * MIB

interface Heap { readonly minute: number; readonly usedMiB: number; readonly nodes: number; readonly listeners: number; readonly canvases: number }

async function heapOf(session: CDPSession): Promise<{ used: number; nodes: number; listeners: number }> {
  for (let i = 0; i < 3; i++) await session.send('HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize = 0 } = await session.send('Runtime.getHeapUsage') as { usedSize: number; backingStorageSize?: number }
  const { metrics } = await session.send('Performance.getMetrics')
  const of = (name: string): number => metrics.find((one) => one.name === name)?.value ?? 0
  return { used: usedSize + backingStorageSize, nodes: of('Nodes'), listeners: of('JSEventListeners') }
}

const stage = new Stage(twenty(), { from: Date.now() - MINUTES * 60_000 })
await stage.serve()
const page = await stage.open({ height: 1000 })
await page.locator('.link.live').waitFor()
const session = await page.context().newCDPSession(page)
await session.send('Performance.enable', { timeDomain: 'threadTicks' })
const heaps: Heap[] = []
const buckets = (MINUTES * 60_000) / WIDTH
const every = buckets / 12
const began = Date.now()
for (let bucket = 1; bucket <= buckets; bucket++) {
  if (bucket % 1200 === 600) await stage.control.inject({ fault: 'latency', on: 'cache-0', params: { delay: '300ms' }, for: '60s' }, 'bench')
  stage.control.step()
  if (bucket % BURST === 0) await sleep(PAUSE_MS)
  if (bucket % every === 0) {
    await sleep(300)
    const { used, nodes, listeners } = await heapOf(session)
    const canvases = await page.locator('canvas').count()
    const heap = { minute: (bucket * WIDTH) / 60_000, usedMiB: Number((used / MIB).toFixed(2)), nodes, listeners, canvases }
    heaps.push(heap)
    process.stdout.write(`${JSON.stringify(heap)}\n`)
  }
}
process.stdout.write(`${buckets * 20} ticks in ${((Date.now() - began) / 1000).toFixed(1)} s\n`)

for (const range of ['1m', '5m', '1h']) {
  await page.getByRole('button', { name: range, exact: true }).click()
  await sleep(300)
  // So long as a frame of the page takes while buckets come four times a second.
  const before = await session.send('Performance.getMetrics')
  for (let i = 0; i < 16; i++) { stage.control.step(); await sleep(250) }
  const after = await session.send('Performance.getMetrics')
  const spent = (name: string): number => (after.metrics.find((one) => one.name === name)?.value ?? 0) - (before.metrics.find((one) => one.name === name)?.value ?? 0)
  process.stdout.write(`${range}: ${((spent('TaskDuration') / 16) * 1000).toFixed(1)} ms a bucket on the page's thread, ${((spent('ScriptDuration') / 16) * 1000).toFixed(1)} of it script\n`)
}
assert.deepEqual(stage.trouble, [])
await stage.close()
const full = heaps.filter(({ minute }) => minute >= MINUTES / 3)
const growth = Math.max(...full.map(({ usedMiB }) => usedMiB)) - (full[0]?.usedMiB ?? 0)
process.stdout.write(`growth since minute ${full[0]?.minute}: ${growth.toFixed(2)} MiB\n`)
assert.ok(growth * MIB <= GROWTH_MAX, `grew by ${growth} MiB`)
