/**
 * `make bench`: what the proxy costs, in one run on one machine, beside what one would take instead. CPU of the proxy's process (utime + stime) for
 * each request is the headline, for it holds on a noisy machine; rate stands beside it.
 *
 *   node dist/test/bench/suite.js                        all paths; PATHS=redis,http some, ROUNDS=n (5), WORKERS=n (2)
 *   node dist/test/bench/suite.js --against FILE         and what changed since that run; exits with 1 where something was lost
 *   node dist/test/bench/suite.js --show FILE --show …   nothing is measured: the tables of earlier runs, put together
 *   … --write docs/performance.md                        puts the tables there, between their marks
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../support/paths.ts'
import { compared, comparedTable } from './suite/against.ts'
import { http, websocket } from './suite/http.ts'
import { latency } from './suite/latency.ts'
import { memory } from './suite/memory.ts'
import type { Path } from './suite/path.ts'
import { postgres } from './suite/postgres.ts'
import { redis, tcp, WORKERS } from './suite/redis.ts'
import { freshResults, keep, merged, readResults, type Results } from './suite/results.ts'
import { runPath } from './suite/run.ts'
import { page } from './suite/tables.ts'

const PATHS: readonly Path[] = [tcp, latency, redis, postgres, http, websocket, memory]
const ROUNDS = 5
const MARKS = ['<!-- made by `make bench` -->', '<!-- to here -->'] as const

const say = (text: string): void => { process.stderr.write(`${text}\n`) }

function chosen(): readonly Path[] {
  const asked = (process.env['PATHS'] ?? '').split(',').filter((name) => name !== '')
  for (const name of asked) if (!PATHS.some((path) => path.name === name)) throw new Error(`PATHS: there is no path "${name}", but ${PATHS.map((path) => path.name).join(', ')}`)
  return asked.length === 0 ? PATHS : PATHS.filter(({ name }) => asked.includes(name))
}

async function measure(rounds: number): Promise<Results> {
  const began = new Date().toISOString()
  const file = join(ROOT, '.brownout/bench', `${began.slice(0, 19).replaceAll(':', '-')}.json`)
  let results: Results = { ...freshResults(began), workers: WORKERS > 1 ? WORKERS : undefined }
  for (const path of chosen()) {
    const lacking = path.lacks()
    const { samples, missing } = lacking === undefined ? await runPath(path, rounds, say) : { samples: [], missing: [lacking] }
    if (lacking !== undefined) say(`${path.name}: ${lacking}, nothing is measured`)
    results = { ...results, samples: [...results.samples, ...samples], missing: { ...results.missing, [path.name]: missing }, about: { ...results.about, [path.name]: path.about } }
    // After each path: what was measured is not lost by what comes then.
    keep(file, results)
  }
  say(`kept as ${file}`)
  return results
}

function put(file: string, made: string): void {
  const text = readFileSync(file, 'utf8')
  const [from, to] = [text.indexOf(MARKS[0]), text.indexOf(MARKS[1])]
  if (from < 0 || to < from) throw new Error(`${file} has no marks: ${MARKS.join(' and ')}`)
  writeFileSync(file, `${text.slice(0, from)}${MARKS[0]}\n\n${made}\n\n${text.slice(to)}`)
}

const { values } = parseArgs({ options: { against: { type: 'string' }, show: { type: 'string', multiple: true }, write: { type: 'string' } } })
const rounds = Number(process.env['ROUNDS'] || ROUNDS)
if (!(Number.isInteger(rounds) && rounds > 0)) throw new Error(`ROUNDS: ${process.env['ROUNDS']} is no number of rounds`)
const then = values.against === undefined ? undefined : readResults(values.against)
const results = values.show ? merged(values.show.map(readResults)) : await measure(rounds)
process.stdout.write(`${page(results)}\n`)
if (values.write !== undefined) put(values.write, page(results))
if (then) {
  const found = compared(results, then)
  const lost = found.filter(({ loss }) => loss).length
  process.stdout.write(`\n### Against ${values.against}\n\n${comparedTable(found)}\n\n${lost === 0 ? 'Nothing was lost.' : `${lost} losses.`}\n`)
  process.exitCode = lost === 0 ? 0 : 1
}
