/** The composition root of a worker process: `--workers` starts it, nobody else. */

import { registry } from '../faults/index.ts'
import { serveWorker } from '../src/cli/worker.ts'

serveWorker(registry, process)
