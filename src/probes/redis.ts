/** One Redis command on a connection of its own. ok: it was not answered by an error. The value is the reply as a number, where it is one. */

import { Command, Redis } from 'ioredis'
import { isLoopback } from '../core/loopback.ts'
import { numeric, problemOf, valued, type Finding } from './deadline.ts'

export async function probeRedis(url: string, [name = '', ...args]: readonly string[], signal: AbortSignal): Promise<Finding> {
  const { protocol, hostname } = new URL(url)
  const redis = new Redis(url, {
    lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false, enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, disableClientInfo: true,
    ...(protocol === 'rediss:' && isLoopback(hostname) ? { tls: { rejectUnauthorized: false } } : {}),
  })
  // Why it could not connect is told here only: connect() rejects with a bare "closed".
  let cause: unknown
  redis.on('error', (error) => { cause = error })
  const stop = (): void => redis.disconnect()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await redis.connect()
    return { ok: true, ...valued(numeric(await redis.sendCommand(new Command(name, args, { replyEncoding: 'utf8' })))) }
  } catch (error) {
    return { ok: false, problem: redisProblem(cause ?? error) }
  } finally {
    signal.removeEventListener('abort', stop)
    redis.disconnect()
  }
}

/** The first word of an error reply, never its text: that may quote the command. */
export function redisProblem(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  if (error.name === 'ReplyError') return error.message.split(' ', 1)[0] ?? 'ERR'
  return error.name === 'MaxRetriesPerRequestError' ? 'connection lost' : problemOf(error)
}
