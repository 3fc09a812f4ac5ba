/** Profiles as V8 gives them, and stretches of them. Pure. */

import { ms, type Ms } from '../core/units.ts'

export interface CallFrame { readonly functionName: string; readonly url: string; /** From 0; -1 of what has no source. */ readonly lineNumber: number }
export interface ProfileNode { readonly id: number; readonly callFrame: CallFrame; readonly hitCount?: number; readonly children?: readonly number[] }
/** Times in microseconds of the process's monotonic clock; `timeDeltas` are from sample to sample, the first from the start. */
export interface CpuProfile { readonly nodes: readonly ProfileNode[]; readonly startTime: number; readonly endTime: number; readonly samples: readonly number[]; readonly timeDeltas: readonly number[] }

export interface Stretch { readonly from: Ms; readonly to: Ms }

/** The samples that lie in any of the stretches, put together to a profile of its own. `offset` leads from its clock to that of the stretches. */
export function cut(profile: CpuProfile, stretches: readonly Stretch[], offset: Ms): CpuProfile {
  const hits = new Map<number, number>()
  const kept: number[] = []
  const deltas: number[] = []
  let before: Sample | undefined
  for (const sample of inOrder(profile)) {
    const time = ms(sample.at / 1000 + offset)
    const stretch = stretches.find(({ from, to }) => time >= from && time < to)
    if (stretch) {
      kept.push(sample.id)
      // What was left out in front of it is no time of this profile.
      deltas.push(before && before.at / 1000 + offset >= stretch.from ? sample.at - before.at : 0)
      hits.set(sample.id, (hits.get(sample.id) ?? 0) + 1)
    }
    before = sample
  }
  const length = deltas.reduce((sum, delta) => sum + delta, 0)
  return { nodes: profile.nodes.map((node) => ({ ...node, hitCount: hits.get(node.id) ?? 0 })), startTime: 0, endTime: length, samples: kept, timeDeltas: deltas }
}

interface Sample { readonly id: number; readonly at: number }

/** By time: V8 may tell one before another that was taken later. */
function inOrder({ samples, timeDeltas, startTime }: CpuProfile): readonly Sample[] {
  let at = startTime
  return samples.map((id, index) => {
    at += timeDeltas[index] ?? 0
    return { id, at }
  }).sort((a, b) => a.at - b.at)
}

/** How much of the stretches the profile covers. */
export const covered = ({ startTime, endTime }: CpuProfile, stretches: readonly Stretch[], offset: Ms): Ms => ms(stretches.reduce((sum, { from, to }) =>
  sum + Math.max(0, Math.min(to, endTime / 1000 + offset) - Math.max(from, startTime / 1000 + offset)), 0))

/** Each node's own time: a sample stands until the next one. */
export function selfTimes({ samples, timeDeltas }: CpuProfile): ReadonlyMap<number, Ms> {
  const times = new Map<number, Ms>()
  samples.forEach((id, index) => {
    const until = Math.max(0, timeDeltas[index + 1] ?? 0) / 1000
    times.set(id, ms((times.get(id) ?? 0) + until))
  })
  return times
}

/** Whether it is one: what comes from a process of others is looked at before it is believed. */
export function isCpuProfile(value: unknown): value is CpuProfile {
  if (typeof value !== 'object' || value === null) return false
  const { nodes, startTime, endTime, samples, timeDeltas } = value as Readonly<Record<string, unknown>>
  const numbers = (list: unknown): boolean => Array.isArray(list) && list.every((one) => typeof one === 'number')
  return typeof startTime === 'number' && typeof endTime === 'number' && numbers(samples) && numbers(timeDeltas) && Array.isArray(nodes) && nodes.every(isNode)
}

function isNode(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { id, callFrame } = value as Readonly<Record<string, unknown>>
  if (typeof id !== 'number' || typeof callFrame !== 'object' || callFrame === null) return false
  const { functionName, url, lineNumber } = callFrame as Readonly<Record<string, unknown>>
  return typeof functionName === 'string' && typeof url === 'string' && typeof lineNumber === 'number'
}
