/** A proxy as the admin API keeps and shows it. */

import type { Rule } from '../rule.ts'
import { Refusal } from './refusal.ts'
import type { Fixed } from './target.ts'
import { directionOf, type Toxic } from './toxics.ts'

export interface ProxyInput {
  readonly name: string
  readonly listen: string
  readonly upstream: string
  readonly enabled: boolean
  readonly toxics: readonly Toxic[]
  /** Standing rules besides the toxics; no reset removes them. */
  readonly rules?: readonly Rule[]
  readonly fixed?: Fixed
}
export interface ProxyPatch { readonly listen?: string | undefined; readonly upstream?: string | undefined; readonly enabled?: boolean | undefined }
export interface ToxicPatch { readonly attributes: Readonly<Record<string, number>>; readonly toxicity?: number | undefined }

export interface ProxyView { readonly name: string; readonly listen: string; readonly upstream: string; readonly enabled: boolean; readonly toxics: readonly Toxic[] }

/** `listen` is as written while it is disabled, and the bound address while it is enabled. */
export interface Kept { readonly input: ProxyInput; listen: string; upstream: string; enabled: boolean; toxics: readonly Toxic[] }

export const viewOf = ({ input, listen, upstream, enabled, toxics }: Kept): ProxyView => ({ name: input.name, listen, upstream, enabled, toxics })

export function toxicOf({ toxics }: Kept, name: string): Toxic {
  const toxic = toxics.find((one) => one.name === name)
  if (!toxic) throw new Refusal(404, 'toxic not found')
  return toxic
}

/** First those of what goes to the server, then the others, each in the order in which they came. */
export const inOrder = (toxics: readonly Toxic[]): readonly Toxic[] =>
  [...toxics.filter(({ stream }) => directionOf(stream) === 'to-server'), ...toxics.filter(({ stream }) => directionOf(stream) !== 'to-server')]
