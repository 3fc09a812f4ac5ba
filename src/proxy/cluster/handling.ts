/** One target as the primary has it: its listeners, what is armed on it, and its clients, who are numbered and handed on. */

import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { ListeningFront, type Way } from '../front.ts'
import { throwAway } from '../tls.ts'
import type { ArmedRule } from '../armed.ts'
import type { OpenTarget, PlaneEvent, TargetSpec } from '../plane.ts'
import type { HandedTarget } from './wire.ts'

export interface HandlingHost {
  readonly clock: Clock
  emit(event: PlaneEvent): void
  hand(target: string, session: number, way: Way, socket: Socket): void
  /** Of all workers. */
  connections(index: number): number
}

export class Handling {
  readonly index: number
  readonly #front: ListeningFront
  #spec: TargetSpec
  #sessions = 0
  armed: readonly ArmedRule[] = []

  constructor(spec: TargetSpec, index: number, host: HandlingHost) {
    this.#spec = spec
    this.index = index
    this.#front = new ListeningFront(spec, {
      clock: host.clock, armed: () => this.armed, connections: () => host.connections(index),
      accept: (socket, way) => {
        socket.on('error', () => undefined)
        host.hand(this.#spec.name, ++this.#sessions, way, socket)
      },
      told: (armed, did) => {
        armed.altered++
        host.emit({ kind: 'altered', rule: armed.rule.id, session: 0, direction: 'to-server', did, at: host.clock.now() })
      },
      emit: (event) => host.emit(event),
    }, 'to hand on')
  }

  get spec(): TargetSpec { return this.#spec }
  get opened(): OpenTarget { return { name: this.#spec.name, listen: this.#front.ways.map(({ from, address }) => ({ from, address })) } }
  /** As workers are told of it. */
  get handed(): HandedTarget { return { spec: { ...this.#spec, listen: this.opened.listen }, index: this.index } }

  open(): Promise<void> { return this.#front.open() }

  async change(spec: TargetSpec): Promise<void> {
    await this.#front.change(spec)
    this.#spec = spec
  }

  settle(): Promise<void> { return this.#front.settle() }
  node: ListeningFront['node'] = (node, from) => this.#front.node(node, from)
  close(): Promise<void> { return this.#front.close() }
}

/** Workers must show the same certificate; one is made where none is given. */
export async function withCertificate(spec: TargetSpec): Promise<TargetSpec> {
  const { tls } = spec
  return tls.client === 'terminate' && tls.cert === undefined ? { ...spec, tls: { ...tls, made: await throwAway() } } : spec
}
