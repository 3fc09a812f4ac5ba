/** `rate:` of a load: one rate, or how it changes. */

import * as z from 'zod'
import { duration, rate } from '../core/params.ts'
import { ms, perSecond, type Ms, type PerSecond } from '../core/units.ts'
import { peakOf, type Stretch } from '../load/curve.ts'
import { isMap } from './tree.ts'
import { list, measured, strict } from './values.ts'

/** `rate` is the highest; without a profile it does not change. */
export interface RateInput { readonly rate: PerSecond; readonly profile?: readonly Stretch[] }

const most = '100000/s'
const one = measured(rate('Operations begun a second, whatever becomes of those before; of a websocket load messages a second on each connection.', undefined, { min: '0.01/s', max: most }))
const part = (doc: string) => measured(rate(doc, undefined, { min: '0/s', max: most }))
const time = (doc: string, min = '1ms') => measured(duration(doc, undefined, { min, max: '24h' }))

const ramp = strict({ from: part('The rate at first.'), to: part('The rate at the end, which it keeps.'), over: time('The time in between.') }, 'Goes evenly from one rate to another.')
const steps = strict({ steps: list(part('A rate.'), 'Rates one after another; the last is kept.', { max: 100 }).min(1, 'expected at least one rate'), each: time('How long each lasts.') }, 'One rate after another.')
const spike = strict({ base: part('The rate before and after.'), spike: part('The rate meanwhile.'), at: time('When it begins.', '0ms'), for: time('How long it lasts.') }, 'Jumps to another rate and back.')

const even = (rate: PerSecond, over: Ms): Stretch => ({ over, from: rate, to: rate })

/** Which form is meant is told by its own key; what is wrong with it is said of that form alone. */
const FORMS = {
  steps: steps.transform(({ steps: rates, each }): readonly Stretch[] => rates.map((one) => even(one, each))),
  // What is last is kept.
  spike: spike.transform(({ base, spike: high, at, for: length }): readonly Stretch[] => [...(at > 0 ? [even(base, at)] : []), even(high, length), even(base, ms(1))]),
  to: ramp.transform(({ from, to, over }): readonly Stretch[] => [{ from, to, over }]),
} as const

const json = (schema: z.ZodType): Record<string, unknown> => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}

export const rateProfile = z.unknown().meta({
  description: 'Operations begun a second: one rate, a ramp { from, to, over }, { steps, each }, or { base, spike, at, for }. Changes begin once the warm-up is over.',
  anyOf: [one, ramp, steps, spike].map(json),
}).transform((written, context): RateInput => {
  const form = isMap(written) ? (['steps', 'spike', 'to'] as const).find((key) => key in written) : undefined
  const read = form ? FORMS[form].transform((profile): RateInput => ({ rate: peakOf(profile), profile })).safeParse(written)
    : isMap(written) ? ramp.transform((): RateInput => ({ rate: perSecond(0) })).safeParse(written)
      : one.transform((rate): RateInput => ({ rate })).safeParse(written)
  if (read.success) return read.data
  context.issues.push(...read.error.issues.map((issue) => ({ ...issue, input: written }) as z.core.$ZodRawIssue))
  return z.NEVER
})
