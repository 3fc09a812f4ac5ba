// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { brownout, endAll, experiment, journalOf, runFolder, yard, type Yard } from '../cli/brownout.ts'

/** Asks its upstream twenty-five times a second; only while that is late, it works itself up over each answer that did not come in time. Not so much that it would go on by itself. */
const RETRYING = `
  import http from 'node:http'
  const agent = new http.Agent({ keepAlive: true })
  let late = 0
  function burnWhileRetrying(until) {
    let sum = 0
    while (performance.now() < until) for (let i = 0; i < 1000; i++) sum = (sum * 31 + i) | 0
    return sum
  }
  const ask = () => {
    const up = http.get(process.env.UPSTREAM, { agent, timeout: 1500 }, (answer) => answer.resume())
    up.on('response', () => { late = 0 }).on('timeout', () => up.destroy()).on('error', () => {
      burnWhileRetrying(performance.now() + 12)
      if (++late === 10) process.send?.('slow')
    })
  }
  http.createServer((request, response) => response.end('ready')).listen(Number(process.env.PORT), '127.0.0.1', () => setInterval(ask, 40))
`
const SLOW = '  - { step: slow, at: 0s, fault: latency, on: api, params: { delay: 9s }, for: 3500ms }'
const profiled = (port: number, command: string, method = SLOW): string => experiment(port, method, 'profile: { target: app, during: fault }\n').replace('min_samples: 40', 'min_samples: 20').replace('command: [node, app.mjs]', `command: ${command}`)

interface Report { readonly profiles: readonly { readonly app: string; readonly grown: readonly { readonly name: string; readonly at: string; readonly baseline: number; readonly fault: number }[]; readonly processes: readonly { readonly files: readonly string[] }[] }[] }

describe('profile', function () {
  this.timeout(60_000)
  let at: Yard
  beforeEach(async () => {
    at = await yard()
    at.write('retrying.mjs', RETRYING)
  })
  afterEach(async () => {
    endAll()
    await at.close()
  })

  it('names the function that burns only while the dependency is slow, in every format, and keeps profiles that viewers read', async () => {
    at.write('cart.yaml', profiled(at.port, '[node, retrying.mjs]'))
    const { exit, stdout, stderr } = await brownout(['run', 'cart.yaml', '--json', '--md', 'r.md'], at.folder).ended
    assert.ok(exit === 0 || exit === 1, stderr)
    const { profiles: [profile] } = JSON.parse(stdout) as Report
    assert.ok(profile, stderr)
    const [first] = profile.grown
    assert.deepEqual([first?.name, first?.at], ['burnWhileRetrying', 'retrying.mjs:5'], `${JSON.stringify(profile.grown)}\n${stderr}`)
    // On a machine that holds everything up it is late before the fault too.
    assert.ok(first && first.fault - first.baseline > 0.03, JSON.stringify(first))
    assert.match(stderr, /Processor time\n[\s\S]*Most grown:\s+burnWhileRetrying\s+\(retrying\.mjs:5\), \+/)
    assert.match(readFileSync(join(at.folder, 'r.md'), 'utf8'), /\| burnWhileRetrying \| retrying\.mjs:5 \|/)
    const page = readFileSync(join(runFolder(at.folder), 'report.html'), 'utf8')
    assert.match(page, /<svg class="flame"[\s\S]*<title>burnWhileRetrying \(retrying\.mjs:5\): [\d.]+% before, [\d.]+% under it/)
    assert.doesNotMatch(page.slice(page.indexOf('<svg')), new RegExp(at.folder), 'no folder of the machine')
    const files = readdirSync(runFolder(at.folder)).filter((name) => name.endsWith('.cpuprofile')).sort()
    assert.deepEqual(files, [...(profile.processes[0]?.files ?? [])].sort())
    assert.equal(files.length, 2)
    for (const name of files) {
      const file = join(runFolder(at.folder), name)
      assert.equal(statSync(file).mode & 0o777, 0o600)
      const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as { nodes: unknown[]; samples: unknown[]; timeDeltas: unknown[] }
      assert.ok(nodes.length > 0 && samples.length > 100 && samples.length === timeDeltas.length)
    }
  })

  it('reaches a worker of a cluster behind a shell, keeps the options that the application has, and leaves out a process that has gone meanwhile', async () => {
    at.write('wrapper.mjs', `
      import { spawn } from 'node:child_process'
      import cluster from 'node:cluster'
      const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => undefined, 1000)'], { stdio: ['ignore', 'pipe', 'inherit'] })
      await new Promise((up) => child.stdout.once('data', up))
      cluster.setupPrimary({ exec: 'retrying.mjs' })
      cluster.on('message', () => child.kill('SIGKILL')).fork()
    `)
    at.write('cart.yaml', profiled(at.port, '[sh, -c, "node wrapper.mjs; true"]').replace('env: { ', 'env: { NODE_OPTIONS: "--max-old-space-size=96", '))
    const { stdout, stderr } = await brownout(['run', 'cart.yaml', '--json'], at.folder).ended
    const { profiles: [profile] } = JSON.parse(stdout) as Report
    assert.equal(profile?.processes.length, 2, stderr)
    assert.equal(profile.grown[0]?.name, 'burnWhileRetrying')
    assert.ok(journalOf(at.folder).some((event) => event.kind === 'note' && /^app: process \d+ has no profile: it has gone$/.test(event.text)))
  })

  it('notes what cannot be profiled, and the run goes on', async () => {
    at.write('none.yaml', profiled(at.port, '[sleep, "60"]', SLOW.replace('3500ms', '300ms')).replace(/ {2}ready: .*\n/, '').replace(/steady_state:\n.*\n/, ''))
    const { exit, stderr } = await brownout(['run', 'none.yaml'], at.folder).ended
    // Nothing passed, and that is all that is wrong.
    assert.equal(exit, 2, stderr)
    const events = journalOf(at.folder)
    assert.ok(events.some((event) => event.kind === 'note' && event.text === 'app: none of its processes is a Node that took NODE_OPTIONS'))
    assert.ok(!events.some((event) => event.kind === 'profile'))
  })

  it('is refused where the application or the step is not there', async () => {
    at.write('app.yaml', experiment(at.port, SLOW, 'profile: { target: ap, during: fault }\n'))
    at.write('step.yaml', experiment(at.port, SLOW, 'profile: { target: app, during: slw }\n'))
    for (const [file, expected] of [['app.yaml', /VALUE_INVALID: target: no application is named "ap"\n {2}did you mean "app"\?/], ['step.yaml', /STEP_UNKNOWN: no step is named "slw"\n {2}did you mean "slow"\?/]] as const) {
      const { exit, stderr } = await brownout(['check', file], at.folder).ended
      assert.equal(exit, 64)
      assert.match(stderr, expected)
    }
  })
})
