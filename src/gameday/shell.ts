/** Carries out what is said at the prompt: by whom, as far as their role goes, and so that it can be taken back. */

import type { ChangeRequest, Control, Injection, InjectRequest } from '../control/contract.ts'
import { monotonicNow, wallOf } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { formatParam } from '../core/params.ts'
import { assertNever, ms, type Ms } from '../core/units.ts'
import type { Plan } from '../experiment/plan.ts'
import type { Registry } from '../fault.ts'
import type { EventBodies, JournalEvent } from '../record/events.ts'
import { plain } from '../report/words.ts'
import type { Order } from './command.ts'
import type { Known } from './complete.ts'
import { helpLines } from './help.ts'
import { changeRequestOf, type Pair } from './pairs.ts'
import { refuseBeyond, type Role } from './roles.ts'
import { requestOf, ruleOf } from './rule-text.ts'
import { statusLines, timelineLines } from './told.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What a session is to those at its prompt. */
export interface Table {
  readonly desk: Control
  readonly events: readonly JournalEvent[]
  tell(who: string, did: EventBodies['operator']['did'], text: string): void
  wait(length: Ms): Promise<void>
  quit(): void
}

export interface ShellOptions {
  readonly table: Table
  readonly method: Plan['method']
  readonly registry: Registry
  readonly vocabulary: Vocabulary
  readonly who: string
  readonly role: Role
  /** Writes the session as an experiment; says where it lies. FILE_EXISTS. */
  save(file: string | undefined): string
  say(line: string): void
}

/** Something that was taken away, and how much of its time was left; undefined: it stood. */
interface Taken { readonly request: InjectRequest; readonly id: string }
type Deed =
  | { readonly did: 'inject'; readonly ids: readonly string[] }
  | { readonly did: 'change'; readonly id: string; readonly back: ChangeRequest; readonly until: number | null }
  | { readonly did: 'clear'; readonly taken: readonly Taken[] }

export class Shell {
  readonly #options: ShellOptions
  readonly #deeds: Deed[] = []
  #paused: readonly Taken[] = []
  #armed: readonly Injection[] = []

