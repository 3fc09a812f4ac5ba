#!/usr/bin/env node
/** The composition root for people who start a Toxiproxy server: `brownout serve` with its flags, its logs and its manners. */

import { goSpelled } from '../src/cli/go-flags.ts'
import { main } from '../src/cli/main.ts'

const args = goSpelled(process.argv.slice(2))
if (args.includes('--version')) process.stdout.write('toxiproxy-server version 2.12.0\n')
else process.exitCode = await main(['serve', '--log=stdout', '--no-metrics', '--keep-going', ...args], async () => (await import('../faults/index.ts')).registry, process, new URL('./worker.js', import.meta.url))
