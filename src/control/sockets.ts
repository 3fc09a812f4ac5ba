/** Where a running brownout is found by those of the same user on the same machine: a socket that nobody else may open. */

import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** `$XDG_RUNTIME_DIR/brownout-UID`, or in the folder for temporary files. */
export const socketFolder = ({ XDG_RUNTIME_DIR: runtime, TMPDIR: temporary }: NodeJS.ProcessEnv): string => join(runtime || temporary || tmpdir(), `brownout-${userInfo().uid}`)

/** Makes the folder where it is missing; undefined where it is somebody else's, or open to others: then nobody is let in by a socket. */
export function ownSocketFolder(env: NodeJS.ProcessEnv): string | undefined {
  const folder = socketFolder(env)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return isOurs(folder) ? folder : undefined
  } catch {
    return undefined
  }
}

export const socketIn = (folder: string, pid: number): string => join(folder, `${pid}.sock`)

/** Those that are there, by process; some of them may have died. None where the folder is not ours alone. */
export function socketsOf(env: NodeJS.ProcessEnv): readonly { readonly pid: number; readonly path: string }[] {
  const folder = socketFolder(env)
  try {
    if (!isOurs(folder)) return []
    return readdirSync(folder).flatMap((name) => {
      const pid = Number(/^(\d+)\.sock$/.exec(name)?.[1] ?? Number.NaN)
      return Number.isNaN(pid) ? [] : [{ pid, path: join(folder, name) }]
    }).sort((a, b) => a.pid - b.pid)
  } catch {
    return []
  }
}

/** What a process of ours that died has left behind. */
export const removeSocket = (path: string): void => rmSync(path, { force: true })

/** Only its owner may open it. */
export const closeToOthers = (path: string): void => chmodSync(path, 0o600)

function isOurs(folder: string): boolean {
  const { uid, mode } = lstatSync(folder)
  return lstatSync(folder).isDirectory() && uid === userInfo().uid && (mode & 0o077) === 0
}
