/** Asks a server to give up what a session waits for: it looks at a connection only when it has something to say on it, and would go on. */

import type { Route } from './dial.ts'
import { dialling } from './dialling.ts'
import type { SessionHost } from './session-host.ts'

/** On a connection of its own, past all rules. Nobody hears what becomes of it: so the protocol has it. */
export function cancelAtServer({ conversation, dial }: Route, host: Pick<SessionHost, 'clock' | 'dialTimeout'>): void {
  const request = conversation?.protocol === 'postgres' ? conversation.cancelRequest : undefined
  if (!request) return
  const server = dial()
  const destroy = (): void => server.destroy()
  dialling(server, host, {
    settled: () => { server.stream.on('error', destroy).on('end', destroy).resume().end(request) },
    failed: destroy,
  })
}
