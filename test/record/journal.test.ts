import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { ManualClock } from '../../src/core/clock.ts'
import { BrownoutError } from '../../src/core/errors.ts'
import { ms } from '../../src/core/units.ts'
import type { EventBody } from '../../src/record/events.ts'
import { Journal, JOURNAL_FILE, parseJournal, readJournal } from '../../src/record/journal.ts'
import { isEvent } from '../../src/record/shape.ts'
import { outage } from '../report/journal-builder.ts'

const code = (expected: string) => (error: unknown): boolean => error instanceof BrownoutError && error.code === expected
const HEADER = '{"journal":"brownout","format":1,"pid":1}'

describe('journal', () => {
  let folder: string
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'journal-')) })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('gives back what was written, in order, with sequence, monotonic and wall time', () => {
    const clock = new ManualClock(ms(1000.5))
    const journal = Journal.create(folder, { clock, wall: () => '2026-11-23T18:32:41.000Z' })
    const bodies: EventBody[] = [{ kind: 'phase', phase: 'start' }, { kind: 'note', text: 'hello' }, { kind: 'run.ended', exit: 0, outcome: 'PASS' }]
    const written = bodies.map((body) => { clock.advance(ms(10)); return journal.write(body) })
    journal.close()
    const { events, torn, problems, header } = readJournal(journal.file)
    assert.deepEqual(events, written)
    assert.deepEqual(events.map(({ seq, at }) => [seq, at]), [[0, 1010.5], [1, 1020.5], [2, 1030.5]])
    assert.deepEqual({ torn, problems, format: header?.format, pid: header?.pid }, { torn: false, problems: [], format: 1, pid: process.pid })
  })

  it('is on the disk before write returns', () => {
    const journal = Journal.create(folder)
    journal.write({ kind: 'note', text: 'before the fault' })
    assert.match(readFileSync(journal.file, 'utf8'), /before the fault/)
    journal.close()
  })

  it('makes its folder 0700 and its file 0600', () => {
    const journal = Journal.create(join(folder, 'run'))
    journal.close()
    assert.equal(statSync(join(folder, 'run')).mode & 0o777, 0o700)
    assert.equal(statSync(journal.file).mode & 0o777, 0o600)
  })

  it('writes over no journal and through no link', () => {
    Journal.create(folder).close()
    assert.throws(() => Journal.create(folder), code('JOURNAL_FAILED'))
    const linked = join(folder, 'linked')
    mkdirSync(linked)
    symlinkSync(join(folder, 'elsewhere'), join(linked, JOURNAL_FILE))
    assert.throws(() => Journal.create(linked), code('JOURNAL_FAILED'))
    assert.equal(existsSync(join(folder, 'elsewhere')), false)
  })

  it('keeps one event on one line, whatever is in its text', () => {
    const journal = Journal.create(folder)
    const text = 'a\nb\r\u0007\u001b[31m\u0085\u009b\u2028\u007f"\\'
    journal.write({ kind: 'note', text })
    journal.close()
    const lines = readFileSync(journal.file, 'utf8').split('\n')
    assert.equal(lines.length, 3)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be in the file
    assert.doesNotMatch(lines.join(''), /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
    const [event] = readJournal(journal.file).events
    assert.ok(event?.kind === 'note' && event.text === text)
  })

  it('takes secrets out of every text, at any depth, before they are written', () => {
    const secret = 's3cr3t-"42'
    const journal = Journal.create(folder, { redact: (text) => text.replaceAll(secret, '***') })
    journal.write({ kind: 'rule.arming', rule: 'cut', step: 'cut', fault: 'partition', target: 'cache', params: { url: `redis://:${secret}@h` }, detail: [{ deep: secret }] })
    journal.write({ kind: 'problem', code: 'X', text: `cannot reach ${secret}` })
    journal.close()
    const text = readFileSync(journal.file, 'utf8')
    assert.doesNotMatch(text, /s3cr3t/)
    assert.match(text, /redis:\/\/:\*\*\*@h/)
  })

  it('says JOURNAL_FAILED when the disk is full from the start', function () {
    if (!existsSync('/dev/full')) this.skip()
    assert.throws(() => Journal.create(folder, { open: () => openSync('/dev/full', 'w') }), code('JOURNAL_FAILED'))
  })

  it('stops writing at the first failure, throws it once, and numbers on', () => {
    let descriptor = -1
    const journal = Journal.create(folder, { open: (file) => { descriptor = openSync(file, 'ax'); return descriptor } })
    journal.write({ kind: 'note', text: 'good' })
    const before = readFileSync(journal.file, 'utf8')
    // The disk goes away: from here on every write is EBADF.
    closeSync(descriptor)
    assert.throws(() => journal.write({ kind: 'note', text: 'lost' }), code('JOURNAL_FAILED'))
    assert.ok(code('JOURNAL_FAILED')(journal.failed))
    assert.equal(journal.write({ kind: 'rule.cleared', rule: 'cut', step: 'cut', reason: 'journal', effectiveAt: ms(1), matched: 0, altered: 0 }).seq, 2)
    assert.equal(readFileSync(journal.file, 'utf8'), before)
  })

  it('read back at any byte gives the events up to the last whole line', () => {
    const events = outage({ rate: 20 })
    const text = [HEADER, ...events.map((event) => JSON.stringify(event))].map((line) => `${line}\n`).join('')
    const bytes = Buffer.from(text)
    fc.assert(fc.property(fc.integer({ min: 0, max: bytes.length }), (cut) => {
      const read = parseJournal(bytes.subarray(0, cut).toString('utf8'), 'cut')
      const whole = bytes.subarray(0, cut).filter((byte) => byte === 10).length
      assert.equal(read.events.length, Math.max(0, whole - 1))
      assert.deepEqual(read.events, events.slice(0, read.events.length))
      assert.equal(read.torn, cut > 0 && bytes[cut - 1] !== 10)
      assert.deepEqual(read.problems, [])
    }), { numRuns: 200 })
  })

  it('is a readable prefix whenever its process is killed', async function () {
    this.timeout(60_000)
    const script = `const { Journal } = await import(process.argv[1]); const journal = Journal.create(process.argv[2])
      for (let i = 0; ; i++) { journal.write({ kind: 'note', text: 'x'.repeat(i % 700) }); if (i % 50 === 0) await new Promise(setImmediate); if (i === 20) process.stdout.write('begun') }`
    for (const [n, delay] of [0, 3, 11, 29].entries()) {
      const run = join(folder, String(n))
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', new URL('../../src/record/journal.js', import.meta.url).href, run], { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(child, 'exit')
      await once(child.stdout, 'data')
      await new Promise((resolve) => { setTimeout(resolve, delay) })
      child.kill('SIGKILL')
      await ended
      const { events, problems, header } = readJournal(join(run, JOURNAL_FILE))
      assert.equal(header?.pid, child.pid)
      assert.ok(events.length > 20)
      assert.deepEqual(problems, [])
    }
  })

  it('refuses a newer format, a file that is no journal, and none at all', () => {
    const file = join(folder, JOURNAL_FILE)
    writeFileSync(file, '{"journal":"brownout","format":2,"pid":1}\n')
    assert.throws(() => readJournal(file), (error) => code('JOURNAL_FORMAT')(error) && /format 2; this version reads format 1/.test(String(error)))
    writeFileSync(file, 'PNG\n')
    assert.throws(() => readJournal(file), code('JOURNAL_FORMAT'))
    assert.throws(() => readJournal(join(folder, 'none')), code('JOURNAL_FORMAT'))
  })

  it('reads on past a line that is no event, and tells where it is', () => {
    const file = join(folder, JOURNAL_FILE)
    const line = (seq: number, body: object): string => `${JSON.stringify({ seq, at: seq, wall: '', ...body })}\n`
    writeFileSync(file, `${HEADER}\n${line(0, { kind: 'phase', phase: 'start' })}garbage\n`)
    appendFileSync(file, line(1, { kind: 'bucket', bucket: { name: 'half' } }) + line(2, { kind: 'from.the.future' }) + line(3, { kind: 'note', text: 'on' }))
    const { events, problems } = readJournal(file)
    assert.deepEqual(events.map(({ kind }) => kind), ['phase', 'note'])
    assert.deepEqual(problems.map((one) => one.line), [3, 4, 5, 6])
    assert.equal(problems.at(-1)?.text, 'events are missing before this one')
  })
})

