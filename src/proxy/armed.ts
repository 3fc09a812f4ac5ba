/** A rule while it is armed on a target, and its grip on one session. Here and nowhere else is counted who is hit. */

import { isRamp, rampAt } from '../core/params.ts'
import { randomStream, type Random } from '../core/random.ts'
import { ms, type Ms } from '../core/units.ts'
import { PASS, type AnyFault, type Scene, type Unit, type UnitKind, type Verdict } from '../fault.ts'
import { matcher, messageMatcher, sessionMatcher, type Facets } from '../match.ts'
import { plainMatcher, type PlainMatcher } from './plain-matcher.ts'
import type { Direction, ExchangeId } from '../protocols/codec.ts'
import type { PlainRequest } from '../protocols/redis/plain.ts'
import { facetsOf, type AnyConversation, type Spoken } from '../protocols/spoken.ts'
import type { Rule } from '../rule.ts'
import { Own, readNumbers, writeNumbers, type Common } from './numbers.ts'
import { Hits } from './hits.ts'

export interface ArmedContext { readonly seed: number; now(): Ms; connections(): number }

/** What a rule has of those who arm it in several processes: when they were told to (its ramps begin then, its time where it holds), and what it counts in common with the others. */
export interface Grant { readonly at: Ms; readonly common: Common }

/** Where in the numbers stands how many matched, and how many of them were hit; behind them stands what the fault shares. */
const MATCHED = 0
const HIT = 1
const SHARED = 2

/** Altered operations of a rule that are told one by one; the rest is counted. */
const TOLD_MAX = 200
/** The same of those with a note: it says what nobody else can, whether a lost answer was that to something done. */
const NOTED_MAX = 10_000
export const toldAtMost = (note: string | undefined): number => (note === undefined ? TOLD_MAX : NOTED_MAX)

/** What of a rule is read once, when it is armed or changed. */
interface Readings { readonly ramped: boolean; connection(facets: Facets): boolean; message(facets: object): boolean; session(session: object): boolean; readonly plain: PlainMatcher }
const readingsOf = ({ params, where }: Rule): Readings =>
  ({ ramped: Object.values(params).some(isRamp), connection: matcher(where), message: messageMatcher(where), session: sessionMatcher(where), plain: plainMatcher(where) })

/** A rule with the fault it names, from arming to disarming. Changed in place by `change`: counts and draws go on. */
export class ArmedRule {
  readonly fault: AnyFault
  readonly context: ArmedContext
  readonly shared: unknown
  rule: Rule
  armedAt: Ms
  /** When it is over; Infinity for a standing rule. Checked in the data path, not only by a timer. */
  until: number
  /** Units or connections that it concerned, and verdicts that were not `pass`. */
  matched = 0
  altered = 0
  /** Sessions whose exchange it altered and that was still open when it was disarmed. */
  draining = 0
  readonly #common: Common
  readonly #spared = new Set<string>()
  #readings: Readings

  constructor(fault: AnyFault, rule: Rule, context: ArmedContext, grant?: Grant) {
    this.fault = fault
    this.context = context
    this.rule = rule
    this.#common = grant?.common ?? new Own()
    this.armedAt = grant?.at ?? context.now()
    this.until = this.context.now() + (rule.for ?? Number.POSITIVE_INFINITY)
    this.#readings = readingsOf(rule)
    this.shared = fault.open?.(this.params(this.armedAt))
  }

  change(rule: Rule, grant?: Grant): void {
    this.rule = rule
    this.armedAt = grant?.at ?? this.context.now()
    this.until = this.context.now() + (rule.for ?? Number.POSITIVE_INFINITY)
    this.#readings = readingsOf(rule)
  }

  /** It had to leave something alone that it hits; true where that is the first time for that reason. */
  spares(why: string): boolean {
    const known = this.#spared.has(why)
    this.#spared.add(why)
    return !known
  }

