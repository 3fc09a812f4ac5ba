/** All that hears of a run or a session from outside: traces, webhooks, Grafana. They hear what the journal holds, when it is written; none of them can delay or fail what they hear of. */

import type { Ms } from '../core/units.ts'
import type { JournalEvent } from '../record/events.ts'
import { Announcer, type Announcement } from './announcements.ts'
import { Annotator, type Annotation, type GrafanaSettings } from './grafana.ts'
import { otlpOf, type OtlpSettings } from './otlp.ts'
import { Outbox } from './outbox.ts'
import { Tracer, type Span } from './spans.ts'
import { webhookBody, type Webhook } from './webhook.ts'

export interface OutletSettings {
  readonly webhooks: readonly Webhook[]
  readonly grafana: GrafanaSettings | undefined
  readonly otlp: OtlpSettings | undefined
}
export interface OutletOptions {
  /** Tells this process from all others: ids of traces are made of it. */
  readonly session: string
  /** Told of each outlet that does not work, once. */
  readonly say: (text: string) => void
}

/** Spans of one request. */
const SPANS_TOGETHER = 256

export class Outlets {
  readonly #announcer = new Announcer()
  readonly #annotator = new Annotator()
  readonly #tracer: Tracer
  readonly #webhooks: readonly Outbox<Announcement>[]
  readonly #grafana: Outbox<Annotation> | undefined
  readonly #traces: Outbox<Span> | undefined
  #last: JournalEvent | undefined

  constructor({ webhooks, grafana, otlp }: OutletSettings, { session, say }: OutletOptions) {
    this.#tracer = new Tracer(session)
    this.#webhooks = webhooks.map(({ url, format }) => new Outbox<Announcement>({ url, name: 'the webhook', say, body: ([one]) => one && webhookBody(one, format) }))
    this.#grafana = grafana && new Outbox<Annotation>({ url: grafana.url, headers: grafana.token === undefined ? {} : { authorization: `Bearer ${grafana.token}` }, name: 'Grafana', say, body: ([one]) => one })
    this.#traces = otlp && new Outbox<Span>({ url: otlp.url, headers: otlp.headers, timeout: otlp.timeout, name: 'the collector of traces', say, together: SPANS_TOGETHER, body: (spans) => otlpOf(spans, otlp.resource) })
  }

  /** Every event of a journal, in its order. */
  hear(event: JournalEvent): void {
    this.#last = event
    if (this.#webhooks.length > 0) for (const one of this.#announcer.hear(event)) this.announce(one)
    if (this.#grafana) for (const one of this.#annotator.hear(event)) this.#grafana.tell(one)
    if (this.#traces) for (const one of this.#tracer.hear(event)) this.#traces.tell(one)
  }

  /** What no journal holds. */
  announce(announcement: Announcement): void { for (const webhook of this.#webhooks) webhook.tell(announcement) }

  /** Waits up to `patience` for those that are still to be told. */
  async close(patience: Ms): Promise<void> {
    if (this.#traces && this.#last) for (const one of this.#tracer.close(this.#last.at)) this.#traces.tell(one)
    await Promise.all([...this.#webhooks, this.#grafana, this.#traces].map((outbox) => outbox?.close(patience)))
  }
}
