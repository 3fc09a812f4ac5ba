/** Operations that are programs: each is started, and ends as it exits. */

import { spawn, type ChildProcess } from 'node:child_process'
import { NOTHING_SENT, reasonOf, template, type Client } from './client.ts'
import type { ProgramRun } from './spec.ts'

/** Those under way, of all loads of this process: none of them outlives it. */
const running = new Set<ChildProcess>()
process.once('exit', endAll)

/** `{n}` in an argument is the operation's number. What a program prints is passed over. One that became late is killed. */
export function openPrograms({ argv, env, cwd }: ProgramRun): Client {
  const words = argv.map(template)
  const own = new Set<ChildProcess>()
  const environment = { ...process.env, ...env }
  return {
    opened: Promise.resolve(),
    send(n, done) {
      const [command = '', ...args] = words.map((word) => word(n))
      let child: ChildProcess
      try {
        child = spawn(command, args, { cwd, env: environment, stdio: 'ignore' })
      } catch (error) {
        done('error', reasonOf(error))
        return NOTHING_SENT
      }
      running.add(child)
      own.add(child)
      const over = (outcome: 'ok' | 'error', reason?: string): void => {
        running.delete(child)
        own.delete(child)
        done(outcome, reason)
      }
      child.once('error', (error) => over('error', reasonOf(error)))
      child.once('exit', (code, signal) => (code === 0 ? over('ok') : over('error', signal ?? `exit ${code}`)))
      return { abandon: () => { child.kill('SIGKILL') } }
    },
    close() {
      for (const child of own) child.kill('SIGKILL')
      return Promise.resolve()
    },
  }
}

function endAll(): void { for (const child of running) child.kill('SIGKILL') }
