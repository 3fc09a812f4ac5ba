/** Which processes of an application can be profiled, and where their inspectors listen. */

import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { treeOf } from '../observe/process-tree.ts'

/** SIGUSR1 in the mask of signals that a process handles: whoever does not handle it would die of it. */
const SIGUSR1_BIT = 9n
const NODE = /^node(js)?(-\d+)?$/
/** Each costs the application some percent of a core. */
const PROCESSES_MAX = 16

/** `--inspect-port` opens nothing; it says where, once a process is asked to. Every process that inherits it takes a port of its own. */
export const withInspectPort = (options: string | undefined): string => [options ?? '', '--inspect-port=127.0.0.1:0'].join(' ').trim()

/** Node processes among `root` and its descendants; `root` itself where this machine tells of no others and its command is a Node. */
export function nodeProcesses(root: number, command: string): readonly number[] {
  const tree = treeOf(root)
  if (tree.length === 0) return NODE.test(basename(command)) || command === process.execPath ? [root] : []
  return tree.filter(isNode).slice(0, PROCESSES_MAX)
}

function isNode(pid: number): boolean {
  try {
    const program = readlinkSync(`/proc/${pid}/exe`)
    const handled = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
    return (NODE.test(basename(program)) || program === process.execPath) && ((BigInt(`0x${handled}`) >> SIGUSR1_BIT) & 1n) === 1n
  } catch {
    // Gone between two looks, or not ours to see.
    return false
  }
}

/** Of all inspectors that an output tells of, each once. */
export const inspectorsIn = (output: string): readonly string[] => [...new Set([...output.matchAll(/Debugger listening on (ws:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d{1,5}\/[0-9a-f-]{36})/g)].flatMap(([, url]) => url ?? []))]
