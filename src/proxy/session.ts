/** One client connection, its upstream connection, and the two links between them. */

import type { Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Side, Unit } from '../fault.ts'
import type { Facets } from '../match.ts'
import { opposite, type Direction, type ExchangeId } from '../protocols/codec.ts'
import type { Spoken } from '../protocols/spoken.ts'
import type { SessionAccounts } from './accounts/session-accounts.ts'
import type { ArmedRule, Grip } from './armed.ts'
import { ByteExchange } from './byte-exchange.ts'
import { cancelAtServer } from './cancel.ts'
import type { Route } from './dial.ts'
import { dialling } from './dialling.ts'
import { Dialogue, type DialogueOwner } from './dialogue.ts'
import { Grips } from './grips.ts'
import { judge, type Closing, type Outcome } from './judge.ts'
import { Link } from './link.ts'
import type { LinkOwner } from './link-owner.ts'
import type { Endpoint } from './endpoint.ts'
import type { SessionHost } from './session-host.ts'
import { Planned } from './planned.ts'
import { isReset } from './socket.ts'

/** How long a peer may take to read its last words and to close before it is cut off. */
const LINGER: Ms = ms(2000)

type Role = 'client' | 'server'
const TARGETS: Readonly<Record<Direction, Role>> = { 'to-server': 'server', 'to-client': 'client' }

export class Session implements LinkOwner, DialogueOwner {
  readonly id: number
  readonly facets: Facets
  readonly #host: SessionHost
  readonly #route: Route
  readonly #dialogue: Dialogue | undefined
  readonly #accounts: SessionAccounts
  readonly #grips: Grips
  readonly #links: Readonly<Record<Direction, Link>>
  readonly #ends: { client: Endpoint; server: Endpoint | undefined }
  readonly #planned: Planned
  /** A rule took one side away; the other is kept, unknowing, until that rule disarms. */
  #orphan: { readonly by: ArmedRule; readonly gone: Role } | undefined
  #byMessage = false
  readonly #exchange: ByteExchange
  #dialTimer: Timer | undefined
  #linger: Timer | undefined
  #over = false

