/** One target: its listeners, its sessions, the rules that are armed on it. */

import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { Clock, Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { AnyFault } from '../fault.ts'
import type { Direction } from '../protocols/codec.ts'
import { conversationIn } from '../protocols/spoken.ts'
import { unmapped } from '../match.ts'
import type { Rule } from '../rule.ts'
import { Accounts } from './accounts/accounts.ts'
import type { Word } from './accounts/reactions.ts'
import { formatAddress } from './address.ts'
import { ArmedRule, toldAtMost, type ArmedContext, type Grant } from './armed.ts'
import { dial, type Permit } from './dial.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { Endpoint } from './endpoint.ts'
import { ListeningFront, type Front, type FrontMaker, type Way } from './front.ts'
import { gatewayOf } from './gated.ts'
import type { Outcome } from './judge.ts'
import { room } from './limits.ts'
import { Meter } from './meter.ts'
import type { Viewer } from './nodes.ts'
import type { OpenTarget, PlaneEvent, TargetSpec } from './plane.ts'
import { Session } from './session.ts'
import type { SessionHost } from './session-host.ts'
import { tlsSides, type TlsSides } from './tls.ts'

export interface ProxyHost {
  readonly clock: Clock
  readonly seed: number
  emit(event: PlaneEvent): void
  /** Disarms what is over at `now`. */
  expire(now: Ms): void
  /** A fault threw: its rule must go. */
  broken(armed: ArmedRule): void
  /** Absent: every upstream may be dialled. */
  readonly permit?: Permit | undefined
  /** Absent: listeners of this process. */
  readonly front?: FrontMaker | undefined
  /** Live sessions of a target in all processes that serve it; told whenever there are more or fewer here. Absent: it is this one alone. */
  readonly connections?: ((target: string, here: number) => number) | undefined
  /** What the other processes that serve a target must know of its clients. */
  readonly tell?: ((target: string, word: Word) => void) | undefined
}

export class TargetProxy implements SessionHost {
  readonly clock: Clock
  readonly meter: Meter
  readonly #host: ProxyHost
  #accounts: Accounts
  #spec: TargetSpec
  readonly #front: Front
  readonly #sessions = new Map<number, Session>()
  readonly #tickers = new Map<ArmedRule, Timer>()
  readonly #context: ArmedContext
  #tls: TlsSides | undefined
  #gateway: Gateway | undefined
  #armed: readonly ArmedRule[] = []
  #nextExpiry = Number.POSITIVE_INFINITY
  #sessionsMade = 0
  /** That a client was turned away has been told. */
  #full = false
  /** Sessions that could not be read (any more), by reason. The first of each is told. */
  readonly #opaque = new Map<string, number>()

  constructor(spec: TargetSpec, host: ProxyHost) {
    this.#spec = spec
    this.clock = host.clock
    this.meter = new Meter(spec.name, (here) => { host.connections?.(spec.name, here) })
    this.#host = host
    this.#accounts = this.#accountsOf(spec)
    const connections = (): number => host.connections?.(spec.name, this.meter.connections) ?? this.meter.connections
    this.#context = { seed: host.seed, now: () => host.clock.now(), connections }
    this.#front = (host.front ?? ((...args) => new ListeningFront(...args)))(spec, {
      clock: host.clock, connections, armed: () => this.#armed,
      accept: (socket, way) => this.accept(socket, way),
      told: (armed, did) => this.#told(armed, 0, 'to-server', did),
      emit: (event) => host.emit(event),
    })
  }

  async open(): Promise<OpenTarget> {
    this.#tls = await tlsSides(this.spec, this.clock)
    this.#gateway = await gatewayOf(this.spec, this.#tls, this.#host, this.meter)
    await this.#front.open()
    return this.#opened()
  }

  /** Another spec of the same name. Connections of the old one end; what fails leaves all as it was. */
  async change(spec: TargetSpec): Promise<OpenTarget> {
    const tls = await tlsSides(spec, this.clock)
    const gateway = await gatewayOf(spec, tls, this.#host, this.meter)
    await this.#front.change(spec)
    this.endSessions()
    if (spec.protocol !== this.#spec.protocol || !isDeepStrictEqual(spec.routes, this.#spec.routes)) this.#accounts = this.#accountsOf(spec)
    this.#spec = spec
    this.#tls = tls
    this.#gateway = gateway
    await this.#front.settle()
    return this.#opened()
  }

  get spec(): TargetSpec { return this.#spec }
  get accounts(): Accounts { return this.#accounts }
  get dialTimeout(): Ms { return this.#spec.dialTimeout }

  get armed(): readonly ArmedRule[] { return this.#armed }
  get sessions(): number { return this.#sessions.size }

  /** Arms a rule behind the others; one whose id is armed already is changed in place, with its counts and draws. */
  async arm(fault: AnyFault, rule: Rule, grant?: Grant): Promise<void> {
    const there = this.#armed.find((armed) => armed.rule.id === rule.id)
    if (there && there.fault !== fault) this.#takeOff(there)
    else if (there) {
      there.change(rule, grant)
      for (const session of this.#sessions.values()) session.loosen(there)
      this.#armedChanged(this.#armed)
      for (const session of this.#sessions.values()) session.tick(there, 'armed')
      this.#startTicking(there)
      return this.#front.settle()
    }
    const armed = new ArmedRule(fault, rule, this.#context, grant)
    this.#armedChanged([...this.#armed, armed])
    this.#startTicking(armed)
    await this.#front.settle()
  }

  /** Takes a rule off at once: what it held goes out, in order. Resolves when the listeners are back too. */
  disarm(armed: ArmedRule): Promise<void> {
    this.#takeOff(armed)
    return this.#front.settle()
  }

  #takeOff(armed: ArmedRule): void {
    this.#tickers.get(armed)?.cancel()
    this.#tickers.delete(armed)
    for (const session of this.#sessions.values()) session.disarm(armed)
    this.#armedChanged(this.#armed.filter((one) => one !== armed))
  }

  /** For a target that is closed for good: nothing held goes out any more. */
  forgetRules(): void {
    for (const ticker of this.#tickers.values()) ticker.cancel()
    this.#tickers.clear()
    this.#armedChanged([])
  }

  expire(now: Ms): void {
    if (now >= this.#nextExpiry) this.#host.expire(now)
  }

  judged(session: number, direction: Direction, { did, broken, spared }: Outcome): void {
    for (const { armed, did: what, note } of did) this.#told(armed, session, direction, what, note)
    if (spared?.armed.spares(spared.why)) this.#host.emit({ kind: 'spared', rule: spared.armed.rule.id, session, why: spared.why, at: this.clock.now() })
    if (!broken) return
    const { armed, problem } = broken
    this.#host.emit({ kind: 'broken', rule: armed.rule.id, session, problem, at: this.clock.now() })
    this.#host.broken(armed)
  }

  opaque(session: number, why: string): void {
    const told = this.#opaque.get(why) ?? 0
    this.#opaque.set(why, told + 1)
    if (told === 0) this.#host.emit({ kind: 'opaque', target: this.#spec.name, session, why, at: this.clock.now() })
  }

  drained(armed: ArmedRule): void { this.#host.emit({ kind: 'drained', rule: armed.rule.id, at: this.clock.now() }) }

  closed(session: number): void { this.#sessions.delete(session) }

  /** No new connections; those there are may go on. */
  stopListening(): Promise<void> { return this.#front.close() }

  /** FIN to both sides of every connection; what is held is lost. */
  endSessions(): void {
    this.#tls?.close()
    for (const session of this.#sessions.values()) session.close('end', 'both')
  }

  destroySessions(): void {
    this.#tls?.close()
    for (const session of this.#sessions.values()) session.destroy()
  }

  #accountsOf({ name, protocol, routes }: TargetSpec): Accounts {
    const { tell } = this.#host
    return new Accounts(name, protocol, routes, tell && ((word) => tell(name, word)))
  }

  #opened(): OpenTarget { return { name: this.#spec.name, listen: this.#front.ways.map(({ from, address }) => ({ from, address })) } }

  /** A client has come; `session` is its number where others give those. */
  accept(socket: Socket, way: Way, session?: number): void {
    this.meter.accepted++
    if (!room.take()) return this.#turnAway(socket)
    if (socket.closed) room.give()
    else socket.on('close', room.give)
    // Nothing knows them any more once the socket is gone.
    const { remoteAddress = '', localAddress = '' } = socket
    ;(this.#tls as TlsSides).client(socket, (client) => this.#begin(client, remoteAddress, unmapped(localAddress), way, session))
  }

  #turnAway(socket: Socket): void {
    this.meter.failedDials++
    socket.resetAndDestroy()
    if (!this.#full) this.#host.emit({ kind: 'full', target: this.#spec.name, room: room.size, at: this.clock.now() })
    this.#full = true
  }

  #begin(client: Endpoint, address: string, reached: string, { from, node, address: at }: Way, id = ++this.#sessionsMade): void {
    const accounts = this.#accounts.session(id, from ?? address, this.clock.now())
    const facets = { client: address, from, to: 'port' in at ? formatAddress({ host: reached, port: at.port }) : undefined, node: node && formatAddress(node) }
    const viewer = node && { node, from, reached }
    const session = new Session(id, client, facets, this, accounts, { dial: () => this.#dial(viewer), conversation: conversationIn(this.#spec.protocol, this.#accounts.routes) })
    this.#sessions.set(id, session)
    this.expire(this.clock.now())
    session.begin(this.#armed)
  }

  #dial(viewer: Viewer | undefined): Endpoint {
    if (this.#gateway) return new Endpoint(this.#gateway.connect())
    const { name, upstream: seed, tls } = this.#spec
    const upstream = viewer?.node ?? seed
    const view = viewer && this.#front.view(viewer)
    const nodes = view && { ...view, tls: tls.upstream === 'require' }
    return (this.#tls as TlsSides).server(dial({ name, upstream }, this.#host.permit), upstream, nodes)
  }

  #armedChanged(armed: readonly ArmedRule[]): void {
    this.#armed = armed
    this.#nextExpiry = Math.min(...armed.map((one) => one.until))
    for (const session of this.#sessions.values()) session.rearm(armed)
  }

  #told(armed: ArmedRule, session: number, direction: Direction, did: string, note?: string): void {
    if (++armed.altered > toldAtMost(note)) return
    this.#host.emit({ kind: 'altered', rule: armed.rule.id, session, direction, did, ...(note === undefined ? {} : { note }), at: this.clock.now() })
  }

  #startTicking(armed: ArmedRule): void {
    this.#tickers.get(armed)?.cancel()
    const { fault } = armed
    if (!fault.every) return
    const next = (from: Ms): void => {
      const due = ms(from + Math.max(1, fault.every?.(armed.params(from)) ?? 1))
      this.#tickers.set(armed, this.clock.at(due, () => {
        if (this.clock.now() >= armed.until) return
        for (const session of this.#sessions.values()) session.tick(armed, 'due')
        if (this.#armed.includes(armed)) next(due)
      }))
    }
    next(armed.armedAt)
  }
}
