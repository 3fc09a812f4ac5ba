/** What the stages of all protocols have in common: one rule, called `it`, on a target behind a plane, and bare bytes through it. */

import { once } from 'node:events'
import { connect } from 'node:net'
import type { AnyFault } from '../../src/fault.ts'
import type { DynamicPlane, PlaneEvent } from '../../src/proxy/plane.ts'
import type { Rule } from '../../src/rule.ts'
import { later, watch, type Seen } from '../proxy/stage.ts'
import { readParams } from './scene.ts'

export interface Struck {
  strike(fault: AnyFault, written?: Readonly<Record<string, unknown>>, more?: Partial<Rule>): Promise<void>
  heal(): Promise<void>
  /** What the rules did so far, oldest first, with their notes: `close executed`. */
  did(): readonly string[]
}

export const struck = (plane: DynamicPlane, events: readonly PlaneEvent[], on: string): Struck => ({
  strike: (fault, written = {}, more = {}) =>
    plane.arm([{ id: 'it', fault: fault.name, on, params: readParams(fault, written), ...(more.for === undefined ? { standing: true as const } : {}), ...more }]).then(() => undefined),
  async heal() { await plane.disarm(['it']) },
  did: () => events.flatMap((event) => (event.kind === 'altered' ? [event.note === undefined ? event.did : `${event.did} ${event.note}`] : [])),
})

export async function rawTo(port: number): Promise<Seen> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true })
  const seen = watch(socket)
  later(() => socket.destroy())
  await once(socket, 'connect')
  return seen
}
