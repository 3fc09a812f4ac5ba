/** One target: its listeners, its sessions, the rules that are armed on it. */

import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { Clock, Timer } from '../core/clock.ts'
import { ms, ratio, type Ms } from '../core/units.ts'
import type { AnyFault, Verdict } from '../fault.ts'
import type { Direction } from '../protocols/codec.ts'
import { conversationIn } from '../protocols/spoken.ts'
import type { NodeAddress } from '../protocols/redis/topology-text.ts'
import { isAmong, unmapped } from '../match.ts'
import type { Rule } from '../rule.ts'
import { Accounts } from './accounts/accounts.ts'
import { formatAddress } from './address.ts'
import { ArmedRule, type ArmedContext } from './armed.ts'
import { dial, type Permit } from './dial.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { Endpoint } from './endpoint.ts'
import { gatewayOf } from './gated.ts'
import type { Outcome } from './judge.ts'
import { Listener, relisten, type ListenerState } from './listener.ts'
import { Meter } from './meter.ts'
import { Nodes, type Viewer } from './nodes.ts'
import type { Address, OpenTarget, PlaneEvent, TargetSpec } from './plane.ts'
import { Session } from './session.ts'
import type { SessionHost } from './session-host.ts'
import { tlsSides, type TlsSides } from './tls.ts'

/** Altered operations of a rule that are told one by one; the rest is counted. */
const TOLD_MAX = 200
/** The same of those with a note: it says what nobody else can, whether a lost answer was that to something done. */
const NOTED_MAX = 10_000

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
}

export class TargetProxy implements SessionHost {
  readonly clock: Clock
  readonly meter: Meter
  readonly #host: ProxyHost
  #accounts: Accounts
  #spec: TargetSpec
  #listeners: readonly Listener[]
  readonly #sessions = new Map<number, Session>()
  #nodes: Nodes<Listener> | undefined
  readonly #tickers = new Map<ArmedRule, Timer>()
  readonly #context: ArmedContext
  #tls: TlsSides | undefined
  #gateway: Gateway | undefined
  #armed: readonly ArmedRule[] = []
  #nextExpiry = Number.POSITIVE_INFINITY
  #sessionsMade = 0
  /** Sessions that could not be read (any more), by reason. The first of each is told. */
  readonly #opaque = new Map<string, number>()

  constructor(spec: TargetSpec, host: ProxyHost) {
    this.#spec = spec
    this.clock = host.clock
    this.meter = new Meter(spec.name)
    this.#accounts = new Accounts(spec.name, spec.protocol, spec.routes)
    this.#host = host
    this.#context = { seed: host.seed, now: () => host.clock.now(), connections: () => this.meter.connections }
    this.#listeners = spec.listen.map(({ address, from }) => this.#listener(spec, address, from))
    this.#nodes = this.#nodesOf(spec, this.#listeners)
  }

