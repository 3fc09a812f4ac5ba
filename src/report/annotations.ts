/** GitHub annotations: what did not hold, at its line of the experiment file. Printed in a workflow, they show in the pull request. */

import { isAbsolute, relative } from 'node:path'
import type { RunRecord } from './fold.ts'
import { plain } from './words.ts'

/** `root` is the checkout's folder: GitHub knows files by their paths below it. One line for each expectation that failed or could not be judged, and one for a run that went wrong otherwise; none for a pass. */
export function annotationsOf({ started, verdict: { outcome, why, expectations } }: RunRecord, root = ''): readonly string[] {
  const file = below(root, started?.file ?? '')
  const own = expectations.filter((one) => one.outcome !== 'PASS').map(({ text, outcome: found, measured, limit, line }) =>
    annotation(found === 'INCONCLUSIVE' ? 'warning' : 'error', { file, line: line === undefined ? undefined : String(line), title: `${found}: ${started?.name ?? ''}` }, `${text}: measured ${measured}, expected ${limit}`))
  if (outcome === 'PASS' || expectations.some((one) => one.outcome === outcome)) return own
  return [...own, annotation(outcome === 'INCONCLUSIVE' ? 'warning' : 'error', { file, line: undefined, title: `${outcome}: ${started?.name ?? ''}` }, why)]
}

const below = (root: string, file: string): string => (root !== '' && isAbsolute(file) && !relative(root, file).startsWith('..') ? relative(root, file) : file)

/** One line that GitHub reads from the output of a workflow. */
export function annotation(kind: 'error' | 'warning', properties: Readonly<Record<string, string | undefined>>, message: string): string {
  const given = Object.entries(properties).flatMap(([key, value]) => (value ? [`${key}=${data(value).replace(/:/g, '%3A').replace(/,/g, '%2C')}`] : []))
  return `::${kind} ${given.join(',')}::${data(message)}`
}

const data = (text: string): string => plain(text).replace(/%/g, '%25')
