/** When operations are due: a pure function of their number, whatever became of those before them. */

import { randomStream } from '../core/random.ts'
import { ms, type Ms, type PerSecond } from '../core/units.ts'

export interface Schedule { readonly first: Ms; readonly rate: PerSecond }

/** The schedule of the load `name` that begins at `begin`: its first operation is due within 1 / rate of it, where exactly is drawn from the seed. */
export const scheduleOf = (name: string, rate: PerSecond, begin: Ms, seed: number): Schedule =>
  ({ first: ms(begin + (randomStream(seed, `load/${name}`)() * 1000) / rate), rate })

/** When operation `i`, counted from 0, is meant to be sent; never at a rate of 0. */
export const dueAt = ({ first, rate }: Schedule, i: number): Ms => (rate > 0 ? ms(first + (i * 1000) / rate) : ms(Number.POSITIVE_INFINITY))
