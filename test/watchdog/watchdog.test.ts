import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { endWard, isAlive, procStat } from '../../src/watchdog/ward.ts'
import { startWatchdog } from '../../src/watchdog/watchdog.ts'
import { runs, until } from '../support/processes.ts'

const WATCHDOG = new URL('../../src/watchdog/watchdog.js', import.meta.url).href
/** Ignores TERM when told to, and has a child of its own; says both pids. */
const FAMILY = `
  if (process.argv[1] === 'deaf') process.on('SIGTERM', () => {})
  const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
  console.log(process.pid, child.pid)
  setInterval(() => {}, 1e6)`
/** A parent that guards a family with a folder, says its watchdog's, the leader's and the child's pid, and then does as told. */
const parent = (folder: string, then: string, manner = ''): string => `
  import { spawn } from 'node:child_process'
  const { startWatchdog } = await import(${JSON.stringify(WATCHDOG)})
  const watchdog = startWatchdog()
  const family = spawn(process.execPath, ['-e', ${JSON.stringify(FAMILY)}, '${manner}'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  watchdog.guard(family.pid, { group: true, cleanup: ${JSON.stringify(folder)} })
  family.stdout.once('data', (text) => { console.log(watchdog.pid, String(text).trim()); ${then} })`

const started: ChildProcess[] = []
afterEach(() => {
  for (const { pid } of started.splice(0)) if (pid !== undefined && runs(pid)) process.kill(pid, 'SIGKILL')
})

function start(code: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(child)
  return child
}
async function firstLine(child: ChildProcess): Promise<number[]> {
  assert.ok(child.stdout)
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return String(line).split(' ').map(Number)
}
function folderWithFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'brownout-test-watchdog-'))
  writeFileSync(join(folder, 'file'), 'data')
  return folder
}

/** Whether the process has a handler for that signal, by its number. */
const catches = (pid: number, signal: number): boolean =>
  (BigInt(`0x${/SigCgt:\s*(\w+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'}`) & (1n << BigInt(signal - 1))) !== 0n

describe('watchdog', () => {
  it('ends a guarded group and removes its folder when its parent is killed, and then itself', async () => {
    const folder = folderWithFile()
    const owner = start(parent(folder, ''))
    const pids = await firstLine(owner)
    assert.equal(pids.length, 3)
    assert.deepEqual(pids.map(runs), [true, true, true])
    owner.kill('SIGKILL')
    assert.notEqual(await until(() => !pids.some(runs), 2000), undefined, `still there: ${pids.filter(runs)}`)
    assert.equal(existsSync(folder), false)
  })

  it('kills what does not heed SIGTERM, two seconds later', async () => {
    const owner = start(parent(folderWithFile(), '', 'deaf'))
    const pids = await firstLine(owner)
    const leader = pids[1] ?? 0
    owner.kill('SIGKILL')
    const took = await until(() => !pids.some(runs), 5000)
    assert.ok(took !== undefined && took > 1800, `${leader} took ${took} ms`)
  })

  it('does not outlive a parent that ends normally, and ends what that parent forgot', async () => {
    const owner = start(parent(folderWithFile(), 'process.exit(0)'))
    const pids = await firstLine(owner)
    assert.notEqual(await until(() => !pids.some(runs), 2000), undefined)
  })

  it('survives the signals that end a process group', async () => {
    const owner = start(parent(folderWithFile(), ''))
    const [watchdog = 0, ...family] = await firstLine(owner)
    // Node catches INT and TERM from its first moment and dies of them; HUP is the last that the watchdog makes itself deaf to.
    assert.notEqual(await until(() => catches(watchdog, 1), 5000), undefined)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(watchdog, signal)
    assert.deepEqual(family.map(runs), [true, true])
    assert.equal(runs(watchdog), true)
    owner.kill('SIGKILL')
    assert.notEqual(await until(() => ![watchdog, ...family].some(runs), 2000), undefined)
  })

  it('leaves alone what was released, with its folder', async () => {
    const folder = folderWithFile()
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { detached: true, stdio: 'ignore' })
    started.push(bystander)
    const { pid = 0 } = bystander
    const watchdog = startWatchdog()
    watchdog.guard(pid, { group: true, cleanup: folder })
    watchdog.release(pid)
    watchdog.close()
    assert.notEqual(await until(() => !runs(watchdog.pid), 2000), undefined)
    assert.equal(runs(pid), true)
    assert.equal(existsSync(folder), true)
    rmSync(folder, { recursive: true })
  })

  it('keeps no event loop alive: a parent with nothing else to do exits', async () => {
    const owner = start(`const { startWatchdog } = await import(${JSON.stringify(WATCHDOG)}); startWatchdog()`)
    const [code] = await once(owner, 'exit')
    assert.equal(code, 0)
  })
})

describe('ward', () => {
  it('never hits a process that has come by the pid of one that is gone', async function () {
    if (!procStat(process.pid)) this.skip()
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { detached: true, stdio: 'ignore' })
    started.push(other)
    const { pid = 0 } = other
    const ward = { pid, group: true, signal: 'SIGTERM', startedAt: '1' } as const
    assert.equal(isAlive(ward), false)
    assert.equal(await endWard(ward), true)
    assert.equal(runs(pid), true)
    assert.equal(isAlive({ ...ward, startedAt: procStat(pid)?.startedAt }), true)
  })

  it('reads the start time of a process whose name holds blanks and parentheses', async function () {
    if (!procStat(process.pid)) this.skip()
    const child = spawn(process.execPath, ['-e', 'process.title = "a) (b 1 2"; console.log(1); setInterval(() => {}, 1e6)'], { stdio: ['ignore', 'pipe', 'ignore'] })
    started.push(child)
    const { pid = 0 } = child
    const before = procStat(pid)?.startedAt
    await once(child.stdout, 'data')
    assert.match(before ?? '', /^\d+$/)
    assert.equal(procStat(pid)?.startedAt, before)
  })
})
