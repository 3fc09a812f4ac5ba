/** `make idle`: prints what idle.ts measures. */

import { idleTable } from './idle.ts'

process.stdout.write(`${await idleTable()}\n`)
process.exit(0)
