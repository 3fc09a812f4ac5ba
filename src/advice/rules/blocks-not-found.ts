/** Blocks that the server does not find in its own memory. */

import { bytes, formatRate, formatSize, perSecond } from '../../core/units.ts'
import { figure } from '../../report/figures.ts'
import { countWords, shareWords } from '../../report/words.ts'
import type { AdviceRule } from '../advice.ts'
import { surveysOf } from '../seen.ts'

const HIT_RATIO_MIN = 0.95
/** A second. */
const MISSES_MIN = 100

export const blocksNotFound: AdviceRule = (seen) => surveysOf(seen, 'postgres').flatMap(({ target, survey }) => {
  const of = (metric: string): number | undefined => figure(seen.record, { name: target, metric }, seen.quiet.from, seen.quiet.to)
  const [ratio, misses] = [of('server_hit_ratio'), of('server_misses')]
  if (ratio === undefined || misses === undefined || ratio >= HIT_RATIO_MIN || misses < MISSES_MIN) return []
  const buffers = survey.settings['shared_buffers'] ?? 0
  const most = [...survey.tables].sort((a, b) => b.blocksRead - a.blocksRead)[0]
  return [{
    id: 'postgres.blocks_not_found', target, title: `More shared_buffers: a block in ${countWords(Math.round(1 / (1 - ratio)))} is not found`,
    evidence: [
      { text: `${shareWords(ratio)} of the blocks were found in shared_buffers (${formatSize(bytes(buffers))}); ${formatRate(perSecond(Math.round(misses)))} were not` },
      ...(most && most.blocksRead > 0 ? [{ text: `most of them of ${most.name}, ${formatSize(bytes(most.sizeBytes))}` }] : []),
    ],
    actions: [{ text: 'Give it a quarter of the memory of the machine; it takes a restart. Before that, see whether an index would spare the reading.', code: "alter system set shared_buffers = '…';" }],
    gain: { text: 'fewer reads; how much sooner an answer comes depends on whether the system had the blocks in its own cache' },
    confidence: 'low' as const, limits: ['blocks that the operating system has in memory are read in microseconds'],
  }]
})
