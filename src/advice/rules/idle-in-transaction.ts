/** Transactions that wait for their application more than they work. */

import { formatDuration, ms } from '../../core/units.ts'
import { figure } from '../../report/figures.ts'
import { countWords, shareWords } from '../../report/words.ts'
import type { AdviceRule } from '../advice.ts'
import { poolUse } from '../pools.ts'
import { isOurs, surveysOf } from '../seen.ts'

const ENDED_MIN = 50
/** What a transaction may take without anybody being kept waiting. */
const LENGTH_MIN = 10
/** Of a transaction's time. */
const IDLE_MIN = 0.5
/** Connections that are kept from others meanwhile. */
const KEPT_MIN = 0.3

export const idleInTransaction: AdviceRule = (seen) => (isOurs(seen, 'postgres') ? [] : seen.quiet.passed.flatMap(({ target }) => {
  const use = poolUse(seen, target)
  if (!use) return []
  const { busy, transactions: { ended, mean, busy: open } } = use
  // Statements outside of transactions are in it: there is no less idle time than this.
  const idle = open > 0 ? Math.max(0, 1 - busy / open) : 0
  if (ended < ENDED_MIN || mean < LENGTH_MIN || idle < IDLE_MIN || idle * open < KEPT_MIN) return []
  const told = figure(seen.record, { name: target, metric: 'server_idle_in_transaction' }, seen.quiet.from, seen.quiet.to)
  const unbounded = surveysOf(seen, 'postgres').some((one) => one.target === target && one.survey.settings['idle_in_transaction_session_timeout'] === 0)
  return [{
    id: 'postgres.idle_in_transaction', target, title: 'Shorter transactions: they are idle most of their time',
    evidence: [
      { text: `${countWords(ended)} transactions took ${formatDuration(mean)} on average, of which statements ${formatDuration(ms(mean * (1 - idle)))} at most: ${shareWords(idle)} of the time they waited for their application` },
      ...(told !== undefined && told > 0 ? [{ text: `the server counted up to ${countWords(told)} sessions idle in a transaction` }] : []),
    ],
    actions: [
      { text: 'Ask others (HTTP, a cache) before BEGIN or after COMMIT, not between: rows stay locked and the connection is kept meanwhile.' },
      ...(unbounded ? [{ text: 'Bound what a stuck application can hold up.', code: "alter role … set idle_in_transaction_session_timeout = '10s';" }] : []),
    ],
    gain: { share: idle, text: `${countWords(idle * open)} of ${countWords(use.connections)} connections, which are kept on average for nothing; locks are held for ${formatDuration(ms(mean * idle))} less`, how: 'the length of transactions less all statements of the target' },
    confidence: 'high' as const, limits: ['what is done between may have to be: locks that are meant to be held'],
  }]
}))
