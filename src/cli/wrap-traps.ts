/** What would go wrong without a word, looked for beside the command that is wrapped: it does not wait for that. */

import { ask, doorsOf } from '../experiment/heal.ts'
import { isClustered } from '../experiment/clustered.ts'
import type { OpenTarget } from '../proxy/plane.ts'
import { proxiedUrl } from '../wrap/mention.ts'
import type { Row } from './wrap-mapping.ts'

/** Each trap as a sentence. Never rejects. */
export async function findTraps(rows: readonly Row[], open: readonly OpenTarget[], tell: (text: string) => void): Promise<void> {
  await Promise.all([unverified(rows, open, tell), ...rows.map((row) => clustered(row, tell))])
}

/** A server whose certificate does not hold is as good as none, and its client is told nothing of why. (A gateway tells.) */
async function unverified(rows: readonly Row[], open: readonly OpenTarget[], tell: (text: string) => void): Promise<void> {
  const checked = rows.map(({ target }) => target.planned.spec).filter(({ tls, host }) => tls.upstream === 'require' && tls.verify && host === undefined)
  if (checked.length === 0) return
  for (const [name, answer] of await ask(doorsOf(checked, open))) {
    if (/^(closed|reset)$/.test(answer)) tell(`${name} hangs up on the proxy: is its certificate one that can be checked? --insecure ${name} does not`)
  }
}

/** Clients of a cluster go to the nodes that they are told of, past a proxy that is for one. */
async function clustered({ target: { name, mentions, planned: { spec } }, listen }: Row, tell: (text: string) => void): Promise<void> {
  const [mention] = mentions
  if (spec.protocol !== 'redis' || spec.cluster || !mention || !listen || 'path' in listen) return
  if (await isClustered(proxiedUrl(mention.at.url, { ...listen, tls: spec.tls, authority: undefined }))) tell(`${name} is a cluster, whose clients go past the proxy to the nodes that they are told of: --cluster ${name} puts a proxy before each`)
}
