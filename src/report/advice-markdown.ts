/** Advice in GitHub's Markdown. */

import { adviseOn, blindSpots } from '../advice/advise.ts'
import { adviceBlocks, adviceTitle, nothingWords } from './advice-words.ts'
import type { RunRecord } from './fold.ts'
import { literal } from './literal.ts'

/** A section each, of that level. Empty where there is none. */
export const adviceMarkdown = (record: RunRecord, level = '###'): string => adviseOn(record).map((advice) => [
  `${level} ${literal(adviceTitle(advice))}`,
  ...adviceBlocks(advice).map(({ head, items }) => [`**${head}**`, ...items.map(({ text, code }) => `${literal(text)}${code.length === 0 ? '' : `\n\n${fenced(code)}`}`)].join('\n\n')),
].join('\n\n')).join('\n\n')

/** A fence that nothing in it ends. */
function fenced(lines: readonly string[]): string {
  const text = lines.join('\n')
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)))
  return `${fence}\n${text}\n${fence}`
}

/** The document of `advise --md`. */
export const renderAdviceMarkdown = (record: RunRecord): string => `${[
  `## Advice from ${literal(record.started?.run ?? 'an unknown run')}`,
  ...(adviseOn(record).length > 0 ? [adviceMarkdown(record), ...blindSpots(record).map((one) => `- ${literal(one)}`)] : nothingWords(blindSpots(record)).map((one, i) => (i === 0 ? literal(one) : `- ${literal(one)}`))),
].join('\n\n')}\n`
