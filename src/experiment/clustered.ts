/** Whether a Redis is one of several, which tell clients of one another. */

import { ms } from '../core/units.ts'
import { readProbe } from '../probes/probe.ts'

/** False also where it cannot be asked. `url` has what is needed to log in. Never rejects. */
export const isClustered = async (url: string): Promise<boolean> =>
  // A server that is no cluster answers all of CLUSTER by an error. (redis.io/docs/latest/commands/cluster-keyslot)
  (await readProbe({ check: { kind: 'redis', url, command: ['CLUSTER', 'KEYSLOT', 'a'] }, timeout: ms(2000) })).ok