  concerns(facets: Facets): boolean { return this.#readings.connection(facets) }

  /** Whether the rule has this message in mind: its fault acts on such, and `where` names it. */
  means(message: Spoken, now: Ms): boolean {
    const { concerns } = this.fault
    return (concerns === undefined || concerns(message, this.params(now))) && this.#readings.message(facetsOf(message))
  }

  /** False of a plain request that it cannot mean, whatever its fault acts on. */
  mightMean(request: PlainRequest, chunk: Buffer): boolean { return this.#readings.plain(request, chunk) }

  /** The same of a session as a whole: what `where` names of it. */
  meansSession(conversation: AnyConversation | undefined): boolean {
    const { attends } = this.fault
    return (attends === undefined || attends(conversation)) && this.#readings.session(conversation?.session ?? {})
  }

  /** The parameters as they are at `now`: ramps have moved on. */
  params(now: Ms): Readonly<Record<string, unknown>> {
    const { params } = this.rule
    if (!this.#readings.ramped) return params
    const elapsed = ms(now - this.armedAt)
    return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, isRamp(value) ? rampAt(value, elapsed) : value]))
  }

  chance(now: Ms): number {
    const { chance } = this.rule
    return chance === undefined ? 1 : isRamp(chance) ? rampAt(chance, ms(now - this.armedAt)) : chance
  }

  /** Counts a match whose draw was `luck`; true where skip, times, sequence and chance let it be hit. */
  admit(luck: number, now: Ms): boolean {
    this.matched++
    const { skip = 0, times = Number.POSITIVE_INFINITY, sequence } = this.rule
    const chance = this.chance(now)
    if (this.#common.shared && skip === 0 && times === Number.POSITIVE_INFINITY && !sequence) return luck < chance
    return this.#common.alone((numbers) => {
      const [matched = 0, hit = 0] = numbers
      numbers[MATCHED] = matched + 1
      const index = matched - skip
      if (index < 0 || hit >= times) return false
      if (sequence && index % (sequence.fail + sequence.pass) >= sequence.fail) return false
      if (luck >= chance) return false
      numbers[HIT] = hit + 1
      return true
    })
  }

  /** Decides; where what the fault shares limits the target as a whole, with what other processes have left of it. */
  decide(act: () => Verdict, params: Readonly<Record<string, unknown>>): Verdict {
    if (!this.#common.shared || !this.fault.limits?.(params)) return act()
    return this.#common.alone((numbers) => {
      const own = numbers.subarray(SHARED)
      readNumbers(own, this.shared)
      const verdict = act()
      writeNumbers(this.shared, own)
      return verdict
    })
  }
}

/** What one armed rule knows of one session. */
export class Grip {
  readonly armed: ArmedRule
  readonly #session: number
  readonly #facets: Facets
  readonly #conversation: AnyConversation | undefined
  readonly #hits = new Hits()
  readonly #scenes = new Map<Direction, Scene>()
  readonly #luck: Random
  #state: unknown
  #begun = false
  /** Undefined until the first unit that counts. */
  #hit: boolean | undefined
  #draw = 1

  /** The rule is disarmed: only what it has altered already concerns it, and nothing is held any more. */
  #retired = false

  constructor(armed: ArmedRule, session: number, facets: Facets, conversation?: AnyConversation) {
    this.armed = armed
    this.#session = session
    this.#facets = facets
    this.#conversation = conversation
    this.#luck = randomStream(armed.context.seed, `${armed.rule.id}/${session}/chance`)
  }

  /** Whether the rule is shown units of that kind that go in that direction. */
  sees(kind: UnitKind, direction: Direction): boolean {
    const { fault, rule } = this.armed
    if (!fault.on.includes(kind)) return false
    const way = rule.direction ?? fault.direction
    // A message may have to be seen one way for its answer to be hit the other.
    return kind === 'connect' || kind === 'tick' || kind === 'message' || way === 'both' || way === direction
  }

