/** Whether the embedded servers of an experiment go together: a replica has one primary to follow, and a stream both its ends. */

import type { Linking } from './linking.ts'
import type { DemoKind } from './upstream.ts'
import type { Path } from './tree.ts'

/** What must stand once beside it, and why it is wanted. */
const BESIDE: Readonly<Partial<Record<DemoKind, readonly (readonly [DemoKind, string])[]>>> = {
  'postgres-replica': [['postgres', 'to follow']],
  'postgres-replication': [['postgres', 'to stream from'], ['postgres-replica', 'to stream to']],
}

/** Says what is wrong with a target of that kind; true where nothing is. */
export function goesTogether({ reader, draft }: Pick<Linking, 'reader' | 'draft'>, at: Path, name: string, kind: DemoKind | undefined): boolean {
  const beside = kind === undefined ? undefined : BESIDE[kind]
  if (!beside) return true
  const count = (one: DemoKind): number => draft.targets.filter(({ input }) => input?.upstream === `demo:${one}`).length
  const problems = beside.flatMap(([other, why]) => {
    const found = count(other)
    return found === 1 ? [] : [found === 0 ? { message: `there is no demo:${other} ${why}`, hint: `add a target with \`upstream: "demo:${other}"\`` } : { message: `there are ${found} of demo:${other} ${why}`, hint: 'leave one of them' }]
  })
  if (kind !== undefined && count(kind) > 1) problems.push({ message: `there are ${count(kind)} of demo:${kind}`, hint: 'leave one of them' })
  for (const { message, hint } of problems) reader.fail('UPSTREAM_INVALID', at, `${name}: ${message}`, hint)
  return problems.length === 0
}
