/** Worker processes for tests, used again: starting one takes longer than most tests. */

import { fork, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { WorkerProcess } from '../../src/proxy/cluster/link.ts'

const idle: ChildProcess[] = []

function started(): ChildProcess {
  const child = fork(fileURLToPath(new URL('./worker-main.js', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  child.unref()
  child.channel?.unref()
  child.setMaxListeners(50)
  return child
}

/** Like a process of its own, until its channel is closed: then it is the next one's. */
export function pooledWorker(): WorkerProcess {
  const child = idle.pop() ?? started()
  const own = new EventEmitter()
  const forward = (event: string) => (...args: unknown[]): void => { own.emit(event, ...args) }
  const forwards = ['message', 'error', 'exit'].map((event) => [event, forward(event)] as const)
  for (const [event, listener] of forwards) child.on(event, listener)
  let connected = true
  return Object.assign(own, {
    pid: child.pid,
    get connected() { return connected && child.connected },
    send: child.send.bind(child),
    kill: child.kill.bind(child),
    disconnect() {
      connected = false
      for (const [event, listener] of forwards) child.off(event, listener)
      if (child.connected && child.exitCode === null) idle.push(child)
      setImmediate(() => own.emit('exit', 0, null))
    },
  }) as unknown as WorkerProcess
}
