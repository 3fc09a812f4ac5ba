/** What a sweep came to, in GitHub's Markdown. */

import type { SweepResult } from '../sweep/result.ts'
import { capacityWords, edgeWords, footWords, POINT_HEAD, pointCells, pointsInOrder } from './sweep-words.ts'
import { literal } from './literal.ts'
import { table } from './markdown.ts'
import { plain } from './words.ts'

/** Ends in a newline, and can be appended to another. */
export function renderSweepMarkdown(result: SweepResult): string {
  const sections = [
    `## ${result.outcome}: sweep of ${literal(plain(result.name))}`,
    result.outcome === 'PASS' ? '' : literal(plain(result.why)),
    result.tolerance ? table(['target', 'answers later by', 'cut off for good'], result.tolerance.map(({ target, latency, gone }) => [target, latency, gone])) : '',
    ...result.swept.flatMap((swept) => [
      `**${literal(edgeWords(swept))}**`, ...capacityWords(swept).map(literal), swept.unfinished === undefined ? '' : literal(plain(swept.unfinished)),
      table([...POINT_HEAD], pointsInOrder(swept).map(pointCells)),
    ]),
    literal(footWords(result)),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}
