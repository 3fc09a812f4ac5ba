/** Whom a command tells of what happens, beside its terminal: options that several commands share. */

export interface OutletArgs {
  webhook: string[]
  'webhook-format': 'auto' | 'json' | 'slack'
  grafana: string | undefined
  otel: boolean | undefined
}

export const WEBHOOK_OPTIONS = {
  webhook: { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'POST to this URL at start, abort, recovery, end, regression; also by BROWNOUT_WEBHOOK, which no list of processes shows' },
  'webhook-format': { choices: ['auto', 'json', 'slack'] as const, default: 'auto' as const, describe: 'what is sent: auto is slack for hosts of Slack\'s, json else' },
} as const
export const OUTLET_OPTIONS = {
  ...WEBHOOK_OPTIONS,
  grafana: { type: 'string', describe: 'annotate this Grafana; also by BROWNOUT_GRAFANA. Its token is read from BROWNOUT_GRAFANA_TOKEN' },
  otel: { type: 'boolean', describe: 'send traces to OTEL_EXPORTER_OTLP_ENDPOINT, or http://localhost:4318; they are where that is set, --no-otel does not' },
} as const
