import assert from 'node:assert/strict'
import type { EventBody, JournalEvent } from '../../src/record/events.ts'
import { analyseRun } from '../../src/report/analysis.ts'
import { foldRun } from '../../src/report/fold.ts'
import { actionCells, gameCells, gameOf } from '../../src/report/game.ts'
import { renderHtml } from '../../src/report/html.ts'
import { reportOf } from '../../src/report/json.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { renderText } from '../../src/report/text.ts'
import { AT, at, outage } from './journal-builder.ts'

/** The outage, as people made it, saw it and dealt with it. */
function session(): readonly JournalEvent[] {
  const told = (offset: number, body: EventBody): JournalEvent => ({ seq: 0, at: at(offset), wall: '2026-11-23T18:32:58.000Z', ...body })
  const own = [
    told(AT.armed - 6, { kind: 'operator', who: 'anna', did: 'inject', text: 'partition cache standing', rule: 'cut' }),
    told(AT.effect + 4000, { kind: 'operator', who: 'bert', did: 'detected', text: '' }),
    told(AT.effect + 9000, { kind: 'operator', who: 'bert', did: 'mitigated', text: 'cut by <hand> \u001b[2J' }),
    told(AT.cleared - 1, { kind: 'operator', who: 'anna', did: 'clear', text: 'cut', rule: 'cut' }),
  ]
  return [...outage(), ...own].sort((a, b) => a.at - b.at).map((event, seq) => ({ ...event, seq }))
}

describe('what people did in a session', () => {
  const record = foldRun(session())
  const analysis = analyseRun(record)

  it('measures each injection, and from its effect and onset the time to detect and to mitigate', () => {
    const game = gameOf(record, analysis)
    const [row] = game?.injections ?? []
    assert.ok(row && game?.injections.length === 1)
    assert.equal(row.who, 'anna')
    assert.equal(row.worst?.timing.status, 'recovered')
    assert.equal(Math.round(row.detected?.after ?? 0), 4000)
    assert.equal(Math.round(row.mitigated?.after ?? 0), 9000)
    // The onset is a bucket's beginning, at most a bucket before the effect.
    const onset = row.detected?.afterOnset ?? 0
    assert.ok(onset > 3700 && onset <= 4250, String(onset))
    const cells = gameCells(row, record.from)
    assert.match(cells[0] ?? '', /^partition on cache by anna$/)
    assert.match(cells[4] ?? '', /^recovered: depth .*, back .* ± 250ms$/)
    assert.match(cells[5] ?? '', /^4s \(.* after onset\) bert$/)
  })

  it('takes a mark for the last injection before it, or for the one that it names', () => {
    const first = foldRun(session().filter((event) => event.kind !== 'operator' || event.did !== 'mitigated'))
    assert.equal(gameOf(first, analyseRun(first))?.injections[0]?.mitigated, undefined)
    const before = foldRun(session().map((event) => (event.kind === 'operator' && event.did === 'detected' ? { ...event, at: at(AT.method) } : event)))
    assert.equal(gameOf(before, analyseRun(before))?.injections[0]?.detected, undefined, 'nothing was armed yet')
  })

  it('stands in every report, and lets nobody\'s text act there', () => {
    const text = renderText(record, analysis, { color: false, width: 100 })
    assert.match(text, /\nInjections\n {2}cut: partition on cache by anna, .*\n/)
    assert.match(text, /\n {4}detected 4s \(/)
    assert.match(text, /\nWho did what\n.*anna {2}injects partition cache standing\n.*bert {2}marks detected\n/)
    const html = renderHtml(record, analysis)
    assert.match(html, /<h2>The session<\/h2>/)
    assert.match(html, /cut by &lt;hand&gt;/)
    const markdown = renderMarkdown(record, analysis)
    assert.match(markdown, /\| cut \| partition on cache by anna \|/)
    const { session: told } = JSON.parse(JSON.stringify(reportOf(record, analysis))) as { session: { actions: unknown[]; injections: { step: string; detected: { afterMs: number } }[] } }
    assert.equal(told.actions.length, 4)
    assert.equal(Math.round(told.injections[0]?.detected.afterMs ?? 0), 4000)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
    assert.doesNotMatch(text + html + markdown, /\u001b/)
    assert.deepEqual(actionCells({ seq: 0, at: at(0), wall: '2026-11-23T18:32:58.000Z', kind: 'operator', who: 'x', did: 'halt', text: '' }, at(0)), ['+0ms', '18:32:58', 'x', 'halts'])
  })

  it('leaves no trace where nobody did anything by hand', () => {
    const plain = foldRun(outage())
    assert.equal(gameOf(plain, analyseRun(plain)), undefined)
    assert.doesNotMatch(renderText(plain, analyseRun(plain), { color: false, width: 100 }), /Who did what|Injections/)
    assert.doesNotMatch(renderHtml(plain, analyseRun(plain)), /The session/)
    assert.equal((reportOf(plain, analyseRun(plain)) as { session: unknown }).session, null)
  })
})
