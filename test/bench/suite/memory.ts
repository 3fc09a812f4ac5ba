/** What an idle connection holds in memory. */

import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { brownout, httpServer, pipe, type Contender } from '../contender.ts'
import { haproxy } from '../peers.ts'
import { gathered, NAMES, type Path, type Reading } from './path.ts'

const CONNECTIONS = 900
/** Opened at once: less than any backlog. */
const AT_ONCE = 100
const SETTLE_MS = 500

/** `seconds` is how long it took to open them. */
async function hold({ port, memory }: Contender): Promise<Reading> {
  const before = memory()
  const start = performance.now()
  const sockets: Socket[] = []
  while (sockets.length < CONNECTIONS) {
    sockets.push(...await Promise.all(Array.from({ length: AT_ONCE }, () => new Promise<Socket>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket)).once('error', reject)
    }))))
  }
  const seconds = (performance.now() - start) / 1000
  await pause(SETTLE_MS)
  const kib = (memory() - before) / 1024 / CONNECTIONS
  for (const socket of sockets) socket.destroy()
  return { done: CONNECTIONS, seconds, extra: { kib } }
}

/** Each round in a process of its own: what was freed in one would be taken for nothing in the next. */
async function afresh(start: (() => Promise<Contender | undefined>) | undefined): Promise<Reading> {
  const contender = await start?.()
  if (!contender) throw new Error('it was there a moment ago')
  try {
    return await hold(contender)
  } finally {
    contender.stop()
  }
}

export const IDLE = 'idle connections'

export const memory: Path = {
  name: 'memory', about: `${CONNECTIONS} idle connections to a process that was just started`, lacks: () => undefined,
  open: async () => {
    const server = await httpServer()
    const all: Record<string, () => Promise<Contender | undefined>> = {
      [NAMES.haproxy]: () => haproxy(server.port), [NAMES.pipe]: () => pipe(server.port), [NAMES.tcp]: () => brownout(NAMES.tcp, server.port),
      [NAMES.redis]: () => brownout(NAMES.redis, server.port, { protocol: 'redis' }), [NAMES.postgres]: () => brownout(NAMES.postgres, server.port, { protocol: 'postgres' }), [NAMES.http]: () => brownout(NAMES.http, server.port, { protocol: 'http' }),
    }
    const { contenders, missing } = await gathered(all)
    return {
      contenders, missing, workloads: [{ name: IDLE, unit: 'connection', run: ({ name }) => afresh(all[name]) }],
      stop: () => { for (const one of [...contenders, server]) one.stop(); return Promise.resolve() },
    }
  },
}
