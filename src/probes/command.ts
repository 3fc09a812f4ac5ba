/** A command of the user's. ok: exit 0. The value is stdout as a number, where it is one. */

import { spawn } from 'node:child_process'
import { numeric, valued, type Finding } from './deadline.ts'

/** More output than this is cut off and is no number. */
const OUTPUT_MAX = 64 * 1024

/** Without a shell, in a process group of its own that is ended with it, however it ends. */
export const probeCommand = ([program = '', ...args]: readonly string[], signal: AbortSignal): Promise<Finding> => new Promise((resolve, reject) => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  const endGroup = (): void => { if (child.pid !== undefined) killGroup(child.pid) }
  signal.addEventListener('abort', endGroup, { once: true })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { if (output.length <= OUTPUT_MAX) output += text })
  child.on('error', reject)
  // What it left running holds stdout open: without this `close` would wait for that.
  child.on('exit', endGroup)
  child.on('close', (code, by) => {
    signal.removeEventListener('abort', endGroup)
    resolve({ ok: code === 0, ...valued(output.length > OUTPUT_MAX ? undefined : numeric(output)), ...(code === 0 ? {} : { problem: by ?? `exit ${code}` }) })
  })
})

/** False when nothing of the group is left. */
function killGroup(pid: number): boolean {
  try {
    return process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}
