/** Whether targets answer: before anything is done to them, and once all is undone. */

import { monotonicNow, sleep } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import { alive } from '../probes/alive.ts'
import { formatAddress } from '../proxy/address.ts'
import type { Address, OpenTarget, TargetSpec } from '../proxy/plane.ts'

/** A target with one of its listeners. */
export interface Door { readonly spec: TargetSpec; readonly address: Address }
export type Answers = ReadonlyMap<string, string>

const ASK_TIMEOUT = ms(2000)
const HEAL_WITHIN = ms(3000)
const HEAL_POLL = ms(100)
/** What `alive` says of one that does not answer. */
const SILENT: ReadonlySet<string> = new Set(['refused', 'reset', 'closed', 'timeout'])

/** Through the first listener of each target; where there are several they lead to the same server. */
export const doorsOf = (specs: readonly TargetSpec[], open: readonly OpenTarget[]): readonly Door[] =>
  specs.flatMap((spec) => {
    const address = open.find(({ name }) => name === spec.name)?.listen[0]?.address
    return address ? [{ spec, address }] : []
  })

/** What a fresh connection through each target is answered. */
export async function ask(doors: readonly Door[], timeout: Ms = ASK_TIMEOUT): Promise<Answers> {
  return new Map(await Promise.all(doors.map(async ({ spec, address }) =>
    [spec.name, await alive(spec.protocol, address, timeout, spec.tls.client === 'terminate' && spec.protocol !== 'postgres' ? {} : undefined)] as const)))
}

/** Throws UPSTREAM_DOWN for the first target whose server cannot be reached at all. One that answers nothing but can be reached is taken as it is. */
export async function refuseDown(doors: readonly Door[], before: Answers): Promise<void> {
  for (const { spec } of doors) {
    const answer = before.get(spec.name) ?? ''
    // A gateway answers where nobody else does.
    if (!SILENT.has(answer) && (spec.host === undefined || answer !== '5xx')) continue
    const direct = await alive('tcp', spec.upstream, ASK_TIMEOUT)
    if (direct === 'refused' || direct === 'timeout') {
      throw new BrownoutError('UPSTREAM_DOWN', { message: `${spec.name}: ${formatAddress(spec.upstream)} ${direct === 'refused' ? 'refuses connections' : 'does not answer'}` })
    }
  }
}

export interface Healed { readonly target: string; readonly ok: boolean; readonly before: string; readonly after: string }

/** Asks until each target answers as it did before, at most `within`. */
export async function verifyHealed(doors: readonly Door[], before: Answers, within: Ms = HEAL_WITHIN): Promise<readonly Healed[]> {
  const until = monotonicNow() + within
  const asIs = async (): Promise<readonly Healed[]> => {
    const after = await ask(doors, ms(Math.min(ASK_TIMEOUT, within)))
    return doors.map(({ spec: { name } }) => {
      const [then, now] = [before.get(name) ?? '', after.get(name) ?? '']
      return { target: name, ok: now === then, before: then, after: now }
    })
  }
  let healed = await asIs()
  while (!healed.every(({ ok }) => ok) && monotonicNow() < until) {
    await sleep(HEAL_POLL)
    healed = await asIs()
  }
  return healed
}
