/** From the profiles of an application's processes before and under a fault to what grew, and to the tree of its calls. Pure. */

import { ms, type Ms } from '../core/units.ts'
import type { ProfiledFrame, ProfiledFunction } from '../record/profiles.ts'
import { cut, covered, selfTimes, type CpuProfile, type Stretch } from './cpu-profile.ts'
import { placeOf } from './place.ts'

/** One process, all along. `offset` leads from its clock to ours. */
export interface Profiled { readonly profile: CpuProfile; readonly offset: Ms }

export interface Compared {
  readonly baselineMs: Ms
  readonly faultMs: Ms
  readonly baseline: number
  readonly fault: number
  readonly grown: readonly ProfiledFunction[]
  readonly calls: readonly ProfiledFrame[]
}

/** Functions that are told, and by how much of a core they must have grown. */
const GROWN_MAX = 15
const GROWN_LEAST = 0.005
/** Frames that are kept, the largest; and the least that is drawn, of the busier side. */
const FRAMES_MAX = 600
const FRAME_LEAST = 0.002
const DEPTH_MAX = 64
/** Waiting, and what holds the others. */
const [IDLE, ROOT] = ['(idle)', '(root)']

interface Building { readonly name: string; readonly at: string; baseline: number; fault: number; readonly calls: Map<string, Building> }

/** Undefined where a side was not covered by any profile. */
export function compare(processes: readonly Profiled[], baseline: readonly Stretch[], fault: readonly Stretch[], cwd: string): Compared | undefined {
  const lengthOf = (stretches: readonly Stretch[]): Ms => ms(Math.max(0, ...processes.map(({ profile, offset }) => covered(profile, stretches, offset))))
  const [baselineMs, faultMs] = [lengthOf(baseline), lengthOf(fault)]
  if (baselineMs <= 0 || faultMs <= 0) return undefined
  const functions = new Map<string, { name: string; at: string; baseline: number; fault: number }>()
  const root: Building = { name: ROOT, at: '', baseline: 0, fault: 0, calls: new Map() }
  for (const { profile, offset } of processes) {
    for (const [side, stretches, length] of [['baseline', baseline, baselineMs], ['fault', fault, faultMs]] as const) {
      addTo(root, functions, cut(profile, stretches, offset), side, length, cwd)
    }
  }
  const grown = [...functions.values()].filter((one) => one.fault - one.baseline >= GROWN_LEAST).sort((a, b) => (b.fault - b.baseline) - (a.fault - a.baseline)).slice(0, GROWN_MAX)
  return { baselineMs, faultMs, baseline: root.baseline, fault: root.fault, grown: grown.map(rounded), calls: kept(root) }
}

function addTo(root: Building, functions: Map<string, { name: string; at: string; baseline: number; fault: number }>, profile: CpuProfile, side: 'baseline' | 'fault', length: Ms, cwd: string): void {
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const nodes = new Map(profile.nodes.map((node) => [node.id, { name: node.callFrame.functionName || '(anonymous)', at: placeOf(node.callFrame, cwd) }]))
  for (const [id, time] of selfTimes(profile)) {
    const own = nodes.get(id)
    if (!own || own.name === IDLE || time <= 0) continue
    const share = time / length
    const key = `${own.name}\n${own.at}`
    const known = functions.get(key) ?? { ...own, baseline: 0, fault: 0 }
    functions.set(key, known)
    known[side] += share
    let frame = root
    frame[side] += share
    for (const { name, at } of stackOf(id, parents, nodes)) {
      const next = frame.calls.get(`${name}\n${at}`) ?? { name, at, baseline: 0, fault: 0, calls: new Map() }
      frame.calls.set(`${name}\n${at}`, next)
      next[side] += share
      frame = next
    }
  }
}

/** The outermost first, without the root. */
function stackOf(id: number, parents: ReadonlyMap<number, number>, nodes: ReadonlyMap<number, { readonly name: string; readonly at: string }>): readonly { readonly name: string; readonly at: string }[] {
  const stack: { readonly name: string; readonly at: string }[] = []
  // A profile of others may lead in a circle.
  for (let at: number | undefined = id, steps = 0; at !== undefined && steps <= nodes.size; at = parents.get(at), steps++) {
    const node = nodes.get(at)
    if (node && node.name !== ROOT) stack.push(node)
  }
  return stack.reverse().slice(0, DEPTH_MAX)
}

/** The largest frames, with those that lead to them. */
function kept(root: Building): readonly ProfiledFrame[] {
  const sizes: number[] = []
  const collect = (frame: Building): void => { for (const one of frame.calls.values()) { sizes.push(sizeOf(one)); collect(one) } }
  collect(root)
  const least = Math.max(FRAME_LEAST * sizeOf(root), sizes.sort((a, b) => b - a)[FRAMES_MAX] ?? 0)
  const keep = (frame: Building): readonly ProfiledFrame[] =>
    [...frame.calls.values()].filter((one) => sizeOf(one) > least).sort((a, b) => sizeOf(b) - sizeOf(a)).map((one) => ({ ...rounded(one), calls: keep(one) }))
  return keep(root)
}

const sizeOf = ({ baseline, fault }: Building): number => Math.max(baseline, fault)
const places = (share: number): number => Number(share.toFixed(5))
const rounded = ({ name, at, baseline, fault }: ProfiledFunction): ProfiledFunction => ({ name, at, baseline: places(baseline), fault: places(fault) })
