import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { monotonicNow } from '../../src/core/clock.ts'
import { ms } from '../../src/core/units.ts'
import { ProcessTree } from '../../src/observe/process-tree.ts'

/** Says a word when it has done what it was told on its input. */
const PARENT = `
  const { spawn, spawnSync } = require('node:child_process')
  const { Worker } = require('node:worker_threads')
  const burn = "while (process.cpuUsage().user < 400_000);"
  const open = []
  require('node:readline').createInterface({ input: process.stdin }).on('line', async (line) => {
    if (line === 'short') spawnSync(process.execPath, ['-e', burn])
    if (line === 'long') await new Promise((up) => spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => 0, 1000)'], { stdio: ['ignore', 'pipe', 'ignore'] }).stdout.once('data', up))
    if (line === 'thread') await new Promise((up) => new Worker("const { spawn } = require('node:child_process'); const { parentPort } = require('node:worker_threads'); spawn('sleep', ['60']).once('spawn', () => parentPort.postMessage(1)); setInterval(() => 0, 1000)", { eval: true }).once('message', up))
    if (line === 'files') for (let i = 0; i < 40; i++) open.push(require('node:fs').openSync('/dev/null'))
    if (line === 'sockets') for (let i = 0; i < 10; i++) { const server = require('node:net').createServer().listen(0, '127.0.0.1'); open.push(server); await new Promise((up) => server.once('listening', up)) }
    if (line === 'write') require('node:fs').writeFileSync('/dev/null', Buffer.alloc(5_000_000))
    console.log(line)
  })
`

describe('what a tree of processes uses', () => {
  before(function () { if (process.platform !== 'linux') this.skip() })
  let parent: ChildProcess
  const tell = async (word: string): Promise<void> => {
    parent.stdin?.write(`${word}\n`)
    for (let heard = ''; !heard.includes(word);) heard += String((await once(parent.stdout ?? assert.fail(), 'data'))[0])
  }
  beforeEach(() => { parent = spawn(process.execPath, ['-e', PARENT], { stdio: ['pipe', 'pipe', 'inherit'], detached: true }) })
  afterEach(() => { if (parent.pid !== undefined) process.kill(-parent.pid, 'SIGKILL') })
  const tree = (): ProcessTree => new ProcessTree(parent.pid ?? assert.fail('it did not start'))

  it('counts the CPU time of a child that came and went between two looks', async () => {
    await tell('ready')
    const looked = tree()
    assert.equal(looked.look(monotonicNow()), undefined)
    await tell('short')
    const used = looked.look(monotonicNow())
    assert.ok(used && used.cpu >= 390 && used.cpu < 5000, `${used?.cpu} ms`)
    assert.equal(used.gauges['processes'], 1)
  })

  it('follows children, those that a thread started too', async () => {
    const looked = tree()
    await tell('long')
    looked.look(ms(0))
    const two = looked.look(ms(100))
    assert.equal(two?.gauges['processes'], 2)
    assert.ok((two.gauges['memory'] ?? 0) > 40e6 && (two.gauges['threads'] ?? 0) > 8, JSON.stringify(two.gauges))
    await tell('thread')
    assert.equal(looked.look(ms(2000))?.gauges['processes'], 3)
  })

  it('counts open files, sockets apart, and bytes that were written', async () => {
    await tell('ready')
    const looked = tree()
    looked.look(ms(0))
    const before = looked.look(ms(1))
    for (const word of ['files', 'sockets', 'write']) await tell(word)
    const after = looked.look(ms(1500))
    assert.equal((after?.gauges['handles'] ?? 0) - (before?.gauges['handles'] ?? 0), 50)
    assert.equal((after?.gauges['sockets'] ?? 0) - (before?.gauges['sockets'] ?? 0), 10)
    assert.ok((after?.bytes['io_written'] ?? 0) >= 5_000_000)
  })

  it('knows nothing of a process that is gone', async () => {
    const looked = tree()
    looked.look(ms(0))
    process.kill(-(parent.pid ?? assert.fail()), 'SIGKILL')
    await once(parent, 'exit')
    assert.equal(looked.look(ms(100)), undefined)
    parent = spawn(process.execPath, ['-e', PARENT], { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  })
})
