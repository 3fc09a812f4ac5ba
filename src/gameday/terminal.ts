/**
 * A terminal with a picture of now above its prompt: lines scroll away above both, as they would without. Only cursor-up, clear-line
 * and clear-down are used, so that it works wherever those do; node:readline edits the line.
 */

import { createInterface, type Interface } from 'node:readline'
import { realClock, type Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import { commonStart, type Completion } from './complete.ts'

type RawInput = NodeJS.ReadableStream & { setRawMode?: (raw: boolean) => unknown }
type Output = NodeJS.WritableStream & { readonly columns?: number }

export interface TerminalOptions {
  readonly stdin: RawInput
  readonly output: Output
  /** The picture, each line at most so wide. */
  picture(width: number): readonly string[]
  complete(line: string): Completion
  onLine(line: string): void
  /** Ctrl-C, which the terminal does not make a signal of here. */
  onInterrupt(): void
  /** Ctrl-D, or nobody is there any more. */
  onEnd(): void
}

const REPAINT: Ms = ms(500)
const PROMPT = '> '
/** Terminals have their stops so far apart. */
const TAB = 8
const COLUMNS = 80
const UP = (lines: number): string => (lines > 0 ? `\u001b[${lines}A` : '')
const RIGHT = (columns: number): string => (columns > 0 ? `\u001b[${columns}C` : '')
const CLEAR_LINE = '\u001b[K'
const CLEAR_DOWN = '\u001b[J'
const CLEAR_ALL = '\u001b[H\u001b[2J'

export class Terminal {
  readonly #options: TerminalOptions
  readonly #readline: Interface
  #timer: Timer | undefined
  /** Lines of the picture that stand above the prompt now. */
  #painted = 0
  #closed = false

  constructor(options: TerminalOptions) {
    this.#options = options
    const { stdin, output, onLine, onInterrupt, onEnd } = options
    bearLoss(stdin)
    this.#readline = createInterface({
      input: stdin, output, terminal: true, prompt: PROMPT, historySize: 500, removeHistoryDuplicates: true, tabSize: TAB,
      completer: (line: string) => this.#completed(line),
    })
    this.#readline
      .on('line', (line) => { this.#entered(line); onLine(line) })
      .on('SIGINT', onInterrupt)
      // A process that is stopped keeps its faults armed and forwards nothing.
      .on('SIGTSTP', () => this.say('not suspended: proxies and faults are held by this process'))
      .on('close', () => { if (!this.#closed) onEnd() })
    output.on('resize', this.#resized)
    this.repaint()
    this.#tick()
  }

  get width(): number { return Math.max(20, this.#options.output.columns ?? COLUMNS) }

  /** A line above the picture. */
  say(text: string): void {
    if (this.#closed) this.#options.output.write(`${text}\n`)
    else this.#paint(`${text.replaceAll('\n', `${CLEAR_LINE}\n`)}${CLEAR_LINE}\n`)
  }

  repaint(): void { if (!this.#closed) this.#paint('') }

  /** Takes picture and prompt away; the lines stay. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#timer?.cancel()
    this.#options.output.off('resize', this.#resized)
    const { rows } = this.#readline.getCursorPos()
    this.#options.output.write(`${UP(this.#painted + rows)}\r${CLEAR_DOWN}`)
    this.#readline.close()
  }

  /** What was wrapped at another width can not be found again. */
  readonly #resized = (): void => {
    this.#options.output.write(CLEAR_ALL)
    this.#painted = 0
    this.repaint()
  }

  #tick(): void {
    this.#timer = realClock.at(ms(realClock.now() + REPAINT), () => { this.repaint(); this.#tick() })
  }

  /** From the first line of the picture on: `above`, the picture, the prompt with what is typed, the cursor where it was. */
  #paint(above: string): void {
    const { output, picture } = this.#options
    const { rows, cols } = this.#readline.getCursorPos()
    const { width } = this
    const lines = picture(width - 1)
    const { line } = this.#readline
    const typed = columnsOfText(`${PROMPT}${line}`)
    const last = Math.floor(typed / width)
    output.write([
      `${UP(this.#painted + rows)}\r`, above, ...lines.map((one) => `${one}${CLEAR_LINE}\n`),
      // Where the text ends at the edge, the terminal has not gone on to the next line yet.
      CLEAR_LINE, PROMPT, line, typed > 0 && typed % width === 0 ? ' ' : '', CLEAR_DOWN, `\r${UP(last - rows)}${RIGHT(cols)}`,
    ].join(''))
    this.#painted = lines.length
  }

  /** Enter has moved the cursor below the prompt; what was typed becomes a line like others. */
  #entered(line: string): void {
    const rows = Math.floor(columnsOfText(`${PROMPT}${line}`) / this.width) + 1
    this.#options.output.write(`${UP(this.#painted + rows)}\r`)
    this.#painted = 0
    if (line.trim() === '') return this.repaint()
    this.say(`${PROMPT}${line.replaceAll('\t', ' ')}`)
  }

  /** Several are shown above the picture, where readline's own list would stand in it. */
  #completed(line: string): [string[], string] {
    const { candidates, word } = this.#options.complete(line)
    const [first] = candidates
    if (first === undefined) return [[], line]
    const start = commonStart(candidates)
    // One that goes on (`delay=`, `where.`) waits for its value.
    if (candidates.length === 1) return [[/[=.]$/.test(first) ? first : `${first} `], word]
    if (start.length > word.length) return [[start], word]
    this.say(columnsOf(candidates, this.width - 1))
    return [[], line]
  }
}

/** Where the terminal has gone (a closed window, a lost line), readline cannot put it back as it was, and must not throw for that. */
function bearLoss(stdin: RawInput): void {
  const { setRawMode } = stdin
  if (!setRawMode) return
  stdin.setRawMode = (raw) => {
    try {
      return setRawMode.call(stdin, raw)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EIO') return stdin
      throw error
    }
  }
}

/** Text that is pasted may hold tabs. */
const columnsOfText = (text: string): number => [...text].reduce((at, one) => (one === '\t' ? at + TAB - (at % TAB) : at + 1), 0)

/** Words beside and below one another. */
export function columnsOf(words: readonly string[], width: number): string {
  const cell = Math.max(...words.map((word) => word.length)) + 2
  const each = Math.max(1, Math.floor((width - 2) / cell))
  const lines = Array.from({ length: Math.ceil(words.length / each) }, (_, i) => `  ${words.slice(i * each, (i + 1) * each).map((word) => word.padEnd(cell)).join('')}`.trimEnd())
  return lines.join('\n')
}
