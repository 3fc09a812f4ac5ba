import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SPREADS } from '../../src/timing/band.ts'
import { DEFINITIONS, STATUSES } from '../../src/timing/definitions.ts'
import { TOLERANCE } from '../../src/timing/judge.ts'
import { IMPROBABLE } from '../../src/timing/widen.ts'
import { ROOT } from '../support/paths.ts'

const DOCS = readFileSync(join(ROOT, 'docs/timing.md'), 'utf8')

/** The rows of the table under the heading row that begins with `first`. */
function rowsUnder(first: string): readonly string[] {
  const lines = DOCS.split('\n')
  const head = lines.findIndex((line) => line.startsWith(`| ${first} |`))
  const body = lines.slice(head + 2)
  return body.slice(0, body.findIndex((line) => !line.startsWith('|')))
}

describe('timing: definitions', () => {
  it('stand in docs/timing.md word for word, all of them and no others', () => {
    assert.deepEqual(rowsUnder('figure'), Object.values(DEFINITIONS).map(({ label, means }) => `| **${label}** | ${means} |`))
    assert.deepEqual(rowsUnder('status'), Object.entries(STATUSES).map(([status, says]) => `| \`${status}\` | ${says} |`))
  })

  it('are one sentence each, under a name of their own', () => {
    for (const { label, means } of Object.values(DEFINITIONS)) {
      assert.match(means, /^[A-Z][^.]*(\d\.\d[^.]*)*\.$/, label)
    }
    assert.equal(new Set(Object.values(DEFINITIONS).map(({ label }) => label)).size, Object.keys(DEFINITIONS).length)
  })

  it('name the thresholds that the code uses', () => {
    assert.ok(DOCS.includes(`the largest of ${TOLERANCE.abs} ms, ${100 * TOLERANCE.rel} % of c, and ${SPREADS} s`))
    assert.ok(DOCS.includes(`p < ${IMPROBABLE}`))
  })
})
