#!/usr/bin/env node
/** The command line of a Toxiproxy, for people and scripts that know it. */

import { toxiproxyCli } from '../src/toxiproxy-cli/main.ts'

process.exitCode = await toxiproxyCli(process.argv.slice(2), process)
