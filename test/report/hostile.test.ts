/** What others wrote is shown as text in every format: names, questions, steps and what faults say of traffic may hold anything. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { analyseRun } from '../../src/report/analysis.ts'
import { annotationsOf } from '../../src/report/annotations.ts'
import { foldRun } from '../../src/report/fold.ts'
import { renderHtml } from '../../src/report/html.ts'
import { renderJson } from '../../src/report/json.ts'
import { renderJunit } from '../../src/report/junit.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { renderText } from '../../src/report/text.ts'
import type { JournalEvent } from '../../src/record/events.ts'
import { BROWSER, startBrowser } from '../support/browser.ts'
import { outageByName } from './figures-builder.ts'

const ATTACK = '</script><img src=x onerror="document.title=\'owned\'"><!--'
const ANSI = '\u001b[31mred\u001b[0m\u001b]0;title\u0007\u009b2J\u0007\r\nnext ::error::x'

/** A run in which every text that somebody else may choose is `text`. */
function poisoned(text: string): readonly JournalEvent[] {
  const events = outageByName({ name: text, question: text, step: text, target: text, load: text, did: text, outcome: 'FAIL' }, undefined, () => text)
  const extra = [
    { kind: 'problem', code: text, text } as const, { kind: 'note', text } as const, { kind: 'app', app: text, event: 'exited', detail: text } as const,
    { kind: 'heal', target: text, ok: false, before: text, after: text } as const,
    { kind: 'profile', profile: { app: text, during: text, processes: [{ pid: 1, title: text, files: [text] }], intervalMs: 1, baselineMs: 1000, faultMs: 1000, baseline: 0.1, fault: 0.5,
      grown: [{ name: text, at: text, baseline: 0.1, fault: 0.5 }], calls: [{ name: text, at: text, baseline: 0.1, fault: 0.5, calls: [] }] } } as const,
  ]
  return [...events.map((event): JournalEvent => {
    if (event.kind === 'verdict') return { ...event, why: text, expectations: event.expectations.map((one) => ({ ...one, text, measured: text, limit: text, margin: text, hint: text })) }
    if (event.kind === 'run.started') return { ...event, file: text, hash: text, run: text, source: text, versions: { [text]: text }, targets: event.targets.map((target) => ({ ...target, upstream: text })) }
    return event.kind === 'rule.arming' ? { ...event, fault: text, params: { [text]: text } } : event
  }), ...extra.map((body, i) => ({ seq: events.length + i, at: events[0]?.at ?? assert.fail(), wall: '', ...body }))]
}

const reported = (text: string) => {
  const record = foldRun(poisoned(text))
  return { record, analysis: analyseRun(record) }
}

