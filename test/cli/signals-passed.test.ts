import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { SignalsPassed } from '../../src/cli/signals-passed.ts'
import { startWatchdog } from '../../src/watchdog/watchdog.ts'
import { WrappedCommand } from '../../src/wrap/command.ts'

describe('signals of a program that wraps another', () => {
  it('are kept until there is a command, then passed on to it, then passed over', async () => {
    let hear: (signal: NodeJS.Signals) => void = () => undefined
    let stopped = false
    const signals = new SignalsPassed({ stdin: new PassThrough(), onEvery: (listener) => { hear = listener; return () => { stopped = true } } })
    hear('SIGUSR2')
    assert.equal(signals.early, undefined)
    hear('SIGTERM')
    hear('SIGINT')
    assert.equal(signals.early, 'SIGTERM')

    const watchdog = startWatchdog()
    try {
      const command = WrappedCommand.start({ argv: ['sleep', '60'], cwd: '/', env: process.env, watchdog })
      signals.to(command)
      hear('SIGTERM')
      assert.deepEqual(await command.ended, { exit: 143, signal: 'SIGTERM' })
      hear('SIGTERM')
    } finally {
      watchdog.close()
    }
    signals.close()
    assert.equal(stopped, true)
  })
})
