/** A small registry, and a way to load YAML from a test. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { choice, duration, integer, text } from '../../src/core/params.ts'
import { defineFault, PASS, type AnyFault, type Registry } from '../../src/fault.ts'
import { loadExperiment, type Loaded, type LoadOptions } from '../../src/experiment/load.ts'
import type { Plan } from '../../src/experiment/plan.ts'
import { formatProblem, type Problem } from '../../src/experiment/problem.ts'

const about = { summary: 'A fake.', tests: 'Nothing.', correct: 'Anything.', example: '', direction: 'both' as const, decide: () => PASS }
const faults: readonly AnyFault[] = [
  defineFault({ ...about, name: 'latency', on: ['bytes', 'end'], protocols: [], params: { delay: duration('Time to hold.', undefined, { max: '1m' }), jitter: duration('Change.', '0ms') } }),
  defineFault({ ...about, name: 'partition', on: ['connect', 'bytes', 'end'], protocols: [], params: { how: choice('What becomes of bytes.', ['stall', 'discard'], 'stall') } }),
  defineFault({ ...about, name: 'corrupt', on: ['bytes'], protocols: [], corruption: true, params: { every: integer('Bytes between two.', '100', { min: '1', max: '1000' }) } }),
  defineFault({ ...about, name: 'blocked', on: ['listen'], protocols: [], params: {} }),
  defineFault({ ...about, name: 'redis.fail', on: ['bytes'], protocols: ['redis'], params: { code: text('The error.') } }),
]
export const registry: Registry = new Map(faults.map((fault) => [fault.name, fault]))

/** A folder of its own for `use`, gone afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'brownout-load-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Given = Partial<Omit<LoadOptions, 'cwd'>> & { readonly files?: Readonly<Record<string, string>> }

/** Loads `yaml` as `x.yaml` in a folder that holds nothing else but `files`. */
export const loadText = (yaml: string, { files = {}, ...given }: Given = {}): Promise<Loaded> => inFolder(async (folder) => {
  for (const [name, content] of Object.entries({ ...files, 'x.yaml': yaml })) await writeFile(join(folder, name), content)
  return loadExperiment('x.yaml', { registry, env: {}, vars: {}, ...given, cwd: folder })
})

export async function planOf(yaml: string, given: Given = {}): Promise<Plan> {
  const loaded = await loadText(yaml, given)
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'))
  return loaded.plan
}

export async function problemsOf(yaml: string, given: Given = {}): Promise<readonly Problem[]> {
  const loaded = await loadText(yaml, given)
  return 'problems' in loaded ? loaded.problems : []
}
