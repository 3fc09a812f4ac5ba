/** `make bench`, its HTTP half: requests over kept-alive connections, and messages on WebSockets, through each contender in turn; CPU of the proxy for each, and the rate. */

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import Table from 'cli-table3'
import { brownout, direct, haproxy, httpProxy, httpServer, mean, pipe, wsRelay, type Contender } from './contender.ts'
import type { Done, Work } from './http-load-main.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 4)
const CONNECTIONS = 50
const FOR_MS = 2000
const WARM_MS = 500
/** Every request and message is looked at, and none is meant. */
const IDLE = { id: 'idle', fault: 'http.status', on: 'cache', standing: true, params: {}, where: { path: '/nobody' } }
const IDLE_FRAMES = { id: 'idle', fault: 'websocket.drop', on: 'cache', standing: true, params: {}, direction: 'both', where: { text: 'nobody' } }

interface Figure { readonly rate: number; readonly cpu: number }

async function measure(load: ChildProcess, contender: Contender, kind: Work['kind']): Promise<Figure> {
  const run = async (forMs: number): Promise<Done> => {
    load.send({ kind, port: contender.port, connections: CONNECTIONS, forMs } satisfies Work)
    const [done] = await once(load, 'message') as [Done]
    return done
  }
  await run(WARM_MS)
  const before = contender.cpu()
  const { exchanges, tookMs } = await run(FOR_MS)
  return { rate: (exchanges * 1000) / tookMs, cpu: (contender.cpu() - before) / exchanges }
}

async function table(load: ChildProcess, kind: Work['kind'], all: readonly (Contender | undefined)[]): Promise<void> {
  const contenders = all.filter((one): one is Contender => one !== undefined)
  const figures = new Map<string, Figure[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    // Who comes first finds another machine than who comes last: each is first as often as last.
    for (const contender of round % 2 ? contenders.toReversed() : contenders) {
      process.stderr.write(`round ${round + 1} of ${ROUNDS}: ${kind} ${contender.name}\n`)
      figures.get(contender.name)?.push(await measure(load, contender, kind))
    }
  }
  const unit = kind === 'http' ? 'request' : 'message and its echo'
  const shown = new Table({ head: ['', `${kind} /s`, `CPU us/${unit}`], style: { head: [], border: [] } })
  for (const [name, of] of figures) shown.push([name, mean(of.map(({ rate }) => rate)).toFixed(0), mean(of.map(({ cpu }) => cpu)).toFixed(1)])
  process.stdout.write(`${shown.toString()}\nmeans of ${ROUNDS} rounds of ${FOR_MS / 1000} s, in turn forwards and backwards; ${CONNECTIONS} connections, one ${unit} at a time\n`)
  for (const contender of contenders) contender.stop()
}

const server = await httpServer()
const load = fork(fileURLToPath(new URL('http-load-main.js', import.meta.url)))
const { port } = server
await table(load, 'http', [
  direct(port), await haproxy(port), await haproxy(port, 'http'), await pipe(port), await httpProxy(port), await brownout('brownout, tcp', port),
  await brownout('brownout, http, every request read', port, { protocol: 'http' }), await brownout('brownout, http, a rule that means none', port, { protocol: 'http', rule: IDLE }),
])
await table(load, 'websocket', [
  direct(port), await pipe(port), await wsRelay(port), await brownout('brownout, http, every message read', port, { protocol: 'http' }),
  await brownout('brownout, http, a rule that means none of its texts', port, { protocol: 'http', rule: IDLE_FRAMES }),
])
server.stop()
load.disconnect()
