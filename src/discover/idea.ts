/** What could be tried on a target, as data: its steps are those of an experiment file. */

import { readParam } from '../core/params.ts'
import type { Ms } from '../core/units.ts'
import type { Registry } from '../fault.ts'
import type { Protocol } from '../protocols/codec.ts'

/** As the file will have it. */
export interface IdeaStep {
  readonly step: string
  readonly fault: string
  readonly on: string
  readonly params?: Readonly<Record<string, string | number>>
  readonly where?: Readonly<Record<string, string>>
  readonly direction?: 'to_server' | 'to_client'
  readonly chance?: string
  readonly for: string
}

export interface Idea {
  /** Of the file and the experiment; not distinct yet. */
  readonly name: string
  readonly target: string
  /** `gone`: nothing gets through; `slow`: all comes, late; `errors`: some comes to nothing. */
  readonly kind: 'gone' | 'slow' | 'errors'
  readonly question: string
  /** What was seen that makes it worth a try, a sentence each. */
  readonly seen: readonly string[]
  /** What is hit, as people say it. */
  readonly hits: string
  /** Operations a second that are hit. */
  readonly rate: number
  /** What is hit fails, and may be asked again. */
  readonly fails?: true
  /** Of `slow`: how much is added to what is hit. */
  readonly delay?: Ms
  readonly steps: readonly IdeaStep[]
}

/** Whether this version can do it: every fault is there, speaks the protocol, and takes the parameters. */
export const isPossible = ({ steps }: Idea, protocol: Protocol, registry: Registry): boolean => steps.every(({ fault: name, params = {} }) => {
  const fault = registry.get(name)
  if (!fault || fault.corruption || (fault.protocols.length > 0 && !fault.protocols.includes(protocol))) return false
  const declared: Readonly<Record<string, Parameters<typeof readParam>[0] & { readonly initial: unknown }>> = fault.params
  return Object.entries(params).every(([key, value]) => declared[key] !== undefined && 'value' in readParam(declared[key], value)) &&
    Object.entries(declared).every(([key, { initial }]) => initial !== undefined || Object.hasOwn(params, key))
})
