/** The paths http and websocket: bare sockets on both sides, that cost little beside what is between. */

import { brownout, direct, httpProxy, httpServer, pipe, wsRelay } from '../contender.ts'
import { startLoad } from '../http-load.ts'
import type { Work } from '../http-load-main.ts'
import { haproxy } from '../peers.ts'
import { gathered, NAMES, type Path, type Stage } from './path.ts'

const CONNECTIONS = 50
const FOR_MS = 1500
const WARM_MS = 400
/** Every request and message is looked at, and none is meant. */
const IDLE = { id: 'idle', fault: 'http.status', on: 'cache', standing: true, params: {}, where: { path: '/nobody' } }
const IDLE_FRAMES = { id: 'idle', fault: 'websocket.drop', on: 'cache', standing: true, params: {}, direction: 'both', where: { text: 'nobody' } }

async function withLoad(kind: Work['kind'], name: string, unit: string, all: (port: number) => Parameters<typeof gathered>[0]): Promise<Stage> {
  const server = await httpServer()
  const load = startLoad()
  const { contenders, missing } = await gathered(all(server.port))
  return {
    contenders, missing,
    workloads: [{
      name, unit,
      warm: async ({ port }) => { await load.run({ kind, ports: [port], connections: CONNECTIONS, forMs: WARM_MS }) },
      run: async ({ port }) => {
        const { exchanges, tookMs } = await load.run({ kind, ports: [port], connections: CONNECTIONS, forMs: FOR_MS })
        return { done: exchanges[0] ?? Number.NaN, seconds: tookMs / 1000 }
      },
    }],
    stop: () => { for (const one of [...contenders, server]) one.stop(); load.stop(); return Promise.resolve() },
  }
}

export const http: Path = {
  name: 'http', about: `GET and 200 bytes of an answer over ${CONNECTIONS} kept-alive connections, one at a time`, lacks: () => undefined,
  open: () => withLoad('http', 'keep-alive', 'request', (port) => ({
    direct: () => Promise.resolve(direct(port)), HAProxy: () => haproxy(port), 'HAProxy, http': () => haproxy(port, 'http'), pipe: () => pipe(port), httpxy: () => httpProxy(port),
    [NAMES.tcp]: () => brownout(NAMES.tcp, port), [NAMES.http]: () => brownout(NAMES.http, port, { protocol: 'http' }), [NAMES.httpIdle]: () => brownout(NAMES.httpIdle, port, { protocol: 'http', rule: IDLE }),
  })),
}

export const websocket: Path = {
  name: 'websocket', about: `messages of 73 bytes and their echo on ${CONNECTIONS} WebSockets, one at a time`, lacks: () => undefined,
  open: () => withLoad('websocket', 'echo', 'message and echo', (port) => ({
    direct: () => Promise.resolve(direct(port)), HAProxy: () => haproxy(port), pipe: () => pipe(port), 'a relay of ws': () => wsRelay(port), [NAMES.tcp]: () => brownout(NAMES.tcp, port),
    [NAMES.http]: () => brownout(NAMES.http, port, { protocol: 'http' }), [NAMES.httpIdle]: () => brownout(NAMES.httpIdle, port, { protocol: 'http', rule: IDLE_FRAMES }),
  })),
}
