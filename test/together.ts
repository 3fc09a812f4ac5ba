/** Runs the tests in two groups beside each other, and ends with one line for both: `N passed, N failed`. In the one are those that look at no clock; it is niced, so that the other, which measures, gets the processor first. */

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
  'dist/test/package.test.js', 'dist/test/laws*.test.js', 'dist/test/experiment/load*.test.js', 'dist/test/proxy/fast.test.js',
  ...['core', 'protocols', 'record', 'report', 'timing'].map((folder) => `dist/test/${folder}/**/*.test.js`),
]

interface Group { readonly passed: number; readonly failed: number; readonly code: number; readonly output: string }

const folder = mkdtempSync(join(tmpdir(), 'brownout-tests-'))

/** Runs mocha; `heard` is called with what it says, as it says it. Ends of a mocha without a summary count as one failure. */
async function group(name: string, args: readonly string[], nice: boolean, heard: (text: string) => void): Promise<Group> {
  const summary = join(folder, name)
  const [command, ...words] = [...(nice ? ['nice', '-n', '10'] : []), process.execPath, MOCHA, ...process.argv.slice(2), ...args]
  const child = spawn(command ?? '', words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TEST_SUMMARY: summary } })
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
const [measuring, clockless] = await Promise.all([
  group('measuring', [ALL, ...CLOCKLESS.flatMap((file) => ['--ignore', file])], false, print),
  group('clockless', CLOCKLESS, true, () => undefined),
])
rmSync(folder, { recursive: true })
print(clockless.output)

const line = `${measuring.passed + clockless.passed} passed, ${measuring.failed + clockless.failed} failed\n`
print(`\nall together\n${line}`)
const { TEST_SUMMARY: wanted } = process.env
if (wanted) writeFileSync(wanted, line)
process.exitCode = measuring.code || clockless.code
