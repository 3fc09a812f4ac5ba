/** A fault on real sockets, armed with parameters as people write them. */

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import type { AnyFault } from '../../src/fault.ts'
import type { Rule } from '../../src/rule.ts'
import { exchange, target, until, type Seen, type Target } from '../proxy/stage.ts'
import { readParams } from './scene.ts'

export { closeAll, exchange, until, type Seen } from '../proxy/stage.ts'

export interface Wire extends Target {
  /** Takes hold; the parameters and the rest of the rule as given, standing unless it says otherwise. */
  strike(written?: Readonly<Record<string, unknown>>, more?: Partial<Rule>): Promise<void>
  heal(): Promise<void>
  /** A client that has had an answer: its connection is live all the way. */
  live(): Promise<Seen>
  /** Live ones, as the target counts them. */
  connections(): Promise<number>
  /** What the rule did so far, oldest first: kinds of verdict, states of the listener. */
  did(): readonly string[]
}

/** A target with a server behind it (it echoes unless told otherwise) and nothing armed yet. */
export async function wire(fault: AnyFault, serve?: (socket: Socket) => void): Promise<Wire> {
  const stage = await target(serve ? { serve } : {})
  return {
    ...stage,
    strike: (written = {}, more = {}) => stage.arm('it', fault.name, readParams(fault, written), { ...(more.for === undefined ? { standing: true } : {}), ...more }),
    async heal() { await stage.plane.disarm(['it']) },
    async live() {
      const client = await stage.client()
      await exchange(client, 'hello')
      return client
    },
    connections: async () => Object.values((await stage.plane.snapshot()).targets)[0]?.connections ?? 0,
    did: () => stage.events.flatMap((event) => (event.kind === 'altered' ? [event.did] : [])),
  }
}

/** A fresh connection through the target is answered at once, as if nothing had ever been armed. */
export async function healthy({ client }: Wire): Promise<void> {
  const fresh = await client()
  const took = await exchange(fresh, 'are you there?')
  assert.equal(fresh.text(), 'are you there?')
  assert.ok(took < 500, `took ${took} ms`)
  fresh.socket.end()
  assert.equal(await fresh.ended, 'end')
}

/** How a new connection ends; `words`, then FIN, are all that it says. A reset may come before the client has noticed that it was connected. */
export const fateOf = ({ client }: Wire, words?: string): Promise<string> =>
  client().then((seen) => {
    if (words !== undefined) seen.socket.end(words)
    return seen.ended
  }, (error: NodeJS.ErrnoException) => error.code ?? error.message)

/** How long until the socket's end, and which. */
export async function endOf(seen: Seen): Promise<{ how: string; took: number }> {
  const start = performance.now()
  const how = await seen.ended
  return { how, took: performance.now() - start }
}

/** Not sooner than `least`, and not absurdly later: the machine may be busy. */
export function tookAbout(took: number, least: number, slack = 1500): void {
  assert.ok(took >= least - 1, `too soon: ${took} ms of ${least}`)
  assert.ok(took < least + slack, `too late: ${took} ms of ${least}`)
}

/** Fails when `seen` gets a byte or ends within `during` ms. */
export async function nothingHappens(seen: Seen, during = 120): Promise<void> {
  const had = seen.bytes()
  let ended = false
  void seen.ended.then(() => { ended = true })
  const from = performance.now()
  await until(() => ended || seen.bytes() > had || performance.now() - from >= during, 'a while')
  assert.deepEqual({ bytes: seen.bytes(), ended }, { bytes: had, ended: false })
}
