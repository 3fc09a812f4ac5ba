/** What the benches that run experiments by the command line have in common: which of them, the document that each run prints, and one table of all. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Table from 'cli-table3'
import { ROOT } from '../support/paths.ts'

const BROWNOUT = join(ROOT, 'dist/bin/brownout.js')

/** Those that ONLY names, by their files; all where it is not set. Throws for a name that is none. */
export function chosen<T extends { readonly file: string }>(all: readonly T[], what: string): readonly T[] {
  const only = process.env['ONLY']?.split(',')
  const unknown = only?.filter((one) => !all.some(({ file }) => file === one)) ?? []
  if (unknown.length > 0) throw new Error(`no such ${what}: ${unknown.join(', ')}; there are ${all.map(({ file }) => file).join(', ')}`)
  return all.filter(({ file }) => only?.includes(file) ?? true)
}

/** Runs it as anybody would. `stdout` is empty where it came to nothing. */
export async function brownout(args: readonly string[], { env = process.env, stderr, started }: { readonly env?: NodeJS.ProcessEnv; readonly stderr: 'inherit' | 'pipe'; readonly started?: (child: ChildProcess) => void }): Promise<{ readonly stdout: string; readonly stderr: string; readonly exit: unknown }> {
  const child = spawn(process.execPath, [BROWNOUT, ...args], { env, stdio: ['ignore', 'pipe', stderr] })
  started?.(child)
  let [text, said] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (part: string) => { text += part })
  child.stderr?.setEncoding('utf8').on('data', (part: string) => { said += part })
  const [exit] = await once(child, 'close')
  return { stdout: text.trim() === '' ? '' : text, stderr: said, exit }
}

/** On the terminal, and as Markdown in the file that WRITE names. */
export function tell(head: readonly string[], rows: readonly (readonly string[])[], about: string): void {
  const table = new Table({ head: [...head], style: { head: [], border: [] } })
  for (const row of rows) table.push([...row])
  process.stdout.write(`${table.toString()}\n${about}\n`)
  const write = process.env['WRITE']
  if (!write) return
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  writeFileSync(write, [line(head), line(head.map(() => '---')), ...rows.map(line), '', about, ''].join('\n'))
}
