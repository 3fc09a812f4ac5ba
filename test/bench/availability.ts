/**
 * `make availability`: the sample shop under one fault after another, at 1,000 operations a second; what share it answers in time with
 * RESILIENT=1, and what is left of it with RESILIENT=0. Taken from the environment: ONLY (a regular expression: which faults), FOR (seconds
 * of each, 30), FOR0 (the same with RESILIENT=0, 5), RESILIENT (1 or 0: that alone), FILES (of experiments/targets, availability unless given),
 * OUT (a folder that keeps the runs and what they came to: measured in several goes, each fault counts as it was measured last), SEED, SHARE (of that rate, where the machine is not quiet), WRITE=1 (the documents, also where not all was run).
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../support/paths.ts'
import { broken, documentOf, pictureOf, tableOf, type Pair } from './availability-page.ts'
import { run, type Row, stepsOf, wordsOf } from './availability-run.ts'

const { ONLY, FOR = '30', FOR0 = '5', RESILIENT, FILES = 'availability', OUT, SEED = '1', SHARE = '1', WRITE } = process.env
const only = ONLY === undefined ? undefined : new RegExp(ONLY)
const files = FILES.split(',').map((name) => join(ROOT, 'experiments/targets', `${name}.yaml`))
const out = OUT ?? mkdtempSync(join(tmpdir(), 'brownout-availability-'))
const report = (text: string): void => { process.stderr.write(`${text}\n`) }
const told = ({ fault, operations, answered, altered, failed }: Row): void => {
  report(`  ${fault}: ${(100 * answered / operations).toFixed(3)} % of ${operations}, ${altered} altered${operations === answered ? '' : `; not answered ${JSON.stringify(failed)}`}`)
}

/** With what was measured before into the same folder, of the faults that were not measured now. */
function kept(resilient: '0' | '1', measured: readonly Row[]): readonly Row[] {
  if (OUT === undefined) return measured
  const file = join(out, `rows-${resilient}.json`)
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as readonly Row[] : []
  const all = [...before.filter((row) => measured.every(({ fault }) => fault !== row.fault)), ...measured]
  writeFileSync(file, JSON.stringify(all))
  return all
}

const TRIES = 3

/** RESILIENT=1 goes through all of them without a pause: what one leaves behind is the next one's trouble. Where a run ended before its last fault the rest is another run. */
async function withResilience(): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const file of files) {
    let left = stepsOf(file, only)
    for (let tries = 1; left.length > 0 && tries <= TRIES; tries++) {
      const some = await run({ file, only: new RegExp(`^(${left.join('|')})$`), resilient: '1', seconds: Number(FOR), out, share: Number(SHARE), seed: Number(SEED) }, report)
      some.forEach(told)
      rows.push(...some)
      left = left.filter((step) => some.every(({ fault }) => fault !== step))
    }
  }
  return rows
}

/** RESILIENT=0 begins anew each time: it does not always outlive a fault. */
async function without(): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const file of files) {
    for (const step of stepsOf(file, only)) {
      const windows = { warmup: '4s', baseline: '2s', recovery: '1500ms', bucket: '100ms', hold: '500ms', min_samples: 50 }
      const some = await run({ file, only: new RegExp(`^${step}$`), resilient: '0', seconds: Number(FOR0), windows, out, share: Number(SHARE), seed: Number(SEED) }, report)
      some.forEach(told)
      rows.push(...some)
    }
  }
  return rows
}

try {
  const ones = kept('1', RESILIENT === '0' ? [] : await withResilience())
  const naughts = kept('0', RESILIENT === '1' ? [] : await without())
  const pairs = files.flatMap((file) => stepsOf(file, WRITE === '1' ? undefined : only).map((fault) => ({ file, fault }))).map(({ file, fault }): Pair => ({ fault, words: wordsOf(file, fault), one: ones.find((row) => row.fault === fault), naught: naughts.find((row) => row.fault === fault) }))
  process.stdout.write(tableOf(pairs))
  if (WRITE === '1' || (only === undefined && RESILIENT === undefined)) {
    writeFileSync(join(ROOT, 'docs/availability.svg'), pictureOf(pairs))
    writeFileSync(join(ROOT, 'docs/availability.md'), documentOf(pairs))
  }
  const below = broken(pairs)
  if (below.length > 0) report(`below 99.99 % with RESILIENT=1: ${below.map(({ fault }) => fault).join(', ')}`)
  // A fault that hit nothing is no witness.
  const missed = pairs.filter(({ one }) => one?.altered === 0)
  if (missed.length > 0) report(`hit nothing with RESILIENT=1: ${missed.map(({ fault }) => fault).join(', ')}`)
  process.exitCode = below.length + missed.length === 0 ? 0 : 1
} finally {
  if (OUT === undefined) rmSync(out, { recursive: true, force: true })
}