describe('text of others', () => {
  it('is escaped in HTML: no element and no attribute comes of it', () => {
    const { record, analysis } = reported(ATTACK)
    const page = renderHtml(record, analysis)
    assert.equal(page.includes('<img'), false)
    assert.equal(page.includes('onerror="'), false)
    assert.equal(page.match(/<\/script>/g)?.length, 4)
    assert.ok(page.includes('&lt;/script&gt;&lt;img src=x onerror=&quot;'))
  })

  it('is nothing that a terminal acts on in the summary', () => {
    for (const color of [true, false]) {
      const { record, analysis } = reported(ANSI)
      // Colours are ours and of the plain kind; with them taken out no control character is left but the end of a line.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is looked for
      const ours = color ? /\u001b\[\d+m/g : /(?!)/g
      const rest = renderText(record, analysis, { color, width: 100, files: [{ format: 'html', path: ANSI }] }).replace(ours, '')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
      assert.doesNotMatch(rest, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
      assert.doesNotMatch(rest, /^next/m)
    }
  })

  it('cannot break out of an attribute or bring in a line in JUnit', () => {
    const { record } = reported(`${ATTACK}"/><testcase name="forged"/>\n<x>${ANSI}\u0000\ufffe`)
    const xml = renderJunit([record])
    assert.equal(xml.match(/<testcase /g)?.length, 3)
    assert.equal(xml.match(/<failure /g)?.length, 1)
    assert.equal(xml.split('\n').every((line) => line === '' || /^ *<[^<>]*>$/.test(line)), true)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no way to hold them
    assert.doesNotMatch(xml, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe]/)
  })

  it('is no markup, no table cell and nobody mentioned in Markdown', () => {
    const { record, analysis } = reported(`a | b\n# c <img> @everyone [x](y) \`z\` ${ATTACK}`)
    const text = renderMarkdown(record, analysis)
    assert.doesNotMatch(text, /<|@/)
    assert.doesNotMatch(text, /^# c/m)
    assert.doesNotMatch(text, /[^\\]\[x\]/)
    const head = text.split('\n').find((line) => line.includes('| measured |')) ?? ''
    const bar = /(?<!\\)\|/g
    for (const line of text.split('\n').slice(text.split('\n').indexOf(head) + 2).slice(0, 3)) assert.equal(line.match(bar)?.length, head.match(bar)?.length)
  })

  it('gives one annotation a finding, whatever is in it', () => {
    const lines = annotationsOf(reported(`x\n::error::forged %0A, a:b`).record)
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /^::error [^\n]*::x ::error::forged %250A, a:b: measured [^\n]*$/)
    assert.match(lines[0] ?? '', /file=x %3A%3Aerror%3A%3Aforged %250A%2C a%3Ab,line=31,title=FAIL%3A/)
  })

  it('comes back as it was from JSON', () => {
    const { record, analysis } = reported(ATTACK)
    assert.equal(JSON.parse(renderJson(record, analysis)).question, ATTACK)
  })
})

describe('the page', () => {
  it('allows only its own scripts and style, by their hashes, and no address of any kind', () => {
    const { record, analysis } = reported('fine')
    const page = renderHtml(record, analysis)
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? ''
    assert.match(policy, /^default-src 'none'; script-src 'sha256-\S+' 'sha256-\S+' 'sha256-\S+'; style-src 'sha256-\S+'; img-src data:/)
    const blocks = [...page.matchAll(/<(?:script|style)>([\s\S]*?)<\/(?:script|style)>/g)].map(([, text]) => text ?? '')
    assert.equal(blocks.length, 4)
    for (const text of blocks) assert.ok(policy.includes(`'sha256-${createHash('sha256').update(text).digest('base64')}'`))
    assert.doesNotMatch(page.replace(/<script>[\s\S]*?<\/script>/g, ''), /\s(style|on[a-z]+|src|href)="/)
  })

  it('is the same, byte for byte, from the same record', () => {
    const { record, analysis } = reported('fine')
    assert.equal(renderHtml(record, analysis), renderHtml(foldRun(poisoned('fine')), analysis))
  })

  it('runs in a browser without a word on its console, draws every chart and does what no attack says', async function () {
    if (!BROWSER) this.skip()
    this.timeout(60_000)
    const folder = mkdtempSync(join(tmpdir(), 'page-'))
    const browser = await startBrowser()
    try {
      const { record, analysis } = reported(ATTACK)
      const file = join(folder, 'report.html')
      writeFileSync(file, renderHtml(record, analysis))
      for (const view of [{ width: 1280, height: 900 }, { width: 390, height: 800 }]) {
        const page = await browser.newPage({ viewport: view, colorScheme: view.width > 500 ? 'dark' : 'light' })
        const said: string[] = []
        page.on('console', (message) => said.push(message.text()))
        page.on('pageerror', (error) => said.push(String(error)))
        page.on('request', (request) => { if (!request.url().startsWith('file:')) said.push(request.url()) })
        await page.goto(pathToFileURL(file).href)
        assert.equal(await page.locator('.chart canvas').count(), 8)
        assert.equal(await page.locator('img').count(), 0)
        assert.notEqual(await page.title(), 'owned')
        assert.equal(await page.locator('h1').textContent().then((text) => text?.includes('<img')), true)
        assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, 'wider than the screen')
        assert.deepEqual(said, [])
        await page.close()
      }
    } finally {
      await browser.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
