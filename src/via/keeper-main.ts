/** The keeper's process: remembers the last list until the pipe to brownout closes, sends what is on it, and exits. */

import { createInterface } from 'node:readline'
import type { Undo } from './keeper.ts'

/** A Toxiproxy answers within 25 s, whatever holds it up. */
const PATIENCE_MS = 30_000

// It ends with the pipe and by nothing else: a signal meant for brownout's whole family must not leave toxics behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

let undo: readonly Undo[] = []

const send = ({ method, url, body }: Undo): Promise<unknown> =>
  fetch(url, { method, signal: AbortSignal.timeout(PATIENCE_MS), ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) })

const orders = createInterface({ input: process.stdin })
orders.on('line', (line) => { undo = JSON.parse(line) as readonly Undo[] })
orders.on('close', () => { void Promise.allSettled(undo.map(send)).then(() => process.exit()) })
