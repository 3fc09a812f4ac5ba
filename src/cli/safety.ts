/** What of faults is allowed: the policy in effect, where there is one, and the upstreams that they may go to. */

import { readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { BrownoutError } from '../core/errors.ts'
import { refusedUpstream, type UpstreamGuard } from '../core/production.ts'
import { Gate } from '../control/gate.ts'
import type { Policy } from '../control/policy.ts'
import type { PlannedTarget } from '../experiment/plan.ts'
import type { Context } from './command.ts'
import { POLICY_FILE, type SafetyArgs } from './safety-options.ts'

export interface Safety { readonly gate: Gate; readonly guard: UpstreamGuard; /** Of the policy in effect, for the journal. */ readonly note: string | undefined }

/** POLICY_INVALID, FILE_UNREADABLE. */
export async function safetyOf({ policy: file, 'allow-upstream': given }: SafetyArgs, context: Pick<Context, 'env' | 'cwd'>): Promise<Safety> {
  const policy = await readPolicy(file, context)
  const { allowUpstreams = [], denyUpstreams = [] } = policy?.limits ?? {}
  const allowed = (context.env['BROWNOUT_ALLOW_UPSTREAM'] ?? '').split(',').map((one) => one.trim()).filter((one) => one !== '')
  return {
    gate: new Gate(policy), guard: { allow: [...given, ...allowed, ...allowUpstreams], deny: denyUpstreams },
    note: policy && `policy ${policy.inEffect.file} (${policy.inEffect.hash}): ${policy.inEffect.limits.join('; ') || 'no limits'}`,
  }
}

/** UPSTREAM_REFUSED with all targets that lead where no fault may go unasked. */
export function refuseUpstreams(targets: readonly PlannedTarget[], guard: UpstreamGuard): void {
  // What is started for the run is this machine's.
  const given = targets.filter(({ demo, app }) => demo === undefined && app === undefined)
  const refused = given.flatMap(({ spec: { name, upstream } }) => {
    const why = 'path' in upstream ? undefined : refusedUpstream(upstream.host, upstream.port, guard)
    return why === undefined ? [] : [`${name}: ${why}`]
  })
  if (refused.length > 0) throw new BrownoutError('UPSTREAM_REFUSED', { message: refused.join('; ') })
}

/** `given` > BROWNOUT_POLICY > the file upwards from the working directory. POLICY_INVALID, FILE_UNREADABLE. */
export async function readPolicy(given: string | undefined, { env, cwd }: Pick<Context, 'env' | 'cwd'>): Promise<Policy | undefined> {
  const named = given ?? (env['BROWNOUT_POLICY'] || undefined)
  const file = named === undefined ? upwards(cwd) : resolve(cwd, named)
  if (file === undefined) return undefined
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new BrownoutError('FILE_UNREADABLE', { message: `the policy ${file} cannot be read: ${cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)}`, cause })
  }
  const { parsePolicy } = await import('../control/policy.ts')
  return parsePolicy(text, named ?? file)
}

function upwards(folder: string): string | undefined {
  const file = join(folder, POLICY_FILE)
  if (existsSync(file)) return file
  return dirname(folder) === folder ? undefined : upwards(dirname(folder))
}
