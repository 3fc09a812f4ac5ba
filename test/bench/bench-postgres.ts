/** `make bench`, its Postgres half: pgbench -S through each contender in turn, in three modes; CPU of the proxy for each transaction, and the rate. */

import { execFileSync } from 'node:child_process'
import Table from 'cli-table3'
import { startPostgres } from '../../src/demo/postgres.ts'
import { brownout, direct, haproxy, mean, pipe, type Contender } from './contender.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 4)
const SECONDS = 4
const MODES = ['simple', 'extended', 'prepared'] as const
/** Every statement is looked at, and none is meant. */
const IDLE = { id: 'idle', fault: 'postgres.error', on: 'cache', standing: true, params: {}, where: { table: 'nobody' } }

interface Figure { readonly rate: number; readonly cpu: number }

const pgbench = (port: number, args: readonly string[]): string =>
  execFileSync('pgbench', [...args, '-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 120_000 })

function measure(contender: Contender, mode: string): Figure {
  const before = contender.cpu()
  const said = pgbench(contender.port, ['-n', '-S', '-M', mode, '-c', '8', '-T', String(SECONDS)])
  const done = Number(/actually processed: (\d+)/.exec(said)?.[1] ?? Number.NaN)
  return { rate: Number(/tps = ([\d.]+)/.exec(said)?.[1] ?? Number.NaN), cpu: (contender.cpu() - before) / done }
}

const server = await startPostgres()
pgbench(server.port, ['-i', '-q', '-s', '5'])
const contenders = [
  direct(server.port), await haproxy(server.port), await pipe(server.port), await brownout('brownout, tcp', server.port),
  await brownout('brownout, postgres, every statement measured', server.port, { protocol: 'postgres' }),
  await brownout('brownout, postgres, a rule that means none', server.port, { protocol: 'postgres', rule: IDLE }),
].filter((one): one is Contender => one !== undefined)
const figures = new Map<string, Figure[][]>(contenders.map(({ name }) => [name, MODES.map(() => [])]))
for (let round = 0; round < ROUNDS; round++) {
  for (const [i, mode] of MODES.entries()) {
    for (const contender of round % 2 ? contenders.toReversed() : contenders) {
      process.stderr.write(`round ${round + 1} of ${ROUNDS}: pgbench -S -M ${mode} ${contender.name}\n`)
      figures.get(contender.name)?.[i]?.push(measure(contender, mode))
    }
  }
}
const table = new Table({ head: ['', ...MODES.flatMap((mode) => [`${mode} /s`, 'CPU us'])], style: { head: [], border: [] } })
for (const [name, modes] of figures) table.push([name, ...modes.flatMap((all) => [mean(all.map(({ rate }) => rate)).toFixed(0), mean(all.map(({ cpu }) => cpu)).toFixed(1)])])
process.stdout.write(`${table.toString()}\nmeans of ${ROUNDS} rounds of ${SECONDS} s, in turn forwards and backwards; pgbench -S, 8 connections\n`)
for (const contender of contenders) contender.stop()
await server.stop()
