/** One client connection, its upstream connection, and the two links between them. */

import type { Clock, Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Side } from '../fault.ts'
import type { Facets } from '../match.ts'
import { opposite, type Direction } from '../protocols/codec.ts'
import { Grip, type ArmedRule } from './armed.ts'
import { judge, type Closing, type Judgement } from './judge.ts'
import { Link, type LinkOwner } from './link.ts'
import type { Meter } from './meter.ts'
import type { Endpoint } from './endpoint.ts'
import { isReset } from './socket.ts'

/** What a session asks of its proxy. */
export interface SessionHost {
  readonly clock: Clock
  readonly meter: Meter
  readonly dialTimeout: Ms
  dial(): Endpoint
  expire(now: Ms): void
  /** For the ledger. */
  judged(session: Session, direction: Direction, judgement: Judgement): void
  drained(armed: ArmedRule): void
  /** Both of its sockets are gone. */
  closed(session: Session): void
}

/** How long a peer may take to read its last words and to close before it is cut off. */
const LINGER: Ms = ms(2000)

type Role = 'client' | 'server'
const roleOf = (direction: Direction): { source: Role; target: Role } =>
  direction === 'to-server' ? { source: 'client', target: 'server' } : { source: 'server', target: 'client' }

export class Session implements LinkOwner {
  readonly id: number
  readonly facets: Facets
  readonly #host: SessionHost
  readonly #links: Readonly<Record<Direction, Link>>
  readonly #ends: { client: Endpoint; server: Endpoint | undefined }
  readonly #timers = new Map<ArmedRule, Timer[]>()
  #grips: readonly Grip[] = []
  /** A rule took one side away; the other is kept, unknowing, until that rule disarms. */
  #orphan: { readonly by: ArmedRule; readonly gone: Role } | undefined
  #awaiting = false
  #openedAt: Ms = ms(0)
  #draining: ArmedRule[] = []
  #dialTimer: Timer | undefined
  #linger: Timer | undefined
  #over = false

  constructor(id: number, client: Endpoint, facets: Facets, host: SessionHost) {
    this.id = id
    this.facets = facets
    this.#host = host
    this.#ends = { client, server: undefined }
    this.#links = { 'to-server': new Link('to-server', host.clock, this), 'to-client': new Link('to-client', host.clock, this) }
    this.#links['to-client'].to(client.stream)
    this.#attend('client', client)
    host.meter.connections++
  }

