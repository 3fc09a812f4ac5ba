/** `node guard-main.js [BLOCKS]`: measures what test/bench-guard.test.ts holds brownout to, and writes it to test/bench/guard.json. For a machine that does nothing else. */

import { writeFileSync } from 'node:fs'
import { GUARDED, MARKS, middle, NODE_MAJOR, openStage, type Mark, type Marks, type Measured } from './guard.ts'

const BLOCKS = Number(process.argv[2] ?? 12)

const stage = await openStage()
const found: ReadonlyMap<Measured, number>[] = []
// The first block is still warming up.
for (let n = -1; n < BLOCKS; n++) {
  const block = await stage.block([...GUARDED, 'slowed'])
  process.stderr.write(`${[...block].map(([name, ratio]) => `${name} ${ratio.toFixed(3)}`).join('   ')}\n`)
  if (n >= 0) found.push(block)
}
stage.stop()
const rounded = (value: number): number => Math.round(value * 1000) / 1000
/** The noise is how far above the middle the largest but one was. */
const mark = (values: readonly number[]): Mark => { const ratio = middle(values); return { ratio: rounded(ratio), noise: rounded((values.toSorted((a, b) => b - a)[1] ?? ratio) / ratio - 1) } }
const ratios = Object.fromEntries(GUARDED.map((name) => [name, mark(found.map((block) => block.get(name) ?? Number.NaN))])) as Marks['ratios']
writeFileSync(MARKS, `${JSON.stringify({ node: NODE_MAJOR, ratios } satisfies Marks, undefined, 2)}\n`)
process.stdout.write(`${MARKS}: ${JSON.stringify(ratios)}\n`)
