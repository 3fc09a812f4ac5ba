/** A rule while it is armed on a target, and its grip on one session. Here and nowhere else is counted who is hit. */

import { isRamp, rampAt } from '../core/params.ts'
import { randomStream, type Random } from '../core/random.ts'
import { ms, type Ms } from '../core/units.ts'
import type { AnyFault, Scene, Unit, UnitKind, Verdict } from '../fault.ts'
import { matcher, type Facets } from '../match.ts'
import type { Direction } from '../protocols/codec.ts'
import type { Rule } from '../rule.ts'

export interface ArmedContext { readonly seed: number; now(): Ms; connections(): number }

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
  #hits = 0
  #ramped: boolean
  #matches: (facets: Facets) => boolean

  constructor(fault: AnyFault, rule: Rule, context: ArmedContext) {
    this.fault = fault
    this.context = context
    this.rule = rule
    this.armedAt = context.now()
    this.until = this.armedAt + (rule.for ?? Number.POSITIVE_INFINITY)
    this.#ramped = Object.values(rule.params).some(isRamp)
    this.#matches = matcher(rule.where)
    this.shared = fault.open?.(this.params(this.armedAt))
  }

  change(rule: Rule): void {
    this.rule = rule
    this.armedAt = this.context.now()
    this.until = this.armedAt + (rule.for ?? Number.POSITIVE_INFINITY)
    this.#ramped = Object.values(rule.params).some(isRamp)
    this.#matches = matcher(rule.where)
  }

  concerns(facets: Facets): boolean { return this.#matches(facets) }

  /** The parameters as they are at `now`: ramps have moved on. */
  params(now: Ms): Readonly<Record<string, unknown>> {
    const { params } = this.rule
    if (!this.#ramped) return params
    const elapsed = ms(now - this.armedAt)
    return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, isRamp(value) ? rampAt(value, elapsed) : value]))
  }

  chance(now: Ms): number {
    const { chance } = this.rule
    return chance === undefined ? 1 : isRamp(chance) ? rampAt(chance, ms(now - this.armedAt)) : chance
  }

  /** Counts a match whose draw was `luck`; true where skip, times, sequence and chance let it be hit. */
  admit(luck: number, now: Ms): boolean {
    const { skip = 0, times = Number.POSITIVE_INFINITY, sequence } = this.rule
    const index = this.matched++ - skip
    if (index < 0 || this.#hits >= times) return false
    if (sequence && index % (sequence.fail + sequence.pass) >= sequence.fail) return false
    if (luck >= this.chance(now)) return false
    this.#hits++
    return true
  }
}

/** What one armed rule knows of one session. */
export class Grip {
  readonly armed: ArmedRule
  readonly #session: number
  readonly #facets: Facets
  readonly #scenes = new Map<Direction, Scene>()
  readonly #luck: Random
  #state: unknown
  #begun = false
  /** Undefined until the first unit that counts. */
  #hit: boolean | undefined
  #draw = 1

  constructor(armed: ArmedRule, session: number, facets: Facets) {
    this.armed = armed
    this.#session = session
    this.#facets = facets
    this.#luck = randomStream(armed.context.seed, `${armed.rule.id}/${session}/chance`)
  }

  /** Whether the rule is shown units of that kind that go in that direction. */
  sees(kind: UnitKind, direction: Direction): boolean {
    const { fault, rule } = this.armed
    if (!fault.on.includes(kind)) return false
    const way = rule.direction ?? fault.direction
    return kind === 'connect' || kind === 'tick' || way === 'both' || way === direction
  }

  /** Whether this unit is hit: matching, counts, chance. By connection it is drawn once and stays; by message each unit draws. */
  takes(unit: Unit): boolean {
    const { armed } = this
    // The last word of a rule is owed to every session that it touched, although its time is over.
    if (unit.kind === 'tick' && unit.why === 'disarm') return this.#begun
    const now = armed.context.now()
    if (now >= armed.until || !armed.concerns(this.#facets)) return false
    if (armed.rule.scope === 'message' && unit.kind !== 'connect' && unit.kind !== 'tick') return armed.admit(this.#luck(), now)
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
    return fault.decide(unit, params, this.#scene(direction), this.#state, armed.shared)
  }

  /** True once the fault was asked about a unit of this session: it may have something to clear up. */
  get begun(): boolean { return this.#begun }

  #scene(direction: Direction): Scene {
    let scene = this.#scenes.get(direction)
    if (!scene) {
      const { armed } = this
      const { context } = armed
      scene = {
        session: this.#session, direction,
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
