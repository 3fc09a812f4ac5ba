/** Seeded randomness: every stream has a name, and no stream's draws depend on another's. */

import { randomBytes } from 'node:crypto'
import { randomExponential, randomLogNormal, randomNormal, randomPareto } from 'd3-random'

/** A draw in [0, 1). */
export type Random = () => number

/** The stream called `name` of `seed`. Derived by hashing, not by drawing: a new stream never shifts an old one. (sfc32, seeded by xmur3) */
export function randomStream(seed: number, name: string): Random {
  const hash = hasher(`${seed >>> 0}/${name}`)
  let [a, b, c, counter] = [hash(), hash(), hash(), 1]
  const draw = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 12; i++) draw()
  return draw
}

/** The `n`th draw of the stream called `name`, whoever asks for it and in whatever order; whole numbers from 0. */
export function randomAt(seed: number, name: string): (n: number) => number {
  const hash = hasher(`${seed >>> 0}/${name}`)
  const [low, high, last] = [hash(), hash(), hash()]
  return (n) => {
    const first = mixed((n >>> 0) ^ low) ^ (Math.floor(n / 2 ** 32) | 0)
    return (mixed(mixed(first ^ high) ^ last) >>> 0) / 2 ** 32
  }
}

/** A bijection of 32 bits in which each bit of the result hangs on every bit. */
function mixed(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x7feb352d)
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b)
  return twice ^ (twice >>> 16)
}

function hasher(text: string): () => number {
  let state = 1779033703 ^ text.length
  for (let i = 0; i < text.length; i++) {
    state = Math.imul(state ^ text.charCodeAt(i), 3432918353)
    state = (state << 13) | (state >>> 19)
  }
  return () => {
    state = Math.imul(state ^ (state >>> 16), 2246822507)
    state = Math.imul(state ^ (state >>> 13), 3266489909)
    state ^= state >>> 16
    return state | 0
  }
}

export const DISTRIBUTIONS = ['uniform', 'normal', 'lognormal', 'pareto', 'exponential'] as const
export type Distribution = (typeof DISTRIBUTIONS)[number]

/**
 * One draw with mean 0 and a spread of about `spread`: uniform is within plus or minus `spread`, normal has it as its standard
 * deviation, the one-sided ones (exponential, lognormal, pareto) are shifted by their mean, so that they too only scatter.
 */
export function deviation(random: Random, distribution: Distribution, spread: number): number {
  if (spread === 0) return 0
  switch (distribution) {
    case 'uniform': return spread * (2 * random() - 1)
    case 'normal': return spread * randomNormal.source(random)()()
    case 'exponential': return spread * (randomExponential.source(random)(1)() - 1)
    case 'lognormal': return spread * (randomLogNormal.source(random)(-0.5, 1)() - 1)
    case 'pareto': return spread * (randomPareto.source(random)(3)() - 1.5)
  }
}

/** A seed for a run that was given none. Printed and journalled, so that the run can be had again. */
export const freshSeed = (): number => Math.floor(Math.random() * 2 ** 31)

/** What nobody can guess: 256 bits of the system's own randomness, for a token. */
export const freshToken = (): string => randomBytes(32).toString('base64url')

/** The id of a new trace: 128 bits in hexadecimal. (W3C Trace Context, 3.2.2.3) */
export const freshTrace = (): string => randomBytes(16).toString('hex')
