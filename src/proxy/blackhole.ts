/**
 * A listener whose queue is full for ever, so that connections never complete (their SYN goes unanswered). A thread of its own
 * listens with the smallest backlog and then sleeps, so that nobody accepts; we fill what little queue there is ourselves.
 */

import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { BrownoutError } from '../core/errors.ts'
import { sleep } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import { formatAddress } from './address.ts'
import type { Address } from './plane.ts'

export interface Blackhole { close(): Promise<void> }

const THREAD = `
const { parentPort, workerData } = require('node:worker_threads')
const { createServer } = require('node:net')
const server = createServer()
server.on('error', (error) => parentPort.postMessage({ problem: error.code }))
server.listen({ ...workerData.address, backlog: 1 }, () => {
  parentPort.postMessage({ listening: true })
  Atomics.wait(new Int32Array(workerData.gate), 0, 0)
  server.close()
})
`
/** A queue of backlog 1 takes two; more is tried, to be sure that it is full. */
const FILLERS_MAX = 8
const FULL_AFTER: Ms = ms(60)

/** LISTEN_FAILED when the address cannot be had. */
export async function blackhole(address: Address): Promise<Blackhole> {
  const gate = new SharedArrayBuffer(4)
  const worker = new Worker(THREAD, { eval: true, workerData: { address, gate } })
  const told = await new Promise<{ problem?: string }>((resolve) => { worker.once('message', resolve) })
  if (told.problem) {
    await worker.terminate()
    throw new BrownoutError('LISTEN_FAILED', { message: `cannot listen on ${formatAddress(address)}: ${told.problem}` })
  }
  const fillers: Socket[] = []
  for (let i = 0; i < FILLERS_MAX; i++) {
    const filler = connect({ ...address })
    filler.on('error', () => filler.destroy())
    fillers.push(filler)
    const connected = await Promise.race([
      new Promise<boolean>((resolve) => { filler.once('connect', () => resolve(true)) }),
      sleep(FULL_AFTER).then(() => false),
    ])
    if (!connected) break
  }
  return {
    async close() {
      const gone = new Promise((resolve) => { worker.once('exit', resolve) })
      Atomics.store(new Int32Array(gate), 0, 1)
      Atomics.notify(new Int32Array(gate), 0)
      for (const filler of fillers) filler.destroy()
      await gone
    },
  }
}