describe('figures and reactions in a journal', () => {
  const figures = { target: 'cache', start: 0, width: 250, parts: [{ of: { command: 'GET' }, offered: 1, ok: 1 }], inFlight: 1 }
  const moves = { retry: 0, reconnect: 0, 'went-on': 1, 'gave-up': 0 }
  const counts = { watched: 1, attempts: 1, moves }
  const event = (body: object): unknown => ({ seq: 0, at: 1, wall: '', ...body })

  it('are read', () => {
    for (const body of [
      { kind: 'figures', figures },
      { kind: 'reaction', rule: 'a', session: 1, operation: 'GET user:*', did: 'replace', alteredAt: 1, next: 'retry', attempts: 2 },
      { kind: 'reactions', rule: 'a', altered: counts, unwatched: 0, control: counts },
    ]) assert.equal(isEvent(event(body)), true, JSON.stringify(body))
  })

  it('are no events where something of them is missing or of another kind', () => {
    for (const body of [
      { kind: 'figures', figures: { ...figures, parts: [{ of: 'GET', offered: 1, ok: 1 }] } }, { kind: 'figures', figures: { ...figures, parts: {} } }, { kind: 'figures' },
      { kind: 'reaction', rule: 'a', session: 1, operation: 'GET', did: 'replace', next: 'retry', attempts: 2 },
      { kind: 'reactions', rule: 'a', altered: { watched: 1, attempts: 1 }, unwatched: 0, control: counts },
    ]) assert.equal(isEvent(event(body)), false, JSON.stringify(body))
  })
})
