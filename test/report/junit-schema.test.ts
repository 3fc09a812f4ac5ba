import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JournalEvent } from '../../src/record/events.ts'
import { foldRun } from '../../src/report/fold.ts'
import { renderJunit } from '../../src/report/junit.ts'
import { invalid, parseXml } from '../support/schema.ts'
import { ROOT } from '../support/paths.ts'
import { outage } from './journal-builder.ts'

const SCHEMA = join(ROOT, 'test/fixtures/junit.xsd')
const schema = readFileSync(SCHEMA, 'utf8')
const ATTACK = '"/><testcase name="forged"/>\n]]> & \u001b[31m\u0000\ufffe <x> ü €'

const judged = (outcome: 'INCONCLUSIVE' | 'ERROR'): readonly JournalEvent[] => outage().map((event) =>
  (event.kind === 'verdict' ? { ...event, outcome, expectations: event.expectations.map((one, i) => ({ ...one, text: `${i} ${ATTACK}`, outcome })) } : event))
const runs = {
  'passed': [outage()], 'failed': [outage({ outcome: 'FAIL' })], 'inconclusive': [judged('INCONCLUSIVE')], 'in error': [judged('ERROR')],
  'cut off': [outage().slice(0, 200)], 'cut off before it had begun': [outage().slice(0, 0)], 'none': [], 'several': [outage(), outage({ outcome: 'FAIL', name: ATTACK }), outage().slice(0, 200)],
} as const satisfies Readonly<Record<string, readonly (readonly JournalEvent[])[]>>
const rendered = (events: readonly (readonly JournalEvent[])[]): string => renderJunit(events.map(foldRun))

describe('JUnit and its schema', () => {
  for (const [name, events] of Object.entries(runs)) {
    it(`a report of runs that are ${name} is as the schema says, and its numbers are those of its cases`, () => {
      const xml = rendered(events)
      assert.deepEqual(invalid(xml, schema), [])
      const all = parseXml(xml)
      const told = (field: string): number => Number(all.attributes[field])
      let time = 0
      for (const suite of all.children) {
        const cases = suite.children.filter((one) => one.name === 'testcase')
        const holding = (kind: string): string => String(cases.filter(({ children }) => children[0]?.name === kind).length)
        assert.deepEqual([suite.attributes['tests'], suite.attributes['failures'], suite.attributes['errors'], suite.attributes['skipped']], [String(cases.length), holding('failure'), holding('error'), holding('skipped')])
        const shares = cases.reduce((sum, one) => sum + Number(one.attributes['time']), 0)
        assert.ok(Math.abs(shares - Number(suite.attributes['time'])) < 0.01, xml)
        time += Number(suite.attributes['time'])
      }
      for (const field of ['tests', 'failures', 'errors', 'skipped']) assert.equal(told(field), all.children.reduce((sum, suite) => sum + Number(suite.attributes[field]), 0))
      assert.ok(Math.abs(told('time') - time) < 0.01)
    })
  }

  it('says so of documents that are not: each of them has one mistake', () => {
    const right = rendered(runs.failed)
    const mistakes: readonly (readonly [string | RegExp, string, string])[] = [
      ['</testsuite>\n', '<what/></testsuite>\n', 'what may not stand there in testsuite'],
      [/( {4}<properties>[\s\S]*<\/properties>\n)([\s\S]*)(<\/testsuite>)/, '$2$1$3', 'properties may not stand there in testsuite'],
      [/ classname="[^"]*"/, '', 'testcase lacks classname'],
      [/ time="[^"]*" file/, ' time="soon" file', 'time="soon" of testcase is no xs:decimal'],
      [/tests="3"/, 'tests="-3"', 'tests="-3" of testsuites is no xs:nonNegativeInteger'],
      [/timestamp="[^"]*"/, 'timestamp="yesterday"', 'timestamp="yesterday" of testsuite is no xs:dateTime'],
      [/ type="FAIL"/, '', 'failure lacks type'],
      [' type="FAIL"', ' type="FAIL" colour="red"', 'failure has colour'],
      ['</testsuites>', 'so</testsuites>', 'text in testsuites'],
    ]
    for (const [from, to, said] of mistakes) {
      const wrong = right.replace(from, to)
      assert.notEqual(wrong, right)
      assert.deepEqual(invalid(wrong, schema), [said])
    }
    for (const torn of [right.slice(0, -5), right.replace('</testcase>', ''), right.replace('"FAIL"', '"<"'), right.replace('"FAIL"', '"&no;"'), right.replace('"FAIL"', '"&"')]) assert.throws(() => invalid(torn, schema))
  })

  it('another reader of schemas is of one mind with ours', function () {
    if (spawnSync('xmllint', ['--version']).error) return this.skip()
    const folder = mkdtempSync(join(tmpdir(), 'junit-'))
    try {
      Object.values(runs).forEach((events, i) => {
        writeFileSync(join(folder, `${i}.xml`), rendered(events))
        execFileSync('xmllint', ['--nonet', '--noout', '--schema', SCHEMA, join(folder, `${i}.xml`)], { stdio: 'pipe' })
      })
      writeFileSync(join(folder, 'wrong.xml'), rendered(runs.failed).replace(' type="FAIL"', ''))
      assert.notEqual(spawnSync('xmllint', ['--nonet', '--noout', '--schema', SCHEMA, join(folder, 'wrong.xml')]).status, 0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
