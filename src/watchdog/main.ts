/** The watchdog's process: keeps the list of wards until the pipe to brownout closes, ends those that are left, and exits. */

import { createInterface } from 'node:readline'
import type { Order } from './watchdog.ts'
import { endWard, type Ward } from './ward.ts'

// It ends with the pipe and by nothing else: a signal meant for brownout's whole family must not leave orphans.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

const wards = new Map<number, Ward>()
const orders = createInterface({ input: process.stdin })
orders.on('line', (line) => {
  const order = JSON.parse(line) as Order
  if ('guard' in order) wards.set(order.guard.pid, order.guard)
  else wards.delete(order.release)
})
orders.on('close', () => {
  void Promise.allSettled([...wards.values()].map(endWard)).then(() => process.exit())
})
