/** A worker process of `--workers`: what it may dial it judges by what the admin API of its primary knows. */

import { deniedUpstream } from '../admin/upstreams.ts'
import type { Facts } from '../admin/server.ts'
import type { Registry } from '../fault.ts'
import { work, type WorkerHost } from '../proxy/cluster/worker.ts'

export function serveWorker(registry: Registry, host: WorkerHost): void {
  work({
    registry,
    permit(told, target, address, port) {
      if (told === undefined || told === null) return undefined
      const facts = told as Facts
      return deniedUpstream(target, address, port, { admin: () => facts.admin, proxies: () => facts.proxies })
    },
  }, host)
}