  /** Whether this unit is hit: matching, counts, chance. By connection it is drawn once and stays; by message each unit draws. */
  takes(unit: Unit): boolean {
    const { armed } = this
    // The last word of a rule is owed to every session that it touched, although its time is over.
    if (unit.kind === 'tick' && unit.why === 'disarm') return this.#begun
    if (unit.kind === 'message') return this.#takesMessage(unit)
    const now = armed.context.now()
    if (this.#retired || now >= armed.until || !armed.concerns(this.#facets)) return false
    if ((unit.kind === 'tick' || armed.fault.attends) && !armed.meansSession(this.#conversation)) return false
    // Where messages are drawn for, ticks clear up behind those that were hit.
    if (unit.kind === 'tick' && this.readsMessages && armed.fault.scope !== 'connection') return this.#begun
    if (armed.rule.scope === 'message' && unit.kind !== 'connect' && unit.kind !== 'tick') return armed.admit(this.#luck(), now)
    return this.#takesConnection(now)
  }

  #takesMessage(unit: Spoken): boolean {
    const { rule, fault } = this.armed
    const way = rule.direction ?? fault.direction
    // What stands alone has no answer that could be meant: it is not drawn for where it goes the other way.
    if (unit.exchange === null && way !== 'both' && way !== unit.direction) return false
    const hit = this.#retired ? this.#hits.hasAltered(unit) : this.#hits.has(unit, () => this.#draws(unit))
    return hit && (way === 'both' || way === unit.direction)
  }

  /** The first message that matches decides for its operation. */
  #draws(unit: Spoken): boolean {
    const { armed } = this
    const now = armed.context.now()
    if (now >= armed.until || !armed.concerns(this.#facets) || !armed.means(unit, now)) return false
    const hit = (armed.rule.scope ?? armed.fault.scope) === 'connection' ? this.#takesConnection(now) : armed.admit(this.#luck(), now)
    this.#hits.drew(unit, hit)
    return hit
  }

  #takesConnection(now: Ms): boolean {
    const { armed } = this
    if (this.#hit === undefined) {
      this.#draw = this.#luck()
      this.#hit = armed.admit(this.#draw, now)
    } else if (!this.#hit && typeof armed.rule.chance === 'object') {
      // A rising chance reaches connections that it passed over before.
      this.#hit = this.#draw < armed.chance(now)
    }
    return this.#hit
  }

  decide(unit: Unit, direction: Direction): Verdict {
    const { armed } = this
    const { fault, context } = armed
    const params = armed.params(context.now())
    if (!this.#begun) {
      this.#begun = true
      this.#state = fault.begin?.(params)
    }
    const verdict = armed.decide(() => fault.decide(unit, params, this.#scene(direction), this.#state, armed.shared), params)
    if (unit.kind !== 'message' || verdict.kind === 'pass') return verdict
    if (verdict.kind === 'delay' || verdict.kind === 'stall') return this.#retired ? PASS : verdict
    this.#hits.alters(unit)
    return verdict
  }

  observe(unit: Spoken): void { this.armed.fault.observe?.(unit, this.armed.shared as never, this.#scene(unit.direction)) }

  /** Nothing more will come of `exchange`, nor of any before it. */
  over(exchange: ExchangeId): void { this.#hits.over(exchange) }

  /** A message that stands alone has passed. */
  passed(unit: Spoken): void { this.#hits.passed(unit) }

  /** Whether it must be shown that plain request, which lies in `chunk`, or any answer to `exchange`: where not, nothing of it tells them from what nobody asked it about. */
  mightTake(request: PlainRequest, chunk: Buffer): boolean { return !this.#retired && this.armed.mightMean(request, chunk) }
  hitsIn(exchange: ExchangeId): boolean { return this.#hits.hitsIn(exchange) }

  /** Disarmed. True where it must stay until what it has altered is over. */
  retire(): boolean {
    this.#retired = true
    return this.#hits.busy
  }
  get retired(): boolean { return this.#retired }
  get done(): boolean { return this.#retired && !this.#hits.busy }
  get readsMessages(): boolean { return this.armed.fault.on.includes('message') }

  /** True once the fault was asked about a unit of this session: it may have something to clear up. */
  get begun(): boolean { return this.#begun }

  #scene(direction: Direction): Scene {
    let scene = this.#scenes.get(direction)
    if (!scene) {
      const { armed } = this
      const { context } = armed
      scene = {
        session: this.#session, direction, conversation: this.#conversation, address: this.#facets.to,
        random: randomStream(context.seed, `${armed.rule.id}/${this.#session}/${direction}`),
        now: () => context.now(),
        get armedAt() { return armed.armedAt },
        connections: () => context.connections(),
      }
      this.#scenes.set(direction, scene)
    }
    return scene
  }
}
