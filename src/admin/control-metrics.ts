/** What Prometheus is shown of what people and experiments do: armed faults, halts, leases, alerts, wrapped processes, the run under way. */

import { Counter, Gauge, type Registry } from 'prom-client'
import { monotonicNow, wallOf } from '../core/clock.ts'
import type { Control, Injection, ResourceTick, Status, Told } from '../control/contract.ts'
import type { JournalEvent } from '../record/events.ts'

/** All that is told, and how things stand. */
export interface Watchable extends Pick<Control, 'on' | 'events'> {
  status(): Promise<Standing>
}
/** As much of the status as is shown. */
export interface Standing extends Pick<Status, 'version' | 'mode' | 'halted' | 'run'> { readonly injections: readonly Pick<Injection, 'id' | 'fault' | 'on' | 'by' | 'until' | 'lease'>[] }
export interface ControlMetricsOptions {
  /** Processes that carry proxies; absent: one. */
  readonly workers?: (() => number | undefined) | undefined
  /** Alerts of the configuration, and whether they are raised; absent: those that have ever been. */
  readonly alerts?: (() => readonly (readonly [name: string, firing: boolean])[]) | undefined
}

const FAULT = ['proxy', 'fault', 'id'] as const
/** Resources with a family of their own; the others go by the name of their metric. */
const OWN_RESOURCES: ReadonlySet<string> = new Set(['cpu', 'memory'])

export class ControlMetrics {
  readonly #control: Watchable
  readonly #workersNow: () => number | undefined
  readonly #alertsNow: ControlMetricsOptions['alerts']
  readonly #raised = new Map<string, boolean>()
  readonly #stop: () => void
  readonly #resourcesNow = new Map<string, ResourceTick>()
  /** Names of the experiments under way, and rules that are armed: an arming again is a change. */
  #experiment: string | undefined
  readonly #armedRules = new Set<string>()
  readonly #info: Gauge<'version' | 'mode'>
  readonly #armed: Gauge<(typeof FAULT)[number] | 'by'>
  readonly #remaining: Gauge<(typeof FAULT)[number]>
  readonly #injections: Counter<'proxy' | 'fault'>
  readonly #clears: Counter<'reason'>
  readonly #halted: Gauge
  readonly #leases: Gauge
  readonly #leasesLost: Counter
  readonly #workers: Gauge
  readonly #cpu: Gauge<'name'>
  readonly #memory: Gauge<'name'>
  readonly #resources: Gauge<'name' | 'metric'>
  readonly #phase: Gauge<'experiment' | 'phase'>
  readonly #expectations: Gauge<'experiment' | 'expectation' | 'outcome'>
  readonly #verdicts: Counter<'experiment' | 'outcome'>
  readonly #alerts: Gauge<'alert'>
  readonly #recoveries: Counter<'alert'>

