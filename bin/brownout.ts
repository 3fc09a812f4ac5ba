#!/usr/bin/env node
/** The composition root: hands the faults and the process to the command line. */

import { main } from '../src/cli/main.ts'

process.exitCode = await main(process.argv.slice(2), async () => (await import('../faults/index.ts')).registry, process, new URL('./worker.js', import.meta.url))