  constructor(id: number, client: Endpoint, facets: Facets, host: SessionHost, accounts: SessionAccounts, route: Route) {
    this.id = id
    this.facets = facets
    this.#host = host
    this.#route = route
    this.#planned = new Planned(host.clock)
    this.#exchange = new ByteExchange(host)
    this.#ends = { client, server: undefined }
    this.#grips = new Grips(id, facets, route.conversation)
    this.#dialogue = route.conversation && new Dialogue(route.conversation, accounts, host.clock, this)
    this.#accounts = accounts
    const link = (direction: Direction): Link => new Link(direction, host.clock, this, this.#dialogue)
    this.#links = { 'to-server': link('to-server'), 'to-client': link('to-client') }
    this.#links['to-client'].to(client.sink)
    this.#attend('client', client)
    host.meter.opened()
  }

  /** Asks the rules about the connection, dials when they let it, and begins to read the client. */
  begin(rules: readonly ArmedRule[]): void {
    const grips = this.#grips.renew(rules)
    const { 'to-server': toServer } = this.#links
    toServer.arm(this.#grips.onConnect())
    toServer.judge({ kind: 'connect' }, () => this.#dial())
    if (this.#over) return
    this.#link()
    toServer.from(this.#ends.client.source)
    this.#tick(grips, 'armed')
  }

  /** The rules of the target have changed. */
  rearm(rules: readonly ArmedRule[]): void {
    if (this.#over) return
    const fresh = this.#grips.renew(rules)
    this.#link()
    this.#tick(fresh, 'armed')
  }

  /** Takes a rule off: its last word, then everything that it holds or has planned. */
  disarm(armed: ArmedRule): void {
    const grip = this.#grips.of(armed)
    if (!grip || this.#over) return
    if (grip.begun) {
      this.#exchange.disarmed(armed)
      this.#tick([grip], 'disarm')
    }
    this.loosen(armed)
    this.#grips.retire(grip)
    this.#link()
    if (this.#orphan?.by === armed) this.close('reset', 'both')
  }

  /** Lets go of what a rule holds or has planned here; the rule itself stays. */
  loosen(armed: ArmedRule): void {
    this.#planned.cancel(armed)
    this.#links['to-server'].release(armed)
    this.#links['to-client'].release(armed)
  }

  /** A time that the rule asked for has come, or it was changed in place. */
  tick(armed: ArmedRule, why: 'armed' | 'due'): void { this.#tick([this.#grips.of(armed)].filter((grip) => grip !== undefined), why) }

  arrived(direction: Direction, size: number): void {
    const openedAt = this.#exchange.arrived(direction, size)
    if (openedAt !== undefined && !this.#dialogue) this.#accounts.spoke(openedAt)
  }

  passed(direction: Direction, size: number): void { this.#exchange.passed(direction, size) }

  held(duration: Ms): void { this.#host.meter.heldBack(duration) }

  expire(now: Ms): void { this.#host.expire(now) }

  judged(direction: Direction, judgement: Outcome, unit: Unit): void {
    const { exchange, message } = unit.kind === 'message' ? unit : { exchange: null, message: undefined }
    for (const { armed, did } of judgement.did) this.#accounts.altered(armed.rule.id, exchange ?? 0, did, this.#host.clock.now(), message)
    this.#host.judged(this.id, direction, judgement)
  }

  say(raw: Buffer): void { this.#links['to-client'].say(raw) }

  over(exchange: ExchangeId): void {
    if (this.#grips.over(exchange) || (this.#byMessage && !this.#grips.readMessages)) this.#relink()
  }

  answeredLast(): void { this.#links['to-client'].say(undefined, () => this.close('end', 'both')) }

  stoodAlone(unit: Spoken): void { if (this.#grips.passed(unit)) this.#relink() }

  opaque(why: string): void {
    this.#host.opaque(this.id, why)
    // An answer of ours that waits has lost its place: nobody knows any more what stands before it.
    if (this.#dialogue?.busy) this.close('reset', 'both')
  }

  closing({ armed, how, side, after, last, cancel }: Closing, direction: Direction): void {
    const close = (): void => {
      if (cancel && !this.#over) cancelAtServer(this.#route, this.#host)
      this.close(how, side, armed)
    }
    const now = (): void => (last ? this.#links[opposite(direction)].say(last, close) : close())
    if (after <= 0) return now()
    this.#planned.add(armed, after, () => {
      this.judged(direction, { did: [{ armed, did: 'close' }], broken: undefined, spared: undefined }, { kind: 'tick', why: 'due' })
      now()
    })
  }

  /** In turn: one side has said its last, and all of it has been passed on. */
  ended(direction: Direction, how: 'end' | 'reset'): void {
    const target = this.#ends[TARGETS[direction]]
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
    for (const end of [this.#ends.client, this.#ends.server]) end?.[how]()
    this.#linger = this.#host.clock.at(ms(this.#host.clock.now() + LINGER), () => this.#destroy())
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
    this.#planned.cancelAll()
    this.#links['to-server'].abandon()
    this.#links['to-client'].abandon()
    this.#exchange.end()
    this.#host.meter.closed()
    this.#accounts.closed(this.#host.clock.now())
  }

  /** Where one rule reads messages both links go message by message, or an answer of ours would overtake a real one. */
  #link(): void {
    this.#byMessage = this.#grips.readMessages || this.#dialogue?.busy === true
    for (const link of Object.values(this.#links)) link.arm(this.#grips.on(link.direction), this.#byMessage)
  }

  /** Not from inside a judgement: the chunk at hand is still being heard. */
  #relink(): void { this.#host.clock.at(this.#host.clock.now(), () => { if (!this.#over) this.#link() }) }

  #tick(grips: readonly Grip[], why: 'armed' | 'due' | 'disarm'): void {
    for (const grip of grips) {
      if (this.#over || !grip.sees('tick', 'to-server') || (why === 'disarm' && !grip.begun)) continue
      const unit = { kind: 'tick', why } as const
      const judgement = judge([grip], unit, 'to-server')
      if (!judgement) continue
      const { did, broken, pieces, closing } = judgement
      if (did.length > 0 || broken) this.judged('to-server', judgement, unit)
      for (const { unit: left, towards = 'to-server' } of pieces) if (left.kind === 'bytes') this.#links[towards].say(left.raw)
      if (closing) this.closing(closing, 'to-server')
    }
  }

  #dial(): void {
    const server = this.#route.dial()
    const { 'to-server': toServer, 'to-client': toClient } = this.#links
    this.#ends.server = server
    server.raw.on('close', () => this.#gone())
    if (server.negotiates) toServer.wait(server)
    this.#dialTimer = dialling(server, this.#host, {
      settled: () => {
        toServer.to(server.sink)
        toClient.from(server.source, server.edit)
        this.#attend('server', server)
        toServer.release(server)
      },
      failed: () => {
        this.#host.meter.failedDials++
        this.close('reset', 'both')
        server.destroy()
      },
    })
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
    end.onError(onError)
    end.onClose(() => {
      if (!ended) onError(new Error('closed'))
      this.#gone()
    })
  }

  /** A socket has gone: the session is no more when both have. */
  #gone(): void {
    if (!this.#ends.client.gone || this.#ends.server?.gone === false) return
    this.#linger?.cancel()
    this.#finish()
    this.#host.closed(this.id)
  }

  /** The side that was left has ended too. The end of the one that we took away is no news. */
  #bereft(role: Role): void {
    if (this.#orphan?.gone !== role) this.destroy()
  }
}
