/**
 * A worker: a client of several Redis servers that writes and reads until it is told to stop. It is alone in its thread, so that every
 * connection which is opened here is the client's: their ports are told too.
 */

import { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { Cluster, Redis } from 'ioredis'
import { createCluster, createSentinel } from 'redis'

export type ClientKind = 'ioredis Cluster' | 'node-redis cluster' | 'ioredis Sentinel' | 'node-redis Sentinel'
export interface ClientSpec { readonly kind: ClientKind; readonly resp: 2 | 3; readonly port: number }
/** `wrong`: values read that were not those written. `ports`: to which a connection was opened. */
export interface Tally { done: number; wrong: string[]; errors: string[]; ports: number[] }

interface Client { set(key: string, value: string): Promise<unknown>; get(key: string): Promise<unknown>; close(): unknown }

const LANES = 8
const KEYS = 40
const tally: Tally = { done: 0, wrong: [], errors: [], ports: [] }
const host = '127.0.0.1'

function watchConnections(): void {
  const connect = Socket.prototype.connect
  Socket.prototype.connect = function watched(this: Socket, ...args: unknown[]): Socket {
    // Either what a person gives, or what node:net has made of it.
    const given = args.flat().find((one): one is { port: number } => typeof one === 'object' && one !== null && 'port' in one)
    tally.ports.push(Number(given?.port ?? args[0]))
    return Reflect.apply(connect, this, args) as Socket
  }
}

async function open({ kind, resp, port }: ClientSpec): Promise<Client> {
  const failed = (error: Error): void => { tally.errors.push(error.message) }
  switch (kind) {
    case 'ioredis Cluster': {
      const cluster = new Cluster([{ host, port }], { redisOptions: { protocol: resp, disableClientInfo: true } }).on('error', failed)
      return { set: (key, value) => cluster.set(key, value), get: (key) => cluster.get(key), close: () => cluster.disconnect() }
    }
    case 'ioredis Sentinel': {
      const redis = new Redis({ sentinels: [{ host, port }], name: 'mymaster', protocol: resp, disableClientInfo: true, failoverDetector: true }).on('error', failed)
      return { set: (key, value) => redis.set(key, value), get: (key) => redis.get(key), close: () => redis.disconnect() }
    }
    case 'node-redis cluster': {
      const cluster = await createCluster({ rootNodes: [{ url: `redis://${host}:${port}` }], RESP: resp }).on('error', failed).connect()
      return { set: (key, value) => cluster.set(key, value), get: (key) => cluster.get(key), close: () => cluster.destroy() }
    }
    case 'node-redis Sentinel': {
      const redis = await createSentinel({ name: 'mymaster', sentinelRootNodes: [{ host, port }], RESP: resp }).on('error', failed).connect()
      return { set: (key, value) => redis.set(key, value), get: (key) => redis.get(key), close: () => redis.destroy() }
    }
  }
}

/** Each lane has keys of its own: what it reads is what it wrote last. */
async function lane(client: Client, name: number, on: () => boolean): Promise<void> {
  for (let n = 0; on(); n++) {
    const key = `key:${name}:${n % KEYS}`
    try {
      await client.set(key, `${n}`)
      const read = await client.get(key)
      if (read !== `${n}`) tally.wrong.push(`${key} is ${String(read)}, not ${n}`)
      tally.done++
    } catch (error) {
      tally.errors.push(error instanceof Error ? error.message : String(error))
      await pause(20)
    }
  }
}

watchConnections()
let on = true
const client = await open(workerData as ClientSpec)
const lanes = Array.from({ length: LANES }, (_, name) => lane(client, name, () => on))
parentPort?.on('message', async (said: 'tell' | 'stop') => {
  if (said === 'stop') {
    on = false
    await Promise.all(lanes)
    client.close()
    parentPort?.close()
  }
  parentPort?.postMessage(tally)
})
parentPort?.postMessage(tally)
