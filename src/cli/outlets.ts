/** Whom a command tells of what happens, beside its terminal. */

import { wallTime } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { freshTrace } from '../core/random.ts'
import { ms, type Ms } from '../core/units.ts'
import type { TraceRef } from '../telemetry/otlp.ts'
import type { Outlets, OutletSettings } from '../telemetry/outlets.ts'
import type { Context } from './command.ts'
import type { OutletArgs } from './outlet-options.ts'

/** How long the end of a command waits for those who are still to be told; one that was told to stop waits less. */
export const OUTLETS_PATIENCE: Ms = ms(5000)
export const OUTLETS_PATIENCE_STOPPED: Ms = ms(500)

export interface Opened {
  readonly outlets: Outlets
  /** Where traces are sent: the one that a run is part of. */
  readonly trace: (() => TraceRef) | undefined
}

/** USAGE for what cannot be used. Undefined where nobody is to be told: then nothing is loaded. */
export async function openOutlets(args: Partial<OutletArgs>, { env, version }: Pick<Context, 'env' | 'version'>, say: (text: string) => void): Promise<Opened | undefined> {
  const settings = await settingsOf(args, env, version, say)
  if (!settings) return undefined
  const [{ Outlets }, { traceOf }] = await Promise.all([import('../telemetry/outlets.ts'), import('../telemetry/otlp.ts')])
  return {
    outlets: new Outlets(settings, { session: `${process.pid} ${wallTime()}`, say }),
    trace: settings.otlp && (() => traceOf(env, freshTrace)),
  }
}

async function settingsOf(args: Partial<OutletArgs>, env: NodeJS.ProcessEnv, version: string, say: (text: string) => void): Promise<OutletSettings | undefined> {
  const given = [...(args.webhook ?? []), ...(env['BROWNOUT_WEBHOOK'] ?? '').split(/[\s,]+/).filter((url) => url !== '')]
  const at = args.grafana || env['BROWNOUT_GRAFANA'] || undefined
  const traced = args.otel === true || (args.otel !== false && Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']))
  if (given.length === 0 && at === undefined && !traced) return undefined
  const [{ webhookOf, readFormat }, { grafanaOf }, { readOtlp }] = await Promise.all([import('../telemetry/webhook.ts'), import('../telemetry/grafana.ts'), import('../telemetry/otlp.ts')])
  const asked = args['webhook-format'] ?? 'auto'
  const format = asked === 'auto' ? readFormat(env['BROWNOUT_WEBHOOK_FORMAT']) : asked
  const webhooks = [...new Set(given)].map((url) => webhookOf(url, format))
  const grafana = at === undefined ? undefined : grafanaOf(at, env['BROWNOUT_GRAFANA_TOKEN'] || undefined)
  const otlp = tracesOf(() => readOtlp(args.otel, env, version), args.otel === true, say)
  return webhooks.length > 0 || grafana || otlp ? { webhooks, grafana, otlp } : undefined
}

/** The environment may be meant for the application alone: what of it is no use to us stops nothing, unless traces were asked for. */
function tracesOf(read: () => OutletSettings['otlp'], asked: boolean, say: (text: string) => void): OutletSettings['otlp'] {
  try {
    return read()
  } catch (error) {
    if (asked || !(error instanceof BrownoutError)) throw error
    say(`no traces are sent: ${error.message} (--no-otel does without a word)`)
    return undefined
  }
}
