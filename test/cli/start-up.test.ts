/** What a command has to load before it can do anything: counted in modules, which no busy machine changes. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '../support/paths.ts'

const BIN = fileURLToPath(new URL('../../bin/brownout.js', import.meta.url))
const DIST = fileURLToPath(new URL('../../', import.meta.url))

interface Loaded { readonly own: readonly string[]; readonly packages: readonly string[]; readonly count: number }

/** V8 lists every script of a process for its coverage. Ends the process with SIGTERM once stderr has `until` in it. */
async function loadedBy(args: readonly string[], until?: string): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'brownout-start-'))
  const child = spawn(process.execPath, [BIN, ...args], { cwd: ROOT, env: { ...process.env, NODE_V8_COVERAGE: folder }, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (text) => {
    stderr += text
    if (until !== undefined && !child.killed && stderr.includes(until)) child.kill('SIGTERM')
  })
  const [code] = await once(child, 'close') as [number | null]
  assert.equal(code, 0, stderr)
  const scripts = readdirSync(folder).flatMap((name) => (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: readonly { url: string }[] }).result)
  rmSync(folder, { recursive: true })
  const files = [...new Set(scripts.map(({ url }) => url))].filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url))
  return {
    own: files.filter((file) => file.startsWith(DIST)).map((file) => file.slice(DIST.length)),
    packages: [...new Set(files.flatMap((file) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*\/node_modules\/)/.exec(file)?.slice(1) ?? []))],
    count: files.length,
  }
}

describe('start-up', function () {
  this.timeout(60_000)

  it('the version needs no package, no fault and no command', async () => {
    const { own, packages } = await loadedBy(['--version'])
    assert.deepEqual(packages, [])
    assert.deepEqual(own.filter((file) => !/^(bin\/|src\/core\/|src\/cli\/(main|explain|go-flags)\.)/.test(file)), [])
  })

  it('help of all commands loads their words and the reader of options, and nothing that any of them needs to run', async () => {
    const { own, packages, count } = await loadedBy(['--help'])
    assert.deepEqual(own.filter((file) => !/^(bin|src\/core|src\/cli)\//.test(file)), [])
    assert.deepEqual(packages.filter((name) => !/^(yargs|yargs-parser|y18n|cliui|escalade|get-caller-file|(string-width|strip-ansi|wrap-ansi|ansi-\w+|emoji-regex|get-east-asian-width|is-fullwidth-code-point)(-cjs)?)$/.test(name)), [])
    assert.ok(count < 100, `${count} modules`)
  })

  it('check loads no client, no server and no histogram', async () => {
    const { packages, count } = await loadedBy(['check', 'experiments/cache-partition.yaml'])
    for (const name of ['undici', 'ioredis', 'pg', 'ws', 'hono', 'pino', 'prom-client', 'hdr-histogram-js', 'http-proxy']) assert.ok(!packages.includes(name), name)
    assert.ok(count < 500, `${count} modules`)
  })

  it('serve listens before it knows of experiments, metrics or histograms', async () => {
    const { own, packages, count } = await loadedBy(['serve', '--port', '0', '--drain', '0s'], 'serving the admin API')
    for (const name of ['zod', 'yaml', 'undici', 'ioredis', 'pg', 'prom-client', 'hdr-histogram-js', 'http-proxy']) assert.ok(!packages.includes(name), name)
    assert.deepEqual(own.filter((file) => /^src\/(experiment|report|load|timing|demo)\//.test(file)), [])
    assert.ok(count < 430, `${count} modules`)
  })
})
