import assert from 'node:assert/strict'
import { brownout, endAll, experiment, yard, type Yard } from './brownout.ts'

describe('the command line', () => {
  let at: Yard
  before(async () => { at = await yard() })
  after(async () => {
    endAll()
    await at.close()
  })
  const run = (...args: string[]) => brownout(args, at.folder).ended

  it('prints its version, alone and on stdout', async () => {
    const { exit, stdout, stderr } = await run('--version')
    assert.equal(exit, 0)
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
    assert.equal(stderr, '')
  })

  it('lists every command with examples and the exit codes', async () => {
    const { exit, stdout } = await run('--help')
    assert.equal(exit, 0)
    for (const command of ['run', 'demo', 'check', 'faults', 'runs', 'report', 'compare', 'init', 'schema']) assert.match(stdout, new RegExp(`brownout ${command}\\b`))
    assert.match(stdout, /Examples:[\s\S]*Exit codes: 0 all held/)
  })

  it('answers an unknown command with the nearest and 64', async () => {
    const { exit, stdout, stderr } = await run('rnu', 'x.yaml')
    assert.equal(exit, 64)
    assert.equal(stdout, '')
    assert.match(stderr, /error USAGE: there is no command "rnu"\n {2}did you mean "run"\?/)
  })

  for (const args of [['faults', '--jsn'], ['run'], ['run', 'x.yaml', '--repeat', '0'], ['run', 'x.yaml', '--seed', '1.5'], ['run', 'x.yaml', '--var', 'novalue'], []]) {
    it(`refuses \`brownout ${args.join(' ')}\` with 64`, async () => {
      const { exit, stdout, stderr } = await run(...args)
      assert.equal(exit, 64)
      assert.equal(stdout, '')
      assert.match(stderr, args.length ? /^error USAGE/ : /Commands:/)
    })
  }

  it('says all that is wrong with all files before anything is started, and 64', async () => {
    at.write('bad.yaml', experiment(at.port, '  - { step: cut, at: 0s, fault: partitoin, on: api, for: 1s }'))
    at.write('worse.yaml', experiment(at.port, '  - { step: cut, at: 0s, fault: partition, on: apu, for: 1s }'))
    const { exit, stderr } = await run('run', 'bad.yaml', 'worse.yaml')
    assert.equal(exit, 64)
    assert.match(stderr, /bad\.yaml:\d+:\d+: error FAULT_UNKNOWN: no fault is named "partitoin"\n {2}did you mean "partition"\?/)
    assert.match(stderr, /worse\.yaml:\d+:\d+: error TARGET_UNKNOWN/)
    assert.doesNotMatch(stderr, /warmup/)
  })

  it('tells what a dry run would do and starts nothing', async () => {
    at.write('good.yaml', experiment(at.port, '  - { step: cut, at: 0s, fault: partition, on: api, for: 1s }'))
    const { exit, stdout, stderr } = await run('run', 'good.yaml', '--dry-run')
    assert.equal(exit, 0)
    assert.equal(stdout, '')
    assert.match(stderr, /cut: partition on api at 0ms for 1s/)
  })

  it('refuses an experiment that pauses where there is no terminal, with its line and 64', async () => {
    at.write('pause.yaml', experiment(at.port, '  - { step: look, at: 0s, pause: "look around" }'))
    const { exit, stderr } = await run('run', 'pause.yaml')
    assert.equal(exit, 64)
    assert.match(stderr, /^pause\.yaml:14:\d+: error PAUSE_NEEDS_TERMINAL: step "look" pauses for a person\n {2}give --no-pause/)
  })

  it('shows the catalogue for people on stderr and for machines on stdout', async () => {
    const people = await run('faults')
    assert.equal(people.stdout, '')
    assert.match(people.stderr, /^ {2}latency +\S.*\.$/m)
    const machine = await run('faults', '--json')
    const faults: unknown = JSON.parse(machine.stdout)
    assert.ok(Array.isArray(faults) && faults.length >= 10)
  })

  it('does not mind a reader that has gone', async () => {
    const { exit, stderr } = await brownout(['faults', '--json'], at.folder, {}, ['sh', '-c', '{ "$0" "$@"; echo "exit $?" >&2; } | head -c 1 >/dev/null']).ended
    assert.equal(exit, 0)
    assert.equal(stderr, 'exit 0\n')
  })

  it('shows one fault with its parameters, bounds and example', async () => {
    const { exit, stderr } = await run('faults', 'latency')
    assert.equal(exit, 0)
    assert.match(stderr, /delay[\s\S]*required[\s\S]*from 0ms to/)
    assert.match(stderr, /fault: latency/)
  })

  it('answers an unknown fault with the nearest and 64', async () => {
    const { exit, stderr } = await run('faults', 'latnecy')
    assert.equal(exit, 64)
    assert.match(stderr, /error FAULT_UNKNOWN: no fault is named "latnecy"\n {2}did you mean "latency"\?/)
  })
})
