/** brownout's admin API in a process of its own, for measurements: prints its port. */

import { registry } from '../../faults/index.ts'
import { startAdmin } from '../../src/admin/server.ts'

const admin = await startAdmin({ registry, seed: 1 })
process.stdout.write(`${admin.port}\n`)
process.once('disconnect', () => { void admin.close() })
