/** Advice for a terminal. */

import picocolors from 'picocolors'
import { adviseOn, blindSpots } from '../advice/advise.ts'
import { adviceBlocks, adviceTitle, nothingWords } from './advice-words.ts'
import type { RunRecord } from './fold.ts'
import { wrapped } from './wrapped.ts'
import { plain } from './words.ts'

const HEAD_WIDTH = 7

/** All of it. Ends in a newline. */
export function renderAdvice(record: RunRecord, { color, width }: { readonly color: boolean; readonly width: number }): string {
  const colors = picocolors.createColors(color)
  const all = adviseOn(record)
  const [room, code] = [Math.max(40, width) - HEAD_WIDTH - 3, Math.max(40, width) - HEAD_WIDTH - 5]
  const sections = all.map((advice, i) => [
    colors.bold(`${i + 1}. ${adviceTitle(advice)}`),
    ...adviceBlocks(advice).flatMap(({ head, items }) => items
      .flatMap((item) => [...wrapped(item.text, room), ...item.code.flatMap((line) => cut(line, code)).map((line) => colors.cyan(`  ${line}`))])
      .map((line, at) => `   ${(at === 0 ? head : '').padEnd(HEAD_WIDTH)}${line}`)),
  ].join('\n'))
  const spots = blindSpots(record)
  const rest = all.length === 0 ? nothingWords(spots) : spots
  return `${[
    `Advice from ${plain(record.started?.run ?? 'an unknown run')}`, ...sections,
    ...(rest.length > 0 ? [[...(all.length > 0 ? ['What else there may be is not known:'] : []), ...rest.flatMap((line, i) => wrapped(line, width - 2).map((one) => (all.length === 0 && i === 0 ? one : `  ${one}`)))].join('\n')] : []),
  ].join('\n\n')}\n`
}

/** Code keeps its spaces. */
const cut = (line: string, room: number): readonly string[] => (line.length <= room ? [line] : [line.slice(0, room), ...cut(`    ${line.slice(room)}`, room)])

/** A line each, and where the rest is told. Empty where there is none. */
export function adviceLines(record: RunRecord): readonly string[] {
  const all = adviseOn(record)
  return all.length === 0 ? [] : [...all.map((advice) => `${adviceTitle(advice)}: ${plain(advice.gain.text)}`), `brownout advise ${plain(record.started?.run ?? 'RUN')} tells what was seen and what to do`]
}
