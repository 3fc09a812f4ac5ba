/** The one runner: a path's contenders and workloads, in rounds that take turns. */

import { setTimeout as pause } from 'node:timers/promises'
import type { Contender } from '../contender.ts'
import type { Path, Stage, Workload } from './path.ts'
import type { Sample } from './results.ts'

/** Connections are being closed yet; and what a child used is its parent's when it has gone, and is in neither while it goes. */
const SETTLE_MS = 30

export interface PathRun { readonly samples: readonly Sample[]; readonly missing: readonly string[] }

export async function runPath(path: Path, rounds: number, progress: (text: string) => void): Promise<PathRun> {
  const stage = await path.open()
  try {
    return { missing: stage.missing, samples: await measured(path.name, stage, rounds, progress) }
  } finally {
    await stage.stop()
  }
}

async function measured(path: string, { contenders, workloads }: Stage, rounds: number, progress: (text: string) => void): Promise<Sample[]> {
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round++) {
    for (const workload of workloads) {
      await workload.prepare?.()
      const those = contenders.filter(({ name }) => workload.only?.includes(name) ?? true)
      // Who comes first finds another machine than who comes last: each is first as often as last.
      for (const contender of round % 2 ? those.toReversed() : those) {
        progress(`${path}, round ${round + 1} of ${rounds}: ${workload.name} ${contender.name}`)
        samples.push({ path, workload: workload.name, contender: contender.name, round, ...await sample(contender, workload) })
      }
    }
  }
  return samples
}

export async function sample(contender: Contender, { unit, warm, run }: Pick<Workload, 'unit' | 'warm' | 'run'>): Promise<Pick<Sample, 'unit' | 'rate' | 'cpu' | 'extra'>> {
  await warm?.(contender)
  const before = contender.cpu()
  const { done, seconds, extra } = await run(contender)
  await pause(SETTLE_MS)
  return { unit, rate: done / seconds, cpu: (contender.cpu() - before) / done, extra }
}
