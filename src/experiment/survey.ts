/** Asks the servers behind the targets about themselves when everything has been measured. What cannot be asked is told of, and is nobody's failure. */

import { problemOf, timed } from '../probes/deadline.ts'
import { ms, type Ms } from '../core/units.ts'
import type { ServerSpec } from '../observe/server.ts'
import type { Asking } from '../observe/survey.ts'
import { SURVEYS } from '../observe/surveys.ts'
import { newScratch, readPattern } from '../proxy/accounts/pattern.ts'
import { passedOf, type PassedRow } from '../report/passed.ts'
import type { RunRecord } from '../report/fold.ts'
import type { Recorder } from './recorder.ts'

/** Of each server; all are asked at once. */
const WITHIN: Ms = ms(2000)

/** Never rejects. */
export async function takeSurveys(servers: readonly ServerSpec[], record: RunRecord, recorder: Pick<Recorder, 'write'>): Promise<void> {
  const passed = passedOf(record)
  await Promise.all(servers.map(async (server) => {
    const survey = SURVEYS[server.protocol]
    if (!survey) return
    const { name } = server
    const rows = passed.find(({ target }) => target === name)?.operations ?? []
    const wholes = new Map(record.figures.flatMap(({ target, wholes: cut }) => (target === name ? Object.entries(cut ?? {}) : [])))
    let why: string | undefined
    const { ok, problem } = await timed(WITHIN, async (signal) => {
      try {
        const found = await survey(server, askingOf(rows, wholes), signal)
        if (!signal.aborted) recorder.write({ kind: 'survey', target: name, survey: found })
        return { ok: true }
      } catch (error) {
        why = problemOf(error)
        throw error
      }
    })
    if (!ok) recorder.write({ kind: 'note', text: `${name}: the server could not be asked about itself at the end: ${problem === 'timeout' ? problem : why ?? problem ?? 'no answer'}` })
  }))
}

const scratch = newScratch()
function patternOf(key: Buffer): string {
  readPattern(key, 0, key.length, scratch)
  return scratch.bytes.toString('utf8', 0, scratch.length)
}

const askingOf = (rows: readonly PassedRow[], wholes: ReadonlyMap<string, string>): Asking => ({
  patternOf,
  statements: [...rows].filter(({ total }) => total > 0).sort((a, b) => b.total - a.total).flatMap(({ of: { statement } }) => (statement === undefined || statement.startsWith('(') ? [] : [{ name: statement, text: wholes.get(statement) ?? statement }])),
})