  async open(): Promise<OpenTarget> {
    this.#tls = await tlsSides(this.spec, this.clock)
    this.#gateway = await gatewayOf(this.spec, this.#tls, this.#host, this.meter)
    for (const listener of this.#listeners) await listener.open()
    return this.#opened()
  }

  /** Another spec of the same name. Connections of the old one end; what fails leaves all as it was. */
  async change(spec: TargetSpec): Promise<OpenTarget> {
    const tls = await tlsSides(spec, this.clock)
    const gateway = await gatewayOf(spec, tls, this.#host, this.meter)
    const old = this.#listeners
    const kept = (address: Address, from: string | undefined): Listener | undefined =>
      old.find((one) => one.from === from && isDeepStrictEqual([one.address, one.node], [address, seedOf(spec)]))
    const listeners = spec.listen.map(({ address, from }) => kept(address, from) ?? this.#listener(spec, address, from))
    await relisten(old.filter((one) => !listeners.includes(one)), listeners.filter((one) => !old.includes(one)))
    this.endSessions()
    if (spec.protocol !== this.#spec.protocol || !isDeepStrictEqual(spec.routes, this.#spec.routes)) this.#accounts = new Accounts(spec.name, spec.protocol, spec.routes)
    await this.#nodes?.close()
    this.#spec = spec
    this.#tls = tls
    this.#gateway = gateway
    this.#listeners = listeners
    this.#nodes = this.#nodesOf(spec, listeners)
    await this.#listen()
    return this.#opened()
  }

  get spec(): TargetSpec { return this.#spec }
  get accounts(): Accounts { return this.#accounts }
  get dialTimeout(): Ms { return this.#spec.dialTimeout }

  get armed(): readonly ArmedRule[] { return this.#armed }
  get sessions(): number { return this.#sessions.size }

  /** Arms a rule behind the others; one whose id is armed already is changed in place, with its counts and draws. */
  async arm(fault: AnyFault, rule: Rule): Promise<void> {
    const there = this.#armed.find((armed) => armed.rule.id === rule.id)
    if (there && there.fault !== fault) this.#takeOff(there)
    else if (there) {
      there.change(rule)
      for (const session of this.#sessions.values()) session.loosen(there)
      this.#armedChanged(this.#armed)
      for (const session of this.#sessions.values()) session.tick(there, 'armed')
      this.#startTicking(there)
      return this.#listen()
    }
    const armed = new ArmedRule(fault, rule, this.#context)
    this.#armedChanged([...this.#armed, armed])
    this.#startTicking(armed)
    await this.#listen()
  }

  /** Takes a rule off at once: what it held goes out, in order. Resolves when the listeners are back too. */
  disarm(armed: ArmedRule): Promise<void> {
    this.#takeOff(armed)
    return this.#listen()
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
  async stopListening(): Promise<void> { await Promise.all([...this.#listeners, ...(this.#nodes ? [this.#nodes] : [])].map((one) => one.close())) }

  /** FIN to both sides of every connection; what is held is lost. */
  endSessions(): void {
    this.#tls?.close()
    for (const session of this.#sessions.values()) session.close('end', 'both')
  }

  destroySessions(): void {
    this.#tls?.close()
    for (const session of this.#sessions.values()) session.destroy()
  }

  #listener(spec: TargetSpec, address: Address, from: string | undefined, node = seedOf(spec)): Listener {
    return new Listener(address, { from, node }, (socket, listener) => this.#accept(socket, listener))
  }

  /** Its other servers listen where the first does, on ports that are free. */
  #nodesOf(spec: TargetSpec, own: readonly Listener[]): Nodes<Listener> | undefined {
    const seed = seedOf(spec)
    const [first] = spec.listen
    const host = first && 'host' in first.address ? first.address.host : '127.0.0.1'
    return seed && new Nodes(own, {
      seed,
      listener: (node, from) => this.#listener(spec, { host, port: 0 }, from, node),
      opened: (listener) => {
        const { node = seed, address: listen, from } = listener
        this.#host.emit({ kind: 'node', target: spec.name, node, listen, from, at: this.clock.now() })
        return listener.become(this.#stateOf(listener))
      },
    })
  }

  #opened(): OpenTarget { return { name: this.#spec.name, listen: this.#listeners.map(({ from, address }) => ({ from, address })) } }

  #accept(socket: Socket, listener: Listener): void {
    this.meter.accepted++
    // Nothing knows them any more once the socket is gone.
    const { remoteAddress = '', localAddress = '' } = socket
    ;(this.#tls as TlsSides).client(socket, (client) => this.#begin(client, remoteAddress, unmapped(localAddress), listener))
  }

  #begin(client: Endpoint, address: string, reached: string, { from, node, address: at }: Listener): void {
    const id = ++this.#sessionsMade
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
    const nodes = viewer && this.#nodes && { ...this.#nodes.view(viewer), tls: tls.upstream === 'require' }
    return (this.#tls as TlsSides).server(dial({ name, upstream }, this.#host.permit), upstream, nodes)
  }

  #armedChanged(armed: readonly ArmedRule[]): void {
    this.#armed = armed
    this.#nextExpiry = Math.min(...armed.map((one) => one.until))
    for (const session of this.#sessions.values()) session.rearm(armed)
  }

  #told(armed: ArmedRule, session: number, direction: Direction, did: string, note?: string): void {
    if (++armed.altered > (note === undefined ? TOLD_MAX : NOTED_MAX)) return
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

  async #listen(): Promise<void> {
    await Promise.all([...this.#listeners, ...(this.#nodes?.listeners ?? [])].map((listener) => listener.become(this.#stateOf(listener))))
  }

  /** What the armed rules want of a listener: the first that wants anything has its way. */
  #stateOf(listener: Listener): ListenerState {
    for (const armed of this.#armed) {
      if (!armed.fault.on.includes('listen') || !choosesAll(armed.rule, listener)) continue
      const wanted = this.#wantedListener(armed)
      if (wanted === 'open') continue
      if (armed.altered === 0) this.#told(armed, 0, 'to-server', wanted)
      return wanted
    }
    return 'open'
  }

  #wantedListener(armed: ArmedRule): ListenerState {
    const now = this.clock.now()
    const scene = { session: 0, direction: 'to-server' as const, address: undefined, conversation: undefined, random: () => 0, now: () => now, armedAt: armed.armedAt, connections: () => this.meter.connections }
    let verdict: Verdict
    try {
      verdict = armed.fault.decide({ kind: 'listen' }, armed.params(now), scene, undefined, armed.shared)
    } catch (cause) {
      this.#host.emit({ kind: 'broken', rule: armed.rule.id, session: 0, problem: String(cause), at: now })
      return 'open'
    }
    return verdict.kind === 'refuse' && verdict.how !== 'reset' ? verdict.how : 'open'
  }
}

/** Whether a rule hits whoever comes to that listener: it cannot tell one client from another, and knows no luck. */
const choosesAll = ({ chance = ratio(1), where: { client, from, node } = {} }: Rule, listener: Listener): boolean =>
  chance === 1 && client === undefined && (from === undefined || from === listener.from) && (node === undefined || (listener.node !== undefined && isAmong(node, formatAddress(listener.node))))

/** The first of several servers; undefined where there is but one. */
const seedOf = ({ cluster, upstream }: TargetSpec): NodeAddress | undefined => (cluster && 'host' in upstream ? upstream : undefined)