  /** Asks the rules about the connection, dials when they let it, and begins to read the client. */
  begin(rules: readonly ArmedRule[]): void {
    this.#grips = rules.map((armed) => new Grip(armed, this.id, this.facets))
    const toServer = this.#links['to-server']
    toServer.arm(this.#grips.filter((grip) => grip.sees('connect', 'to-server')))
    toServer.judge({ kind: 'connect' }, () => this.#dial())
    if (this.#over) return
    this.#link()
    this.#links['to-server'].from(this.#ends.client.stream)
    this.#tick(this.#grips, 'armed')
  }

  /** The rules of the target have changed: grips on rules that stay are kept, with their state and their draws. */
  rearm(rules: readonly ArmedRule[]): void {
    if (this.#over) return
    const kept = new Map(this.#grips.map((grip) => [grip.armed, grip]))
    const fresh: Grip[] = []
    this.#grips = rules.map((armed) => {
      const grip = kept.get(armed)
      if (grip) return grip
      const added = new Grip(armed, this.id, this.facets)
      fresh.push(added)
      return added
    })
    this.#link()
    this.#tick(fresh, 'armed')
  }

  /** Takes a rule off: its last word, then everything that it holds or has planned. */
  disarm(armed: ArmedRule): void {
    const grip = this.#grips.find((one) => one.armed === armed)
    if (!grip || this.#over) return
    if (grip.begun && this.#awaiting) { armed.draining++; this.#draining.push(armed) }
    if (grip.begun) this.#tick([grip], 'disarm')
    this.loosen(armed)
    this.#grips = this.#grips.filter((one) => one !== grip)
    this.#link()
    if (this.#orphan?.by === armed) this.close('reset', 'both')
  }

  /** Lets go of what a rule holds or has planned here; the rule itself stays. */
  loosen(armed: ArmedRule): void {
    for (const timer of this.#timers.get(armed) ?? []) timer.cancel()
    this.#timers.delete(armed)
    this.#links['to-server'].release(armed)
    this.#links['to-client'].release(armed)
  }

  /** A time that the rule asked for has come, or it was changed in place. */
  tick(armed: ArmedRule, why: 'armed' | 'due'): void {
    this.#tick(this.#grips.filter((grip) => grip.armed === armed), why)
  }

  arrived(direction: Direction, size: number): void {
    this.#host.meter.arrived(direction, size)
    if (direction === 'to-client' || this.#awaiting) return
    this.#awaiting = true
    this.#openedAt = this.#host.clock.now()
    this.#host.meter.exchangeOpened(this.#openedAt)
  }

  passed(direction: Direction, size: number): void {
    const { meter, clock } = this.#host
    if (direction === 'to-server') { meter.bytesToServer += size; return }
    meter.bytesToClient += size
    if (!this.#awaiting) return
    this.#awaiting = false
    meter.exchangeAnswered(this.#openedAt, clock.now())
    if (this.#draining.length > 0) this.#drained()
  }

  held(duration: Ms): void { this.#host.meter.heldBack(duration) }

  expire(now: Ms): void { this.#host.expire(now) }

  judged(direction: Direction, judgement: Judgement): void { this.#host.judged(this, direction, judgement) }

  closing({ armed, how, side, after }: Closing): void {
    if (after <= 0) return this.close(how, side, armed)
    const { clock } = this.#host
    const timer = clock.at(ms(clock.now() + after), () => {
      this.judged('to-server', { pieces: [], closing: undefined, did: [{ armed, did: 'close' }], broken: undefined })
      this.close(how, side, armed)
    })
    this.#timers.set(armed, [...(this.#timers.get(armed) ?? []), timer])
  }

  /** In turn: one side has said its last, and all of it has been passed on. */
  ended(direction: Direction, how: 'end' | 'reset'): void {
    const target = this.#ends[roleOf(direction).target]
    if (how === 'reset') return this.close('reset', 'both')
    if (target && !this.#orphan) target.end()
  }

  /** Closes a side or both. `end` sends FIN and waits a while for the peer; `reset` sends RST. What was written before goes out first. */
  close(how: 'end' | 'reset', side: Side, by?: ArmedRule): void {
    if (this.#over) return
    if (side !== 'both' && by && !this.#orphan) {
      this.#orphan = { by, gone: side }
      if (side === 'server') this.#dialTimer?.cancel()
      const gone = this.#ends[side]
      // Nothing of the side that is gone reaches the other any more, and what the other sends is read and thrown away.
      this.#links['to-server'].abandon()
      this.#links['to-client'].abandon()
      return void (how === 'reset' ? gone?.reset() : gone?.destroySoon())
    }
    this.#finish()
    for (const end of [this.#ends.client, this.#ends.server]) {
      if (how === 'reset') end?.reset()
      else end?.end()
    }
    const { clock } = this.#host
    this.#linger = clock.at(ms(clock.now() + LINGER), () => this.#destroy())
  }

  /** False once the rules have nothing more to decide: its sockets may still be saying goodbye. */
  get live(): boolean { return !this.#over }

  /** At once, without regard for what is held. */
  destroy(): void {
    this.#finish()
    this.#destroy()
  }

  #destroy(): void {
    this.#ends.client.destroy()
    this.#ends.server?.destroy()
  }

  /** The session is over for the rules; its sockets may still be saying goodbye. */
  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#dialTimer?.cancel()
    for (const timers of this.#timers.values()) for (const timer of timers) timer.cancel()
    this.#timers.clear()
    this.#links['to-server'].abandon()
    this.#links['to-client'].abandon()
    if (this.#awaiting) this.#host.meter.exchangeFailed(this.#host.clock.now())
    this.#awaiting = false
    this.#drained()
    this.#host.meter.connections--
  }

  #drained(): void {
    for (const armed of this.#draining.splice(0)) {
      if (--armed.draining === 0) this.#host.drained(armed)
    }
  }

  #link(): void {
    for (const link of Object.values(this.#links)) {
      link.arm(this.#grips.filter((grip) => grip.sees('bytes', link.direction) || grip.sees('end', link.direction)))
    }
  }

  #tick(grips: readonly Grip[], why: 'armed' | 'due' | 'disarm'): void {
    for (const grip of grips) {
      if (this.#over || !grip.sees('tick', 'to-server') || (why === 'disarm' && !grip.begun)) continue
      const judgement = judge([grip], { kind: 'tick', why }, 'to-server')
      if (judgement.did.length > 0 || judgement.broken) this.judged('to-server', judgement)
      if (judgement.closing) this.closing(judgement.closing)
    }
  }

  #dial(): void {
    const { clock, meter, dialTimeout } = this.#host
    const server = this.#host.dial()
    this.#ends.server = server
    this.#links['to-server'].to(server.stream)
    this.#links['to-client'].from(server.stream)
    let connected = false
    const failed = (): void => {
      if (connected) return
      meter.failedDials++
      this.close('reset', 'both')
      server.destroy()
    }
    server.onConnect(() => { connected = true; this.#dialTimer?.cancel() })
    server.stream.once('error', failed)
    this.#dialTimer = clock.at(ms(clock.now() + dialTimeout), failed)
    this.#attend('server', server)
  }

  /** Passes on how a side ends, and notices when both are gone. */
  #attend(role: Role, end: Endpoint): void {
    const direction: Direction = role === 'client' ? 'to-server' : 'to-client'
    const link = this.#links[direction]
    let ended = false
    end.keepLastWords(link.onData)
    end.onEnd(() => {
      if (ended) return
      ended = true
      if (this.#orphan) this.#bereft(role)
      else link.sourceEnded('end')
    })
    const onError = (error: Error): void => {
      if (ended && !isReset(error)) return
      ended = true
      if (isReset(error)) this.#host.meter.resets++
      if (this.#over) return
      if (this.#orphan) return this.#bereft(role)
      this.#links[opposite(direction)].abandon()
      link.sourceEnded('reset')
    }
    end.stream.on('error', onError)
    end.stream.on('close', () => {
      if (!ended) onError(new Error('closed'))
      if (this.#ends.client.gone && (this.#ends.server?.gone ?? true)) {
        this.#linger?.cancel()
        this.#finish()
        this.#host.closed(this)
      }
    })
  }

  /** The side that was left has ended too. The end of the one that we took away is no news. */
  #bereft(role: Role): void {
    if (this.#orphan?.gone !== role) this.destroy()
  }
}
