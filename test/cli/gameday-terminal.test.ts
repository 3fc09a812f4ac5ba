/** A game day at a real terminal: keys in, screen captured. */

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { experiment, gone, runFolder, until, yard, type Yard } from './brownout.ts'

const BIN = fileURLToPath(new URL('../../bin/brownout.js', import.meta.url))
const hasTmux = spawnSync('tmux', ['-V']).status === 0

let opened = 0

/** A terminal of so many columns in a server of its own, that nobody else's settings reach. */
class Tmux {
  readonly #socket: string
  constructor(folder: string, columns: number, command: string, env: Readonly<Record<string, string>> = {}) {
    this.#socket = join(folder, `tmux-${++opened}`)
    const given = Object.entries(env).map(([name, value]) => `${name}=${value}`).join(' ')
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', '40', '-c', folder, `env ${given} ${command}; echo "exit=$?"; sleep 60`)
  }
  #tmux(...args: readonly string[]): string { return execFileSync('tmux', ['-S', this.#socket, ...args], { encoding: 'utf8' }) }
  type(text: string): void { this.#tmux('send-keys', '-l', text) }
  press(...keys: readonly string[]): void { this.#tmux('send-keys', ...keys) }
  enter(line: string): void { this.type(line); this.press('Enter') }
  resize(columns: number): void { this.#tmux('resize-window', '-x', String(columns)) }
  seen(): string { return this.#tmux('capture-pane', '-p') }
  /** All that it shows and what has scrolled away. */
  shown(): string { return this.#tmux('capture-pane', '-p', '-S', '-') }
  async until(what: RegExp): Promise<string> {
    try {
      await until(() => what.test(this.shown()), 40_000)
    } catch (error) {
      throw new Error(`${String(error)}: ${what} in\n${this.shown()}`)
    }
    return this.shown()
  }
  close(): void { spawnSync('tmux', ['-S', this.#socket, 'kill-server']) }
}

describe('a game day at a terminal', () => {
  let place: Yard
  const open: Tmux[] = []
  before(async function () {
    if (!hasTmux) { console.log('      skipped: there is no tmux here'); this.skip() }
    place = await yard()
    place.write('cart.yaml', experiment(place.port, ''))
  })
  afterEach(() => { for (const one of open.splice(0)) one.close() })
  after(async () => { if (hasTmux) await place.close() })
  const start = (columns: number, args: string, env: Readonly<Record<string, string>> = {}): Tmux => {
    const made = new Tmux(place.folder, columns, `${process.execPath} ${BIN} gameday cart.yaml ${args}`, env)
    open.push(made)
    return made
  }

  it('shows figures and faults over a prompt that completes, and ends in a report', async () => {
    const terminal = start(100, '--as anna --out first')
    await terminal.until(/ready: /)
    terminal.type('inj')
    terminal.press('Tab')
    await terminal.until(/> inject *$/m)
    terminal.type('laten')
    terminal.press('Tab')
    terminal.type('a')
    terminal.press('Tab')
    await terminal.until(/> inject latency api *$/m)
    terminal.type('del')
    terminal.press('Tab')
    terminal.enter('100ms standing id=slow')
    const armed = await terminal.until(/▲ slow: latency api delay=100ms standing +standing {2}[1-9]\d* altered/)
    assert.match(armed, /cart {2}anna \(commander\) .*\d\d:\d\d:\d\d {2}\+0:\d\d/)
    assert.match(armed, /rate +p95 +ok +conns/)
    assert.match(armed, /api +\d+\/s +\S+ +100%/)
    terminal.enter('set slow delay=20')
    await terminal.until(/error PARAM_INVALID: latency\.delay/)
    terminal.press('Up')
    terminal.enter('ms')
    await terminal.until(/▲ slow: latency api delay=20ms standing/)
    terminal.resize(70)
    await terminal.until(/▲ slow: latency api delay=20ms/)
    terminal.enter('mark detected')
    terminal.enter('undo')
    terminal.enter('clear')
    await terminal.until(/nothing is armed/)
    terminal.enter('timeline')
    await terminal.until(/anna {2}marks detected/)
    terminal.enter('quit')
    const ended = await terminal.until(/exit=\d/)
    assert.match(ended, /exit=[02]/)
    assert.match(ended, /Who did what/)
    assert.match(ended, /html +\S+/)
    assert.doesNotMatch(terminal.seen(), /^─{20}/m, 'no picture is left')
  }).timeout(90_000)

  it('heals at Ctrl-C and ends with its report, and lets an observer touch nothing', async () => {
    const terminal = start(80, '--as eve --role observer --out second')
    await terminal.until(/ready: /)
    terminal.enter('inject partition api for=10s')
    await terminal.until(/an observer does not inject/)
    terminal.enter('note I see')
    await terminal.until(/eve: note I see/)
    terminal.press('C-c')
    terminal.press('C-c')
    const ended = await terminal.until(/exit=\d/)
    assert.match(ended, /exit=130/)
    assert.doesNotMatch(ended, /^─{20}/m, 'the terminal is as it was')
  }).timeout(90_000)

  it('heals and reports where the terminal is gone', async () => {
    const terminal = start(80, '--out gone')
    await terminal.until(/ready: /)
    terminal.enter('inject latency api delay=1ms standing id=slow')
    await terminal.until(/slow: armed/)
    terminal.close()
    const [id = ''] = readdirSync(join(place.folder, 'gone'))
    const journal = (): string => readFileSync(join(place.folder, 'gone', id, 'journal.ndjson'), 'utf8')
    await until(() => /"kind":"run.ended"/.test(journal()), 10_000)
    assert.match(journal(), /"kind":"rule.cleared","rule":"slow"/)
    await until(() => readdirSync(join(place.folder, 'gone', id)).includes('report.html'))
    const { pid } = JSON.parse(journal().split('\n', 1)[0] ?? '') as { pid: number }
    await until(() => gone(pid))
  }).timeout(90_000)

  it('works where nothing but lines can be shown', async () => {
    const terminal = start(80, '--as anna --out third', { TERM: 'dumb', NO_COLOR: '1' })
    await terminal.until(/ready: /)
    terminal.enter('inject partition api standing id=cut')
    await terminal.until(/cut: armed/)
    terminal.press('C-d')
    const ended = await terminal.until(/exit=\d/)
    assert.match(ended, /cut: cleared \(method-end\)/)
    const [id = ''] = readdirSync(join(place.folder, 'third'))
    assert.match(readFileSync(join(place.folder, 'third', id, 'session.yaml'), 'utf8'), /step: cut/)
    assert.throws(() => runFolder(place.folder), 'the folder of runs was named')
  }).timeout(90_000)
})