  constructor(options: ShellOptions) { this.#options = options }

  /** What `resume` would arm again. */
  get paused(): number { return this.#paused.length }
  /** As of the last look. */
  get armed(): readonly (Known & Injection)[] { return this.#armed }

  see(injections: readonly Injection[]): void { this.#armed = injections }

  async look(): Promise<readonly Injection[]> {
    this.#armed = (await this.#desk.status()).injections
    return this.#armed
  }

  get #desk(): Control { return this.#options.table.desk }

  /** Throws BrownoutError for what cannot be done. */
  async execute(order: Order): Promise<void> {
    const { table, role, who, say, save } = this.#options
    refuseBeyond(role, order.do === 'step' ? 'inject' : order.do)
    switch (order.do) {
      case 'inject': return this.#inject(order.requests)
      case 'step': return this.#inject([this.#stepRequest(order.step)])
      case 'set': return this.#change(order.id, (now) => this.#setRequest(now, order.pairs))
      case 'extend': return this.#change(order.id, () => order.change)
      case 'clear': return this.#clear(order.what)
      case 'undo': return this.#undo()
      case 'pause': return this.#pause()
      case 'resume': return this.#resume(order.reason)
      case 'halt': return this.#desk.halt(who, order.reason)
      case 'note': return this.#desk.note(order.text, who)
      case 'mark': return this.#desk.note(order.text, who, order.mark)
      case 'status': return statusLines(await this.#desk.status()).forEach(say)
      case 'timeline': return timelineLines(table.events).forEach(say)
      case 'export': return say(`saved ${save(order.file)}`)
      case 'help': return helpLines(order.about, this.#options.vocabulary).forEach(say)
      case 'wait': return table.wait(order.length)
      case 'quit': return table.quit()
      default: return assertNever(order)
    }
  }

  async #inject(requests: readonly InjectRequest[]): Promise<void> {
    for (const request of requests) {
      // Its figures would be those of both.
      if (request.id !== undefined && this.#used.has(request.id)) throw new BrownoutError('NAME_TAKEN', { message: `"${request.id}" was injected before in this session`, hint: 'give another name, or none' })
      const made = await this.#desk.inject(request, this.#options.who)
      this.#deeds.push({ did: 'inject', ids: made.map(({ id }) => id) })
    }
    await this.look()
  }

  /** All that was armed in this session. */
  get #used(): ReadonlySet<string> { return new Set(this.#options.table.events.flatMap((event) => (event.kind === 'rule.arming' ? [event.rule, event.step] : []))) }

  /** That name, or the next one of it: each injection is measured by itself. */
  #fresh(name: string): string {
    const used = this.#used
    const [, stem = name] = /^(.+?)(?:-\d+)?$/.exec(name) ?? []
    for (let n = 1; ; n++) {
      const id = n === 1 ? name : `${stem}-${n}`
      if (!used.has(id)) return id
    }
  }

  #stepRequest(name: string): InjectRequest {
    const step = this.#options.method.find((one) => one.step === name)
    if (step?.kind !== 'fault') throw new BrownoutError('STEP_UNKNOWN', { message: `"${name}" is no step that injects a fault` })
    return { ...requestOf(step.rule, this.#options.registry, step.rule.for), id: this.#fresh(name) }
  }

  async #change(id: string, wanted: (now: Injection) => ChangeRequest): Promise<void> {
    const now = (await this.look()).find((one) => one.id === id)
    // Whoever knows all the names says which is meant.
    if (!now) return void await this.#desk.change(id, {}, this.#options.who)
    const change = wanted(now)
    await this.#desk.change(id, change, this.#options.who)
    this.#deeds.push({ did: 'change', id, back: this.#former(now, change), until: now.until })
    await this.look()
  }

  #setRequest({ fault }: Injection, pairs: readonly Pair[]): ChangeRequest {
    return changeRequestOf(fault, this.#options.registry.get(fault)?.params ?? {}, pairs)
  }

  /** What takes a change back; of what was never given the default. */
  #former({ fault, params, detail }: Injection, change: ChangeRequest): ChangeRequest {
    const declared = this.#options.registry.get(fault)?.params ?? {}
    const before = Object.keys(change.params ?? {}).map((name): readonly [string, unknown] => {
      const param = declared[name]
      return [name, params[name] ?? (param === undefined ? undefined : param.kind === 'boolean' ? param.initial : formatParam(param.kind, param.initial))]
    })
    return { ...(before.length > 0 ? { params: Object.fromEntries(before) } : {}), ...(change.chance === undefined ? {} : { chance: detail['chance'] ?? '100%' }) }
  }

  /** An id, else a target, else all. */
  async #clear(what: string | undefined): Promise<void> {
    const armed = await this.look()
    const onTarget = what !== undefined && !armed.some(({ id }) => id === what) && this.#options.vocabulary.targets.has(what)
    const meant = armed.filter(({ id, on }) => what === undefined || (onTarget ? on === what : id === what))
    const taken = this.#taken(meant)
    await this.#desk.clear(what === undefined ? {} : onTarget ? { on: what } : { id: what }, this.#options.who)
    if (taken.length > 0) this.#deeds.push({ did: 'clear', taken })
    else this.#options.say('nothing was armed')
    await this.look()
  }

  /** As they were armed last, for what is left of their time. */
  #taken(injections: readonly Injection[]): readonly Taken[] {
    const { table: { events }, registry } = this.#options
    const now = wallOf(monotonicNow())
    return injections.flatMap(({ id, until }) => {
      const arming = events.findLast((event) => event.kind === 'rule.arming' && event.rule === id)
      const left = until === null ? undefined : ms(until - now)
      return arming?.kind !== 'rule.arming' || (left !== undefined && left <= 0) ? [] : [{ id, request: requestOf(ruleOf(arming), registry, left) }]
    })
  }

  async #again(taken: readonly Taken[]): Promise<readonly string[]> {
    const ids: string[] = []
    for (const { request, id } of taken) ids.push(...(await this.#desk.inject({ ...request, id: this.#fresh(id) }, this.#options.who)).map((one) => one.id))
    await this.look()
    return ids
  }

  async #undo(): Promise<void> {
    const { say, who } = this.#options
    const deed = this.#deeds.at(-1)
    if (!deed) throw new BrownoutError('USAGE', { message: 'there is nothing to take back', hint: 'undo takes back inject, set, extend and clear' })
    const armed = await this.look()
    switch (deed.did) {
      case 'inject': {
        const left = deed.ids.filter((id) => armed.some((one) => one.id === id))
        for (const id of left) await this.#desk.clear({ id }, who)
        say(left.length > 0 ? `taken back: ${left.join(', ')}` : `${deed.ids.join(', ')} was over already`)
        break
      }
      case 'change': {
        const left = deed.until === null ? undefined : deed.until - wallOf(monotonicNow())
        if (!armed.some(({ id }) => id === deed.id)) say(`${deed.id} is over already`)
        else if (left !== undefined && left <= 0) await this.#desk.clear({ id: deed.id }, who)
        else await this.#desk.change(deed.id, { ...deed.back, ...(left === undefined ? {} : { for: `${Math.ceil(left)}ms` }) }, who)
        break
      }
      case 'clear': say(`armed again: ${(await this.#again(deed.taken)).join(', ')}`); break
    }
    this.#deeds.pop()
    await this.look()
  }

  async #pause(): Promise<void> {
    const { table, who, say } = this.#options
    const taken = this.#taken(await this.look())
    if (taken.length === 0) throw new BrownoutError('USAGE', { message: 'nothing is armed that could be paused' })
    table.tell(who, 'pause', taken.map(({ id }) => id).join(', '))
    await this.#desk.clear({}, who)
    this.#paused = [...this.#paused, ...taken]
    say(`paused ${taken.map(({ id }) => id).join(', ')}; \`resume\` arms it again for what is left of its time`)
    await this.look()
  }

  /** After a halt first that is lifted; what was paused comes back when it is said once more. */
  async #resume(reason: string): Promise<void> {
    const { table, who, say } = this.#options
    if ((await this.#desk.status()).halted) {
      await this.#desk.resume(who, reason)
      return say(this.#paused.length > 0 ? 'faults may be injected again; `resume` once more arms what was paused' : 'faults may be injected again')
    }
    if (this.#paused.length === 0) throw new BrownoutError('USAGE', { message: 'nothing is paused or halted' })
    table.tell(who, 'resume', this.#paused.map(({ id }) => id).join(', '))
    const ids = await this.#again(this.#paused)
    this.#paused = []
    say(`armed again: ${ids.map(plain).join(', ')}`)
  }
}
