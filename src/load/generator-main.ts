/** The generator's process. It does what its parent says, and ends with it. */

import { setPriority } from 'node:os'
import { reasonOf } from './client.ts'
import { Generator } from './generator.ts'
import type { FromGenerator, ToGenerator } from './wire.ts'

/** Niceness: on a busy machine the one who measures must not be the one who waits. It is idle most of the time. */
const NICENESS = -10

const tell = (message: FromGenerator): void => { if (process.connected) process.send?.(message) }

// A signal to the whole group (Ctrl-C) is the parent's to answer: it heals first and ends us then.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit(0))
for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, crash)

let generator: Generator | undefined
hasten()

process.on('message', (message) => {
  obey(message as ToGenerator).catch(crash)
})

async function obey(order: ToGenerator): Promise<void> {
  switch (order.kind) {
    case 'open':
      generator = await Generator.open(order.orders, (part) => tell({ kind: 'bucket', ...part }))
      return tell({ kind: 'ready' })
    case 'begin':
      generator?.begin(order.at)
      return tell({ kind: 'begun' })
    case 'stop':
      return tell({ kind: 'stopped', parts: (await generator?.stop()) ?? [] })
  }
}

/** False where only an administrator may: then lateness tells whether it mattered. */
function hasten(): boolean {
  try {
    setPriority(NICENESS)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SYSTEM_ERROR') return false
    throw error
  }
}

/** The kind of error and where, but not its message: that may quote a URL with its password. */
function crash(error: unknown): void {
  const where = error instanceof Error ? /[\w-]+\.js:\d+/.exec(error.stack?.split('\n').find((line) => line.startsWith('    at ')) ?? '')?.[0] : undefined
  const text = `${reasonOf(error)}${where ? ` at ${where}` : ''}`
  if (!process.send) process.exit(70)
  process.send({ kind: 'crashed', text } satisfies FromGenerator, () => process.exit(70))
}
