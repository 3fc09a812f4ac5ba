/** One fresh connection, one small exchange, the outcome in a word. */

import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { realClock } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'

export type ProbeAddress = { readonly host: string; readonly port: number } | { readonly path: string }
/** Our side speaks TLS. What is probed is whether the other side answers, not whom it is: certificates are not verified. */
export interface ProbeTls { readonly servername?: string | undefined }

export interface Exchange {
  /** Written once connected. */
  readonly hello?: Buffer | undefined
  /** Told of every chunk; answers with the outcome, or with undefined as long as there is none. */
  readonly hear?: ((chunk: Buffer) => string | undefined) | undefined
  /** The outcome when the other side neither spoke nor closed for so long after the connection stood. */
  readonly quiet?: { readonly after: Ms; readonly outcome: string } | undefined
  /** The last words, when there is an outcome. */
  readonly goodbye?: Buffer | undefined
}

/** Resolves with the outcome; or `refused`, `reset`, `closed` (before there was one), `timeout`, or a system error's code in lower case. Never rejects. */
export function exchange(address: ProbeAddress, { hello, hear, quiet, goodbye }: Exchange, timeout: Ms, tls?: ProbeTls): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = tls
      ? connectTls({ ...address, ALPNProtocols: [], rejectUnauthorized: false, ...(tls.servername ? { servername: tls.servername } : {}) })
      : connect(address)
    const timers = [realClock.at(ms(realClock.now() + timeout), () => end('timeout'))]
    const end = (outcome: string, lastWords?: Buffer): void => {
      for (const timer of timers) timer.cancel()
      resolve(outcome)
      socket.removeAllListeners()
      socket.on('error', () => socket.destroy())
      if (lastWords) socket.end(lastWords, () => socket.destroy())
      else socket.destroy()
    }
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      if (hello) socket.write(hello)
      if (quiet) timers.push(realClock.at(ms(realClock.now() + quiet.after), () => end(quiet.outcome)))
    })
    socket.on('data', (chunk) => {
      const outcome = hear?.(chunk)
      if (outcome !== undefined) end(outcome, goodbye)
    })
    socket.once('error', (error) => end(outcomeOf(error)))
    socket.once('close', () => end('closed'))
    socket.once('end', () => end('closed'))
  })
}

export function outcomeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
  switch (code) {
    case 'ECONNREFUSED': return 'refused'
    case 'ECONNRESET': case 'EPIPE': return 'reset'
    case 'ETIMEDOUT': return 'timeout'
    default: return code.toLowerCase()
  }
}
