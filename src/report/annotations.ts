/** GitHub annotations: what did not hold, at its line of the experiment file. Printed in a workflow, they show in the pull request. */

import { relative, resolve } from 'node:path'
import type { RunRecord } from './fold.ts'
import { plain } from './words.ts'

/** `root` is the checkout's folder: GitHub knows files by their paths below it; those of the record are from `cwd`. One line for each expectation that failed or could not be judged, and one for a run that went wrong otherwise; none for a pass. */
export function annotationsOf({ started, verdict: { outcome, why, expectations } }: RunRecord, root = '', cwd = root): readonly string[] {
  const file = below(root, cwd, started?.file ?? '')
  const own = expectations.filter((one) => one.outcome !== 'PASS').map(({ text, outcome: found, measured, limit, line, column }) =>
    annotation(found === 'INCONCLUSIVE' ? 'warning' : 'error', { file, line: line?.toString(), col: column?.toString(), title: `${found}: ${started?.name ?? ''}` }, `${text}: measured ${measured}, expected ${limit}`))
  if (outcome === 'PASS' || expectations.some((one) => one.outcome === outcome)) return own
  return [...own, annotation(outcome === 'INCONCLUSIVE' ? 'warning' : 'error', { file, title: `${outcome}: ${started?.name ?? ''}` }, why)]
}

function below(root: string, cwd: string, file: string): string {
  if (root === '' || file === '') return file
  const path = relative(root, resolve(cwd, file))
  return path.startsWith('..') ? file : path
}

/** One line that GitHub reads from the output of a workflow. */
export function annotation(kind: 'error' | 'warning', properties: Readonly<Record<string, string | undefined>>, message: string): string {
  const given = Object.entries(properties).flatMap(([key, value]) => (value ? [`${key}=${data(value).replace(/:/g, '%3A').replace(/,/g, '%2C')}`] : []))
  return `::${kind} ${given.join(',')}::${data(message)}`
}

const data = (text: string): string => plain(text).replace(/%/g, '%25')
