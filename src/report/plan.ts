/** What a report needs of the experiment that its journal holds. The journal may be of another version: what is missing or odd is left out. */

import { z } from 'zod'
import { ms, type Ms } from '../core/units.ts'
import type { Source } from '../record/buckets.ts'
import type { SignalName } from './figures.ts'
import type { RunRecord, SignalRecord } from './fold.ts'
import { signalWords } from './words.ts'

export interface Windows { readonly bucket: Ms; readonly hold: Ms; readonly minSamples: number }
export interface Objective { readonly signal: SignalName; readonly comparison: string; readonly limit: { readonly value: number; readonly unit: string; readonly text: string } }
export interface PlannedLoad { readonly name: string; readonly rate?: number | undefined; readonly timeout?: Ms | undefined; readonly users?: { readonly count: number; readonly think: Ms } | undefined
  /** `http`, `journey`, `postgres` … */
  readonly kind?: string | undefined
  /** The program of others that makes it. */
  readonly driver?: string | undefined }

export interface ReportPlan {
  readonly windows: Windows
  readonly steadyState: readonly Objective[]
  /** Every signal that the experiment names, each once. */
  readonly named: readonly SignalName[]
  readonly loads: readonly PlannedLoad[]
  /** Nothing but load. */
  readonly only: 'load' | undefined
}

/** A load whose messages just arrive: nothing was sent that could be answered late, or be meant again. */
export const isHeard = ({ loads }: Pick<ReportPlan, 'loads'>, name: string): boolean => loads.some((load) => load.name === name && load.rate === 0 && !load.users && load.driver === undefined)

const duration = z.number().min(0).transform((value) => ms(value))
const signal = z.object({ name: z.string(), metric: z.string(), where: z.record(z.string(), z.string()).optional().catch(undefined) })
const signals = (of: z.ZodType<SignalName>) => z.array(of.nullable().catch(null)).catch([])
const objective = z.object({ signal, comparison: z.string(), limit: z.object({ value: z.number(), unit: z.string(), text: z.string() }) })
const list = <T>(of: z.ZodType<T>) => z.array(of.nullable().catch(null)).catch([]).transform((all) => all.filter((one) => one !== null))

const schema = z.object({
  windows: z.object({ bucket: duration.catch(ms(250)), hold: duration.catch(ms(5000)), minSamples: z.number().catch(200) })
    .catch({ bucket: ms(250), hold: ms(5000), minSamples: 200 }),
  steadyState: list(objective),
  abort: signals(z.object({ signal }).transform((one) => one.signal)),
  expect: signals(z.union([z.object({ signal }).transform((one) => one.signal), z.object({ of: signal }).transform((one) => one.of)])),
  loads: list(z.object({ name: z.string(), rate: z.number().optional().catch(undefined), timeout: duration.optional().catch(undefined), users: z.object({ count: z.number(), think: duration }).optional().catch(undefined),
    send: z.object({ kind: z.string(), driver: z.string().optional() }).optional().catch(undefined),
  }).transform(({ send, ...load }) => ({ ...load, kind: send?.kind, driver: send?.driver }))),
  only: z.literal('load').optional().catch(undefined),
})

const SOURCES: readonly Source[] = ['load', 'target', 'probe', 'app']

/** Loads first, in the order of the experiment; then targets, probes and apps. */
export function signalsInOrder({ signals }: RunRecord, { loads }: ReportPlan): readonly SignalRecord[] {
  const planned = ({ name }: SignalRecord): number => loads.findIndex((load) => load.name === name)
  return [...signals].sort((a, b) => SOURCES.indexOf(a.source) - SOURCES.indexOf(b.source) || planned(a) - planned(b))
}

export function planOf({ started }: RunRecord): ReportPlan {
  const { windows, steadyState, abort, expect, loads, only } = schema.parse(typeof started?.plan === 'object' && started.plan !== null ? started.plan : {})
  const named = [...steadyState.map((one) => one.signal), ...abort, ...expect].filter((one) => one !== null)
  return { windows, steadyState, loads, only, named: [...new Map(named.map((one) => [signalWords(one), one])).values()] }
}
