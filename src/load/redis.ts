/** Redis commands, pipelined over a few connections in turn. */

import { Command, Redis } from 'ioredis'
import { isLoopback } from '../core/loopback.ts'
import type { Ms } from '../core/units.ts'
import { NOTHING_SENT, reasonOf, type Client, type Done, type Sent } from './client.ts'
import { NO_DATA, type Data } from './data.ts'
import { renderedText } from './pieces.ts'
import { Batches } from './redis-batch.ts'
import type { LoadSpec, RedisCommand } from './spec.ts'

/** Commands that became late and are still owed an answer, on one connection; past it the connection is given up and made anew. */
const OWED_MAX = 10_000
const RECONNECT_MIN = 25
const RECONNECT_MAX = 250

/**
 * While a connection is down its commands fail at once; one that breaks fails what it carried; nothing is sent twice. A command
 * that became late cannot be taken back: its connection goes on and its answer is passed over when it comes.
 */
export function openRedis({ connections, timeout }: LoadSpec, { url, command, pipeline = 1 }: RedisCommand, data: Data = NO_DATA): Client {
  const lines = Array.from({ length: connections }, () => new Line(url, timeout, pipeline > 1))
  const [name = () => '', ...argumentsOf] = command.map((word) => renderedText(word, data))
  const commandOf = (n: number): [string, ...string[]] => [name(n), ...argumentsOf.map((argument) => argument(n))]
  let turn = 0
  const nextLine = (): Line | undefined => {
    for (let i = 0; i < lines.length; i++) {
      const line = lines[turn++ % lines.length]
      if (line?.ready) return line
    }
    return undefined
  }
  return {
    opened: Promise.all(lines.map(({ opened }) => opened)),
    send(n, done) {
      const line = nextLine()
      if (line) return line.send(Array.from({ length: pipeline }, (_, i) => commandOf(n * pipeline + i)), done)
      done('error', lines[0]?.problem ?? 'not connected')
      return NOTHING_SENT
    },
    close() {
      for (const line of lines) line.close()
      return Promise.resolve()
    },
  }
}

class Line {
  /** Its first connection stands or has failed. */
  readonly opened: Promise<unknown>
  readonly #redis: Redis
  readonly #pipelined: boolean
  #batches: Batches | undefined
  #owed = 0
  #problem: string | undefined

  constructor(url: string, timeout: Ms, pipelined: boolean) {
    const { protocol, hostname } = new URL(url)
    this.#redis = new Redis(url, {
      lazyConnect: true, enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, enableReadyCheck: false, disableClientInfo: true,
      connectTimeout: timeout, retryStrategy: (times) => Math.min(RECONNECT_MIN * times, RECONNECT_MAX),
      ...(protocol === 'rediss:' && isLoopback(hostname) ? { tls: { rejectUnauthorized: false } } : {}),
    })
    this.#redis.on('error', (error) => { this.#problem = redisReason(error) })
    this.#pipelined = pipelined
    let batching: Promise<void> | undefined
    this.#redis.on('ready', () => {
      this.#owed = 0
      if (pipelined) batching = this.#batch().catch((error: Error) => { this.#problem = redisReason(error) })
    })
    this.#redis.on('close', () => {
      this.#batches?.lost()
      this.#batches = undefined
    })
    this.opened = this.#redis.connect().then(() => batching).catch((error: Error) => { this.#problem ??= redisReason(error) })
  }

  get ready(): boolean { return this.#redis.status === 'ready' && (!this.#pipelined || this.#batches !== undefined) }
  /** Why the last attempt to connect failed. */
  get problem(): string | undefined { return this.#problem }

  /** They are answered together: by the first error, or well. */
  send(commands: readonly (readonly [string, ...string[]])[], done: Done): Sent {
    let state: 'waiting' | 'owed' | 'ended' = 'waiting'
    const end = (reason: string | undefined): void => {
      if (state === 'owed') this.#owed = Math.max(0, this.#owed - commands.length)
      state = 'ended'
      if (reason === undefined) done('ok')
      else done('error', reason)
    }
    if (this.#batches) this.#batches.send(commands, end)
    else this.#one(commands[0] ?? [''], (error) => end(error ? redisReason(error) : undefined))
    return {
      abandon: () => {
        if (state !== 'waiting') return
        state = 'owed'
        this.#owed += commands.length
        if (this.#owed > OWED_MAX) this.#redis.disconnect(true)
      },
    }
  }

  #one([name = '', ...args]: readonly string[], end: (error: Error | null | undefined) => void): void {
    const command = new Command(name, args, {}, end)
    // The callback has told already; the promise is ioredis's other way to say it.
    command.promise.catch(() => undefined)
    this.#redis.sendCommand(command)
  }

  /** Once what the client sends by itself has been answered. */
  async #batch(): Promise<void> {
    const { stream } = this.#redis
    await this.#redis.ping()
    if (this.#redis.stream !== stream) return
    this.#batches = new Batches(stream)
  }

  close(): void { this.#redis.disconnect() }
}

/** The first word of an error reply (`WRONGTYPE`, `NOAUTH`), never its text: that may quote the command. */
function redisReason(error: Error): string {
  if (error.name === 'ReplyError') return error.message.split(' ', 1)[0] ?? 'ERR'
  const reason = reasonOf(error)
  return reason === 'MaxRetriesPerRequestError' || reason === 'Error' ? 'connection lost' : reason
}
