/** The path with a real Postgres behind it and pgbench in front. */

import { startPostgres } from '../../../src/demo/postgres.ts'
import { brownout, direct, pipe } from '../contender.ts'
import { haproxy, isProgram, pgbouncer } from '../peers.ts'
import { gathered, NAMES, output, type Path, type Reading } from './path.ts'

const SECONDS = 2
const CONNECTIONS = 8
/** Every statement is looked at, and none is meant. */
const IDLE = { id: 'idle', fault: 'postgres.error', on: 'cache', standing: true, params: {}, where: { table: 'nobody' } }

const pgbench = (port: number, args: readonly string[]): Promise<string> => output('pgbench', [...args, '-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', 'postgres'])

async function selects(port: number, mode: string): Promise<Reading> {
  const said = await pgbench(port, ['-n', '-S', '-M', mode, '-c', String(CONNECTIONS), '-T', String(SECONDS)])
  const [done, rate] = [/actually processed: (\d+)/, /tps = ([\d.]+)/].map((pattern) => Number(pattern.exec(said)?.[1] ?? Number.NaN))
  return { done: done ?? Number.NaN, seconds: (done ?? Number.NaN) / (rate ?? Number.NaN) }
}

export const postgres: Path = {
  name: 'postgres', about: `pgbench -S over ${CONNECTIONS} connections`,
  lacks: () => (isProgram('pgbench') ? undefined : 'no pgbench on the PATH'),
  open: async () => {
    const server = await startPostgres()
    const { port } = server
    await pgbench(port, ['-i', '-q', '-s', '5'])
    const { contenders, missing } = await gathered({
      direct: () => Promise.resolve(direct(port)), HAProxy: () => haproxy(port), pgbouncer: () => pgbouncer(port), pipe: () => pipe(port), [NAMES.tcp]: () => brownout(NAMES.tcp, port),
      [NAMES.postgres]: () => brownout(NAMES.postgres, port, { protocol: 'postgres' }), [NAMES.postgresIdle]: () => brownout(NAMES.postgresIdle, port, { protocol: 'postgres', rule: IDLE }),
    })
    return {
      contenders, missing, workloads: ['simple', 'extended', 'prepared'].map((name) => ({ name, unit: 'statement', run: ({ port }) => selects(port, name) })),
      stop: () => { for (const one of contenders) one.stop(); return server.stop() },
    }
  },
}