  constructor(control: Watchable, registers: Registry[], { workers = () => undefined, alerts }: ControlMetricsOptions = {}) {
    const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) => new Gauge<L>({ name, help, labelNames, registers })
    const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) => new Counter<L>({ name, help, labelNames, registers })
    this.#control = control
    this.#workersNow = workers
    this.#alertsNow = alerts
    this.#info = gauge('brownout_info', 'Always 1: the version, and what it was started for.', ['version', 'mode'])
    this.#armed = gauge('brownout_fault_armed', 'Always 1: a fault that is armed now, and who injected it.', [...FAULT, 'by'])
    this.#remaining = gauge('brownout_fault_remaining_seconds', 'Until an armed fault is cleared by itself; one that stands until it is taken away has none.', FAULT)
    this.#injections = counter('brownout_injections_total', 'Faults that were armed, by whom- or whatever.', ['proxy', 'fault'])
    this.#clears = counter('brownout_clears_total', 'Faults that were cleared, by reason.', ['reason'])
    this.#halted = gauge('brownout_halted', 'Whether everything is healed and nothing is armed until somebody resumes.')
    this.#leases = gauge('brownout_leases', 'Leases that hold faults now.')
    this.#leasesLost = counter('brownout_leases_lost_total', 'Leases that were not renewed in time: their faults were healed.')
    this.#workers = gauge('brownout_workers', 'Processes that carry the proxies.')
    this.#cpu = gauge('brownout_resource_cpu_cores', 'CPU that a wrapped process or a server uses, with its children.', ['name'])
    this.#memory = gauge('brownout_resource_memory_bytes', 'Memory that a wrapped process or a server uses, with its children.', ['name'])
    this.#resources = gauge('brownout_resource_usage', 'What else is known of a wrapped process or a server: sizes in bytes, rates a second, shares from 0 to 1.', ['name', 'metric'])
    this.#phase = gauge('brownout_experiment_phase', 'Always 1: the phase in which a running experiment is.', ['experiment', 'phase'])
    this.#expectations = gauge('brownout_experiment_expectation', 'Always 1: an expectation of the running experiment, and what it came to.', ['experiment', 'expectation', 'outcome'])
    this.#verdicts = counter('brownout_experiment_verdicts_total', 'Experiments that ended, by outcome.', ['experiment', 'outcome'])
    this.#alerts = gauge('brownout_alert_firing', 'Whether an alert of the configuration is raised.', ['alert'])
    this.#recoveries = counter('brownout_recoveries_total', 'Recoveries in time, by the alert that waited for them.', ['alert'])
    this.#leasesLost.inc(0)
    // We are made when first asked for.
    for (const event of control.events()) this.#event(event)
    this.#stop = control.on((told) => this.#hear(told))
  }

  /** Before they are shown. */
  async observe(): Promise<void> { this.#take(await this.#control.status()) }

  close(): void { this.#stop() }

  #hear(told: Told): void {
    if (told.kind === 'event') this.#event(told.event)
    if (told.kind === 'resources') for (const tick of told.resources) this.#resourcesNow.set(tick.name, tick)
  }

  #event(event: JournalEvent): void {
    switch (event.kind) {
      case 'rule.arming':
        if (!this.#armedRules.has(event.rule)) this.#injections.inc({ proxy: event.target, fault: event.fault })
        this.#armedRules.add(event.rule)
        break
      case 'rule.cleared':
        this.#armedRules.delete(event.rule)
        this.#clears.inc({ reason: event.reason })
        break
      case 'operator': if (event.did === 'lost') this.#leasesLost.inc(); break
      case 'run.started': this.#experiment = event.name; break
      case 'run.ended':
        if (this.#experiment !== undefined) this.#verdicts.inc({ experiment: this.#experiment, outcome: event.outcome })
        this.#experiment = undefined
        break
      case 'alert':
        if (event.state === 'recovered') this.#recoveries.inc({ alert: event.alert })
        else this.#raised.set(event.alert, event.state === 'firing')
        break
      default: break
    }
  }

  #take({ version, mode, injections, halted, run }: Standing): void {
    this.#info.set({ version, mode }, 1)
    this.#halted.set(halted ? 1 : 0)
    this.#workers.set(this.#workersNow() ?? 1)
    this.#leases.set(new Set(injections.flatMap(({ lease }) => lease ?? [])).size)
    this.#alerts.reset()
    for (const [alert, firing] of this.#alertsNow?.() ?? this.#raised) this.#alerts.set({ alert }, firing ? 1 : 0)
    // Each is of now: what is over has no sample.
    for (const family of [this.#armed, this.#remaining, this.#phase, this.#expectations, this.#cpu, this.#memory, this.#resources]) family.reset()
    const now = wallOf(monotonicNow())
    for (const { id, fault, on, by, until } of injections) {
      this.#armed.set({ proxy: on, fault, id, by }, 1)
      if (until !== null) this.#remaining.set({ proxy: on, fault, id }, (until - now) / 1000)
    }
    if (run) {
      this.#phase.set({ experiment: run.name, phase: run.phase }, 1)
      for (const { text, outcome = 'open' } of run.expectations) this.#expectations.set({ experiment: run.name, expectation: text, outcome }, 1)
    }
    for (const { name, values } of this.#resourcesNow.values()) {
      const { cpu, memory } = values
      if (cpu !== undefined) this.#cpu.set({ name }, cpu)
      if (memory !== undefined) this.#memory.set({ name }, memory)
      for (const [metric, value] of Object.entries(values)) if (!OWN_RESOURCES.has(metric)) this.#resources.set({ name, metric }, value)
    }
  }
}
