/** JUnit XML: a suite for each run, a case for each expectation. Inconclusive is skipped, never passed. As Surefire, Jenkins and GitLab know it. */

import type { ExpectationRecord, Outcome } from '../record/events.ts'
import type { RunRecord } from './fold.ts'
import { escapeHtml } from './markup.ts'
import { plain } from './words.ts'

/** Several runs make one document. Ends in a newline. */
export function renderJunit(runs: readonly RunRecord[]): string {
  const all = runs.map((record) => ({ record, cases: casesOf(record) }))
  const total = numbers(all.flatMap(({ cases }) => cases), runs.reduce((sum, record) => sum + lasted(record), 0))
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="brownout" ${total}>\n${all.map(({ record, cases }) => suite(record, cases)).join('')}</testsuites>\n`
}

interface Case { readonly name: string; readonly outcome: Outcome; readonly message: string; readonly line: number | undefined }

function suite(record: RunRecord, cases: readonly Case[]): string {
  const { started } = record
  const name = started?.name ?? 'unknown run'
  const at = started ? ` ${attribute('timestamp', started.wall.slice(0, 19))}` : ''
  const properties = started ? `    <properties>\n      <property name="seed" value="${started.seed}"/>\n      <property name="hash" ${attribute('value', started.hash)}/>\n      <property name="run" ${attribute('value', started.run)}/>\n    </properties>\n` : ''
  // An expectation has no time of its own: they share that of the run, so that who adds up comes to it.
  return `  <testsuite ${attribute('name', name)} ${numbers(cases, lasted(record))}${at}>\n${properties}${cases.map((one) => element(one, name, started?.file, lasted(record) / cases.length)).join('')}  </testsuite>\n`
}

function numbers(cases: readonly Case[], time: number): string {
  const count = (...outcomes: readonly Outcome[]): number => cases.filter(({ outcome }) => outcomes.includes(outcome)).length
  return `tests="${cases.length}" failures="${count('FAIL')}" errors="${count('ERROR', 'ABORTED')}" skipped="${count('INCONCLUSIVE')}" time="${time.toFixed(3)}"`
}

function casesOf({ verdict: { outcome, why, expectations } }: RunRecord): readonly Case[] {
  const cases = expectations.map(({ text, outcome: own, measured, limit, margin, line }: ExpectationRecord) =>
    ({ name: text, outcome: own, message: `measured ${measured}, expected ${limit}${margin === undefined ? '' : ` (${margin})`}`, line }))
  // What no expectation shows (a refused baseline, a crash, a heal that failed) must not look like a pass.
  const shown = cases.some((one) => one.outcome === outcome)
  return shown || (outcome === 'PASS' && cases.length > 0) ? cases : [...cases, { name: 'the run', outcome, message: why, line: undefined }]
}

function element({ name, outcome, message, line }: Case, suiteName: string, file: string | undefined, time: number): string {
  const where = file === undefined ? '' : ` ${attribute('file', file)}${line === undefined ? '' : ` line="${line}"`}`
  const open = `    <testcase ${attribute('name', name)} ${attribute('classname', suiteName)} time="${time.toFixed(3)}"${where}`
  const inner = (tag: string): string => `${open}>\n      <${tag} ${attribute('message', message)}${tag === 'skipped' ? '' : ` type="${outcome}"`}/>\n    </testcase>\n`
  switch (outcome) {
    case 'PASS': return `${open}/>\n`
    case 'FAIL': return inner('failure')
    case 'INCONCLUSIVE': return inner('skipped')
    case 'ERROR': case 'ABORTED': return inner('error')
  }
}

const attribute = (name: string, value: string): string => `${name}="${escapeHtml(plain(value))}"`
/** In seconds. */
const lasted = ({ from, to }: RunRecord): number => (to - from) / 1000
