/** Runs the tests in groups beside each other, and ends with one line for all: `N passed, N failed`. Those that look at no clock and the soak are niced, so that the others, which measure, get the processor first. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './support/paths.ts'

const MOCHA = join(ROOT, 'node_modules/mocha/bin/mocha.js')
const ALL = 'dist/test/**/*.test.js'
/** What they find does not depend on how long it takes. A new file goes into the other group by itself. */
const CLOCKLESS = [
  'dist/test/laws*.test.js',
  ...['core', 'protocols', 'record', 'report', 'statistics', 'timing'].map((folder) => `dist/test/${folder}/**/*.test.js`),
]

/** Whole experiments and commands: they wait most of the time, and say themselves when their load was disturbed. */
const RUNS = [
  'dist/test/package.test.js', 'dist/test/experiment/run*.test.js', 'dist/test/via/run.test.js',
  ...['control', 'wrap*', 'compose', 'outlets', 'serve-told', 'gameday*'].map((command) => `dist/test/cli/${command}.test.js`),
  ...['sweep', 'dashboard', 'discover', 'gameday', 'profile', 'telemetry', 'wrap'].map((folder) => `dist/test/${folder}/**/*.test.js`),
]
const SOAK = ['dist/test/soak.test.js']
/** A quiet process that takes longer than anything else here. */
const SOAK_MINUTES = '5'

interface Group { readonly passed: number; readonly failed: number; readonly code: number; readonly output: string }

const folder = mkdtempSync(join(tmpdir(), 'brownout-tests-'))

/** Runs mocha; `heard` is called with what it says, as it says it. Ends of a mocha without a summary count as one failure. */
async function group(name: string, args: readonly string[], nice: boolean, heard: (text: string) => void): Promise<Group> {
  const summary = join(folder, name)
  const [command, ...words] = [...(nice ? ['nice', '-n', '10'] : []), process.execPath, MOCHA, ...process.argv.slice(2), ...args]
  const child = spawn(command ?? '', words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], env: { SOAK_MINUTES, ...process.env, TEST_SUMMARY: summary } })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text; heard(text) })
  const [code] = await once(child, 'close') as [number | null]
  const [, passed = 0, failed = 1] = /^(\d+) passed, (\d+) failed/.exec(textOf(summary))?.map(Number) ?? []
  return { passed, failed, code: code ?? 1, output }
}

function textOf(file: string): string {
  try { return readFileSync(file, 'utf8') } catch { return '' }
}

const print = (text: string): void => { process.stdout.write(text) }
const groups = await Promise.all([
  group('measuring', [ALL, ...[...CLOCKLESS, ...RUNS, ...SOAK].flatMap((file) => ['--ignore', file])], false, print),
  group('runs', RUNS, false, () => undefined),
  group('clockless', CLOCKLESS, true, () => undefined),
  group('soak', SOAK, true, () => undefined),
])
rmSync(folder, { recursive: true })
for (const { output } of groups.slice(1)) print(output)

const sum = (figure: 'passed' | 'failed'): number => groups.reduce((total, one) => total + one[figure], 0)
const line = `${sum('passed')} passed, ${sum('failed')} failed\n`
print(`\nall together\n${line}`)
const { TEST_SUMMARY: wanted } = process.env
if (wanted) writeFileSync(wanted, line)
process.exitCode = groups.find(({ code }) => code !== 0)?.code ?? 0
