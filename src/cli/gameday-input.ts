/** Where the commands of a game day come from: a terminal with a picture, a plain one, or a script. */

import { createInterface } from 'node:readline'
import { BrownoutError } from '../core/errors.ts'
import type { Completion } from '../gameday/complete.ts'
import { Terminal } from '../gameday/terminal.ts'
import type { Context, Input, Output } from './command.ts'

/** The longest script. */
const SCRIPT_BYTES_MAX = 256 * 1024

export interface Screen { say(line: string): void; repaint(): void; close(): void }

export interface Heard {
  picture(width: number): readonly string[]
  complete(line: string): Completion
  onLine(line: string): void
  onInterrupt(): void
  onEnd(): void
}

/** Lines alone: nothing here moves the cursor. Ctrl-C is a signal as ever. */
export function plainScreen({ stdin, stderr }: Pick<Context, 'stdin' | 'stderr'>, { onLine, onEnd }: Pick<Heard, 'onLine' | 'onEnd'>): Screen {
  const lines = createInterface({ input: stdin, terminal: false })
  let closed = false
  lines.on('line', onLine).on('close', () => { if (!closed) onEnd() })
  return { say: (line) => { stderr.write(`${line}\n`) }, repaint: () => undefined, close: () => { closed = true; lines.close() } }
}

export const fullScreen = (stdin: Input, output: Output, heard: Heard): Screen => new Terminal({ stdin, output, ...heard })

/** Nobody is there to be asked. */
export const noScreen = (stderr: Output): Screen => ({ say: (line) => { stderr.write(`${line}\n`) }, repaint: () => undefined, close: () => undefined })

/** All of it. USAGE where it is too long. */
export async function readScript(stdin: Input): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > SCRIPT_BYTES_MAX) throw new BrownoutError('USAGE', { message: `the script on stdin is longer than ${SCRIPT_BYTES_MAX / 1024} KiB` })
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}
