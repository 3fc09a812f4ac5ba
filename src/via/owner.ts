/** Names of what we make on a server of somebody else's, so that the next run knows what a crashed one has left there. */

import { hostname } from 'node:os'

const HOST = hostname().replace(/[^A-Za-z0-9-]/g, '-')

/** `brownout.HOST.PID.…`. Parts may hold letters, digits, dash, underscore; anything else becomes a dash. */
export const ownName = (...parts: readonly string[]): string =>
  ['brownout', HOST, String(process.pid), ...parts.map((part) => part.replace(/[^A-Za-z0-9_-]/g, '-'))].join('.')

/** True for what a process of this machine has made that is gone by now. Of other machines nothing can be known: theirs is left alone. */
export function isLeftover(name: string): boolean {
  const [mark, host, pid] = name.split('.')
  return mark === 'brownout' && host === HOST && /^\d+$/.test(pid ?? '') && !isRunning(Number(pid))
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
