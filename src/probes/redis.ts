/** One Redis command on a connection of its own. ok: it was not answered by an error. The value is the reply as a number, where it is one. */

import { Command, Redis } from 'ioredis'
import { isLoopback } from '../core/loopback.ts'
import { numeric, problemOf, valued, type Finding } from './deadline.ts'

export async function probeRedis(url: string, [name = '', ...args]: readonly string[], signal: AbortSignal): Promise<Finding> {
  const { protocol, hostname } = new URL(url)
  const redis = new Redis(url, { ...ONCE, ...(protocol === 'rediss:' && isLoopback(hostname) ? { tls: { rejectUnauthorized: false } } : {}) })
  const connected = connectOnce(redis, signal)
  try {
    await connected.done
    return { ok: true, ...valued(numeric(await redis.sendCommand(new Command(name, args, { replyEncoding: 'utf8' })))) }
  } catch (error) {
    return { ok: false, problem: redisProblem(connected.cause() ?? error) }
  } finally {
    connected.release()
    redis.disconnect()
  }
}

/** For a client that tries once and gives up: nothing is asked again, nothing waits. */
export const ONCE = {
  lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false, enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, disableClientInfo: true,
}

/** Connects; `signal` disconnects, until `release`. `cause` is why it could not: connect() rejects with a bare "closed". */
export function connectOnce(redis: Redis, signal: AbortSignal): { readonly done: Promise<void>; cause(): unknown; release(): void } {
  let cause: unknown
  redis.on('error', (error) => { cause = error })
  const stop = (): void => redis.disconnect()
  signal.addEventListener('abort', stop, { once: true })
  return { done: redis.connect(), cause: () => cause, release: () => signal.removeEventListener('abort', stop) }
}

/** The first word of an error reply, never its text: that may quote the command. */
export function redisProblem(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  if (error.name === 'ReplyError') return error.message.split(' ', 1)[0] ?? 'ERR'
  return error.name === 'MaxRetriesPerRequestError' ? 'connection lost' : problemOf(error)
}
