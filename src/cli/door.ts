/** Finds the running brownout that a command is for. */

import { userInfo } from 'node:os'
import { BrownoutError } from '../core/errors.ts'
import { ControlClient } from '../control/client.ts'
import type { Status } from '../control/contract.ts'
import { removeSocket, socketsOf } from '../control/sockets.ts'
import type { Context } from './command.ts'
import type { DoorArgs } from './door-options.ts'

export interface Found { readonly client: ControlClient; readonly status: Status; /** Where its dashboard is, with the token that it asks for; undefined where that is not told. */ readonly page?: string | undefined }

/** Every one that is meant; at least one. NOT_RUNNING, CONTROL_FAILED, USAGE. */
export async function doors({ url, pid }: DoorArgs, { env }: Context, who = whoOf(env)): Promise<readonly Found[]> {
  const given = url ?? (env['BROWNOUT_URL'] || undefined)
  if (given !== undefined) return [await overNetwork(given, env, who)]
  const found: Found[] = []
  for (const one of socketsOf(env)) {
    if (pid !== undefined && pid !== one.pid) continue
    const client = new ControlClient({ socket: one.path }, who)
    try {
      const [status, token] = [await client.status(), await client.token()]
      found.push({ client, status, page: status.url === undefined ? undefined : `${status.url}/ui/#token=${token}` })
    } catch (error) {
      if (!(error instanceof BrownoutError && error.code === 'NOT_RUNNING')) throw error
      // Its process was killed.
      removeSocket(one.path)
    }
  }
  if (found.length === 0) throw new BrownoutError('NOT_RUNNING', { message: pid === undefined ? 'no running brownout was found on this machine' : `process ${pid} is no brownout that can be spoken to` })
  return found
}

/** The one that is meant: the only one, or the only one that was started here. NOT_RUNNING, SEVERAL_RUNNING. */
export async function door(args: DoorArgs, context: Context, who?: string): Promise<Found> {
  const all = await doors(args, context, who)
  const [only, ...more] = all
  if (only && more.length === 0) return only
  const here = all.filter(({ status }) => status.cwd === context.cwd)
  if (here.length === 1 && here[0]) return here[0]
  throw new BrownoutError('SEVERAL_RUNNING', { message: `${all.length} are running: ${all.map(({ status: { pid, mode, about } }) => `${pid} (${mode} ${about})`).join(', ')}` })
}

async function overNetwork(url: string, env: NodeJS.ProcessEnv, who: string): Promise<Found> {
  if (!URL.canParse(url) || new URL(url).protocol !== 'http:') throw new BrownoutError('USAGE', { message: `--url ${url}: expected http://HOST:PORT` })
  const client = new ControlClient({ url, token: env['BROWNOUT_TOKEN'] }, who)
  return { client, status: await client.status() }
}

/** Who is written down: as the system knows them. */
export function whoOf(env: NodeJS.ProcessEnv): string {
  const asked = env['BROWNOUT_WHO']
  if (asked) return asked
  try {
    return userInfo().username
  } catch {
    return 'somebody'
  }
}
