/** What `status` and `timeline` say, a line each. Pure. */

import type { Status } from '../control/contract.ts'
import { formatDuration, ms } from '../core/units.ts'
import type { JournalEvent } from '../record/events.ts'
import { actionCells } from '../report/game.ts'
import { figureWords, offsetWords, plain } from '../report/words.ts'

export function statusLines({ targets, injections, halted, policy, seed }: Status): readonly string[] {
  const names = Math.max(0, ...targets.map(({ name }) => name.length))
  return [
    ...(halted ? [`halted by ${halted.by}${halted.reason ? `: ${halted.reason}` : ''}`] : []),
    ...targets.map(({ name, protocol, upstream, listen, connections, failedDials, resets, last }) =>
      `${name.padEnd(names)}  ${protocol} ${listen.join(' ')} → ${upstream}  ${connections} connections, ${resets} resets, ${failedDials} failed dials${last ? `, ${figureWords('rate', last.rate ?? undefined)}, p95 ${figureWords('p95', last.p95 ?? undefined)}` : ''}`),
    ...(injections.length === 0 ? ['nothing is armed'] : injections.map(({ id, text, by, matched, altered }) => `${id}: ${text}  ${altered} altered of ${matched} matched, by ${by}`)),
    ...(policy ? [`policy ${policy.file}: ${policy.limits.join(', ')}`] : []),
    `seed ${seed}`,
  ].map(plain)
}

/** What people did, and what came of it. */
export function timelineLines(events: readonly JournalEvent[]): readonly string[] {
  const start = events[0]?.at ?? ms(0)
  const lines = events.flatMap((event): (readonly [string, string, string, string])[] => {
    const at = offsetWords(event.at, start)
    const wall = event.wall.slice(11, 19)
    switch (event.kind) {
      case 'operator': return [actionCells(event, start)]
      case 'phase': return event.phase === 'start' || event.phase === 'end' ? [] : [[at, wall, '', event.phase === 'method' ? 'the baseline is known' : event.phase]]
      case 'rule.armed': return [[at, wall, '', `${event.rule} holds`]]
      case 'rule.cleared': return [[at, wall, '', `${event.rule} cleared (${event.reason}), ${event.altered} altered of ${event.matched} matched`]]
      case 'alert': return [[at, wall, '', `alert ${event.alert} ${event.state}: ${event.text}`]]
      case 'problem': return [[at, wall, '', `${event.code}: ${event.text}`]]
      case 'suspect': return [[at, wall, '', `brownout did not run for ${formatDuration(ms(event.stallMs))}`]]
      default: return []
    }
  })
  const names = Math.max(0, ...lines.map(([, , who]) => who.length))
  return lines.length === 0 ? ['nothing has happened yet'] : lines.map(([at, wall, who, text]) => `${at.padStart(9)}  ${wall}  ${who.padEnd(names)}  ${plain(text)}`)
}
