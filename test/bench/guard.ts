/**
 * Whether brownout still costs, beside `pipe` in the same run, what it did when the ratio was recorded: CPU of the proxy's process for each request, in
 * small rounds that take turns. `node dist/test/bench/guard-main.js` records anew; test/bench-guard.test.ts holds it to that.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Protocol } from '../../src/protocols/codec.ts'
import { ROOT } from '../support/paths.ts'
import { brownout, httpServer, pipe, type Contender } from './contender.ts'
import { startLoad } from './http-load.ts'
import type { Work } from './http-load-main.ts'

interface Case { readonly speaks: Work['kind']; readonly protocol: Protocol; readonly burn?: number }

/** What is measured, and what the load speaks on it. `slowed` is made slower on purpose, by about what `pipe` takes: a guard that does not see it sees nothing. */
const CASES = {
  tcp: { speaks: 'redis', protocol: 'tcp' }, redis: { speaks: 'redis', protocol: 'redis' }, http: { speaks: 'http', protocol: 'http' }, slowed: { speaks: 'redis', protocol: 'tcp', burn: 400 },
} as const satisfies Record<string, Case>
export type Measured = keyof typeof CASES
export type Guarded = Exclude<Measured, 'slowed'>
export const GUARDED: readonly Guarded[] = ['tcp', 'redis', 'http']
const ALL = Object.keys(CASES) as Measured[]
const KINDS = ['redis', 'http'] as const

/** CPU of brownout by that of `pipe`; `noise` is how far above it a block of rounds may be found, as a share. */
export interface Mark { readonly ratio: number; readonly noise: number }
/** Another major version of Node has other costs: the marks are for one. */
export interface Marks { readonly node: number; readonly ratios: Readonly<Record<Guarded, Mark>> }

export const MARKS = join(ROOT, 'test/bench/guard.json')
export const readMarks = (): Marks => JSON.parse(readFileSync(MARKS, 'utf8')) as Marks
export const NODE_MAJOR = Number(process.versions.node.split('.')[0])

/** More than that is a loss. */
const LOSS = 1.15
export const limitOf = ({ ratio, noise }: Mark): number => ratio * (LOSS + noise)

const CONNECTIONS = 8
/** One round; on a machine that is busy it lasts longer. */
const ROUND = { forMs: 300, least: 800, atMostMs: 1500 }
/** What is compiled on the way costs more. */
const WARMING = { forMs: 300, least: 8000, atMostMs: 10_000 }
const ROUNDS = 5
const BLOCKS_MAX = 3

/** The ratio of a block of rounds, for each of those. */
export type Block = (of: readonly Measured[]) => Promise<ReadonlyMap<Measured, number>>

export async function openStage(): Promise<{ readonly block: Block; stop(): void }> {
  const server = await httpServer()
  const load = startLoad()
  const start = (name: Measured): Promise<Contender> => { const { protocol, burn }: Case = CASES[name]; return brownout(name, server.port, { protocol, burn }) }
  const [plain, ...proxies] = await Promise.all([pipe(server.port), ...ALL.map(start)])
  /** By how much it is that of `pipe`. All at the same time: whatever disturbs the machine disturbs all of them. */
  const ratios = async (speaks: Work['kind'], of: readonly Measured[], extent = ROUND): Promise<readonly (readonly [Measured, number])[]> => {
    const names = of.filter((name) => CASES[name].speaks === speaks)
    const contenders = [plain, ...names.flatMap((name) => proxies[ALL.indexOf(name)] ?? [])]
    const before = contenders.map((one) => one.cpu())
    const { exchanges } = await load.run({ kind: speaks, ports: contenders.map((one) => one.port), connections: CONNECTIONS, ...extent })
    const [beside = Number.NaN, ...costs] = contenders.map((one, i) => (one.cpu() - (before[i] ?? 0)) / (exchanges[i] ?? 0))
    return names.map((name, i) => [name, (costs[i] ?? Number.NaN) / beside])
  }
  for (const kind of KINDS) await ratios(kind, ALL, WARMING)
  return {
    block: async (of) => {
      const found: (readonly [Measured, number])[] = []
      for (let round = 0; round < ROUNDS; round++) for (const kind of KINDS) if (of.some((name) => CASES[name].speaks === kind)) found.push(...await ratios(kind, of))
      return new Map(of.map((name) => [name, middle(found.filter(([whose]) => whose === name).map(([, ratio]) => ratio))]))
    },
    stop: () => { for (const one of [server, plain, ...proxies]) one.stop(); load.stop() },
  }
}

export const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

export interface Found { readonly name: Measured; readonly ratio: number; readonly limit: number; readonly kept: boolean }

/** Of up to three blocks the one that was disturbed least: what was within its limit once is not measured again. */
export async function guard(block: Block, { ratios }: Marks): Promise<readonly Found[]> {
  const limit = (name: Measured): number => limitOf(ratios[name === 'slowed' ? 'tcp' : name])
  const best = new Map<Measured, number>(ALL.map((name) => [name, Number.POSITIVE_INFINITY]))
  const kept = (name: Measured): boolean => (best.get(name) ?? Number.POSITIVE_INFINITY) <= limit(name)
  for (let n = 0; n < BLOCKS_MAX && !GUARDED.every(kept); n++) {
    for (const [name, ratio] of await block(ALL.filter((one) => !kept(one)))) best.set(name, Math.min(ratio, best.get(name) ?? ratio))
  }
  return ALL.map((name) => ({ name, ratio: best.get(name) ?? Number.NaN, limit: limit(name), kept: kept(name) }))
}
