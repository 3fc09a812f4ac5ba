/** `alerts:` of a configuration: what is watched for in the live figures of targets. */

import { isMetric, METRICS, type AlertSpec, type Metric, type Pattern, type TickSignal } from '../alerts/alert.ts'
import { nearest } from '../core/errors.ts'
import { ms, parseDuration, parseRate, parseRatio, ratio } from '../core/units.ts'
import type { Listed, Reader } from './read.ts'
import { NAME, type AlertInput } from './schema.ts'
import { isMap, valueAt, type Path } from './tree.ts'

const kinds = ['signal', 'burn', 'change', 'recovery'] as const

type Input = AlertInput
type Key = Exclude<keyof Input, 'alert'>
/** Which keys mean something with which kind. */
const MEANT: Readonly<Record<(typeof kinds)[number], readonly Key[]>> = {
  signal: ['signal', 'above', 'below', 'for'], burn: ['burn', 'objective', 'times', 'over'], change: ['change', 'by', 'window'], recovery: ['recovery', 'within'],
}

/** Each thing wrong is said; what is whole is answered. */
export function linkAlerts(reader: Reader, targets: ReadonlySet<string>, listed: readonly Listed<AlertInput>[]): readonly AlertSpec[] {
  const seen = new Set<string>()
  return listed.flatMap(({ path, input }) => {
    if (!input) return []
    const { alert: name } = input
    if (!NAME.test(name)) reader.fail('NAME_INVALID', [...path, 'alert'], `"${name}" cannot be a name`)
    if (seen.has(name)) reader.fail('NAME_TAKEN', [...path, 'alert'], `there is an alert named "${name}" already`)
    seen.add(name)
    const pattern = patternOf({ reader, targets, path }, input)
    return pattern ? [{ name, pattern, text: asWritten(reader, path) }] : []
  })
}

interface Linking { readonly reader: Reader; readonly targets: ReadonlySet<string>; readonly path: Path }

function patternOf(linking: Linking, input: Input): Pattern | undefined {
  const { reader, path } = linking
  const [kind, ...others] = kinds.filter((one) => one in input)
  if (kind === undefined || others.length > 0) {
    reader.fail('EXPECTATION_INVALID', path, 'an alert is of one kind', `give one of ${kinds.join(', ')}`)
    return undefined
  }
  const odd = Object.keys(input).filter((key) => key !== 'alert' && !(MEANT[kind] as readonly string[]).includes(key))
  for (const key of odd) reader.failKey('EXPECTATION_INVALID', [...path, key], `\`${key}\` means nothing with ${kind}`, `with ${kind}: ${MEANT[kind].slice(1).join(', ')}`)
  if (odd.length > 0) return undefined
  switch (kind) {
    case 'signal': return thresholdOf(linking, input)
    case 'burn': return burnOf(linking, input)
    case 'change': {
      const signal = signalOf(linking, 'change', input.change)
      return signal && { kind: 'change', signal, by: input.by ?? 0.5, window: input.window ?? ms(120_000) }
    }
    case 'recovery': {
      const signal = signalOf(linking, 'recovery', input.recovery)
      if (input.within === undefined) reader.fail('EXPECTATION_INVALID', path, 'recovery: `within` is missing')
      return signal && input.within !== undefined ? { kind: 'overdue', signal, within: input.within } : undefined
    }
  }
}

function thresholdOf(linking: Linking, input: Input): Pattern | undefined {
  const { reader, path } = linking
  const signal = signalOf(linking, 'signal', input.signal)
  const comparison = input.above === undefined ? 'below' : 'above'
  const written = input[comparison]
  if (written === undefined || (input.above !== undefined && input.below !== undefined)) {
    reader.fail('EXPECTATION_INVALID', path, written === undefined ? 'the limit is missing' : 'an alert has one limit', 'give one of above and below')
    return undefined
  }
  if (!signal) return undefined
  const { read, expected } = READERS[METRICS[signal.metric].unit]
  const bound = read(String(written))
  if (bound === undefined) reader.fail('VALUE_INVALID', [...path, comparison], `${comparison}: expected ${expected}, not ${JSON.stringify(written)}`)
  return bound === undefined ? undefined : { kind: 'threshold', signal, comparison, limit: bound, for: input.for ?? ms(0) }
}

function burnOf(linking: Linking, { burn = '', objective, times = 10, over }: Input): Pattern | undefined {
  const { reader, path } = linking
  const known = isTarget(linking, 'burn', burn)
  if (objective === undefined || objective >= 1) reader.fail('EXPECTATION_INVALID', path, objective === undefined ? 'burn: `objective` is missing' : 'burn: an objective of 100% leaves no budget', 'objective: 99.9%')
  const [long = ms(300_000), short = ms(30_000)] = over ?? []
  if (over && (over.length !== 2 || long <= short)) reader.fail('EXPECTATION_INVALID', [...path, 'over'], 'over: expected two windows, the long one first', 'over: [5m, 30s]')
  return known && objective !== undefined && objective < 1 ? { kind: 'burn', target: burn, objective: ratio(objective), times, long, short } : undefined
}

const READERS = {
  time: { read: parseDuration, expected: 'a duration such as 100ms' },
  share: { read: parseRatio, expected: 'a share such as 99%' },
  rate: { read: parseRate, expected: 'a rate such as 50/s' },
  number: { read: (written: string): number | undefined => (/^\d{1,15}(\.\d{1,9})?$/.test(written) ? Number(written) : undefined), expected: 'a number' },
} as const

function signalOf(linking: Linking, key: Key, written = ''): TickSignal | undefined {
  const { reader, path } = linking
  const dot = written.lastIndexOf('.')
  const [target, metric] = [written.slice(0, dot), written.slice(dot + 1)]
  if (dot <= 0) reader.fail('SIGNAL_UNKNOWN', [...path, key], `"${written}" is no signal`, 'write TARGET.METRIC, such as cache.p95')
  if (dot <= 0 || !isTarget(linking, key, target)) return undefined
  if (isMetric(metric)) return { target, metric: metric satisfies Metric }
  const near = nearest(metric, Object.keys(METRICS))
  reader.fail('SIGNAL_UNKNOWN', [...path, key], `a target has no live figure "${metric}"`, near ? `did you mean "${near}"?` : `it has ${Object.keys(METRICS).join(', ')}`)
  return undefined
}

function isTarget({ reader, targets, path }: Linking, key: Key, name: string): boolean {
  if (targets.has(name)) return true
  const near = nearest(name, targets)
  reader.fail('TARGET_UNKNOWN', [...path, key], `no target is named "${name}"`, near ? `did you mean "${near}"?` : `targets here: ${[...targets].join(', ') || 'none'}`)
  return false
}

function asWritten({ root }: Reader, path: Path): string {
  const value = valueAt(root, path)
  return isMap(value) ? Object.entries(value).filter(([key]) => key !== 'alert').map(([key, one]) => `${key}: ${String(one)}`).join(', ') : ''
}
