/** What Prometheus is shown: Toxiproxy's counters by their names, and brownout's own. */

import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Cleared, DynamicPlane, PlaneFigures, TargetFigures } from '../proxy/plane.ts'
import { ControlMetrics, type ControlMetricsOptions, type Watchable } from './control-metrics.ts'
import { CountedHistogram } from './counted.ts'
import { OperationMetrics } from './operations.ts'
import type { ProxyView } from './kept.ts'

export interface MetricsOptions {
  /** Of proxies and rules. */
  readonly own: boolean
  /** Of the process: process_… as everywhere, nodejs_… in place of go_…. */
  readonly process: boolean
  /** What people and experiments do is shown too. */
  readonly control?: { readonly told: Watchable } & ControlMetricsOptions | undefined
}

/** What of a proxy its figures are labelled with. */
type View = Pick<ProxyView, 'name' | 'listen' | 'upstream' | 'enabled'>

const BY_LINK = ['direction', 'proxy', 'listener', 'upstream'] as const
const COUNTED = [['accepted', 'brownout_connections_total', 'Connections accepted.'], ['failedDials', 'brownout_failed_dials_total', 'Connections to the upstream that did not come about.'], ['resets', 'brownout_resets_total', 'Connections that a peer reset.']] as const

/** Gauges that the library gives the name of a counter, which Prometheus's own check refuses. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** Counters live on when a proxy is closed: figures of the plane are added up by what they have grown. */
export class Metrics {
  readonly #plane: Pick<DynamicPlane, 'figures'>
  readonly #views: () => readonly View[]
  readonly #registry = new Registry()
  readonly #seen = new Map<string, TargetFigures>()
  readonly #altered = new Map<string, number>()
  readonly #ruleLabels = new Map<string, { readonly on: string; readonly fault: string }>()
  readonly #received: Counter<(typeof BY_LINK)[number]>
  readonly #sent: Counter<(typeof BY_LINK)[number]>
  readonly #counters: readonly (readonly [(typeof COUNTED)[number][0], Counter<'proxy'>])[]
  readonly #connections: Gauge<'proxy'>
  readonly #operations: Counter<'proxy' | 'rule' | 'fault'>
  readonly #held = new CountedHistogram('brownout_added_latency_seconds', 'How long rules held back the chunks that they held back.', ['proxy'])
  readonly #byName: OperationMetrics
  readonly #control: ControlMetrics | undefined
  /** Figures are taken over one after the other, for they grow. */
  #last: Promise<void> = Promise.resolve()

  constructor(plane: Pick<DynamicPlane, 'figures'>, views: () => readonly View[], options: MetricsOptions) {
    this.#plane = plane
    this.#views = views
    const registers = options.own ? [this.#registry] : []
    const link = (name: string, help: string) => new Counter({ name, help, labelNames: BY_LINK, registers })
    this.#received = link('toxiproxy_proxy_received_bytes_total', 'Bytes read, by the direction in which they go.')
    this.#sent = link('toxiproxy_proxy_sent_bytes_total', 'Bytes written, by the direction in which they go.')
    this.#counters = COUNTED.map(([figure, name, help]) => [figure, new Counter({ name, help, labelNames: ['proxy'], registers })] as const)
    this.#connections = new Gauge({ name: 'brownout_connections', help: 'Connections open now.', labelNames: ['proxy'], registers })
    this.#operations = new Counter({ name: 'brownout_altered_operations_total', help: 'What a rule did to units of traffic: delayed, dropped, closed and so on.', labelNames: ['proxy', 'rule', 'fault'], registers })
    if (options.own) this.#registry.registerMetric(this.#held.metric)
    this.#byName = new OperationMetrics(registers)
    this.#control = options.own && options.control ? new ControlMetrics(options.control.told, registers, options.control) : undefined
    if (options.process) {
      collectDefaultMetrics({ register: this.#registry })
      for (const name of MISNAMED) this.#registry.removeSingleMetric(name)
    }
  }

  /** Takes over what the plane has counted since the last call: before anything in it is closed, and before it is shown. */
  observe(): Promise<void> {
    this.#last = this.#last.then(async () => this.#take(await this.#plane.figures()))
    return this.#last
  }

  #take(figures: PlaneFigures): void {
    const views = new Map(this.#views().map((view) => [view.name, view]))
    // One that was closed meanwhile has been forgotten.
    const open = (name: string): boolean => views.get(name)?.enabled !== false
    for (const [name, now] of Object.entries(figures.targets)) {
      const { listen = '', upstream = '' } = views.get(name) ?? {}
      if (open(name)) this.#observe(name, { proxy: name, listener: listen, upstream }, now)
    }
    for (const [name, now] of Object.entries(figures.operations)) if (open(name)) this.#byName.observe(name, now)
    this.#observeRules(figures)
  }

  /** The target is closed: one of that name begins anew. */
  forget(name: string): void {
    this.#seen.delete(name)
    this.#byName.forget(name)
    this.#connections.remove({ proxy: name })
    for (const [rule, { on }] of this.#ruleLabels) if (on === name) this.#forgetRule(rule)
  }

  /** A rule that was disarmed takes its figures with it: these are its last. */
  cleared({ rule, altered }: Pick<Cleared, 'rule' | 'altered'>): void {
    const { on, fault } = this.#ruleLabels.get(rule) ?? {}
    if (on !== undefined && fault !== undefined) this.#operations.inc({ proxy: on, rule, fault }, Math.max(0, altered - (this.#altered.get(rule) ?? 0)))
    this.#forgetRule(rule)
  }

  #forgetRule(rule: string): void {
    this.#altered.delete(rule)
    this.#ruleLabels.delete(rule)
  }

  async page(): Promise<{ readonly type: string; readonly text: string }> {
    await this.observe()
    await this.#control?.observe()
    return { type: this.#registry.contentType, text: await this.#registry.metrics() }
  }

  #observe(name: string, labels: { readonly proxy: string; readonly listener: string; readonly upstream: string }, now: TargetFigures): void {
    const before = this.#seen.get(name)
    const grown = (figure: Exclude<keyof TargetFigures, 'held'>): number => now[figure] - (before?.[figure] ?? 0)
    this.#received.inc({ ...labels, direction: 'upstream' }, grown('bytesFromClient'))
    this.#received.inc({ ...labels, direction: 'downstream' }, grown('bytesFromServer'))
    this.#sent.inc({ ...labels, direction: 'upstream' }, grown('bytesToServer'))
    this.#sent.inc({ ...labels, direction: 'downstream' }, grown('bytesToClient'))
    for (const [figure, counter] of this.#counters) counter.inc({ proxy: name }, grown(figure))
    this.#connections.set({ proxy: name }, now.connections)
    this.#held.add({ proxy: name }, now.held, before?.held)
    this.#seen.set(name, now)
  }

  #observeRules({ rules }: PlaneFigures): void {
    for (const { rule, on, fault, altered } of rules) {
      this.#operations.inc({ proxy: on, rule, fault }, Math.max(0, altered - (this.#altered.get(rule) ?? 0)))
      this.#altered.set(rule, altered)
      this.#ruleLabels.set(rule, { on, fault })
    }
  }
}
