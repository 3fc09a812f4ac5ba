/** Injects a fault, and with `--hold` stays until somebody or something ends it. */

import { coarseClock } from '../core/clock.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { ms } from '../core/units.ts'
import type { ControlClient } from '../control/client.ts'
import type { Injection } from '../control/contract.ts'
import { scenarios } from '../experiment/scenarios.ts'
import { injectionOf, scenarioOf } from '../gameday/inject.ts'
import type { Vocabulary } from '../gameday/vocabulary.ts'
import { plain } from '../report/words.ts'
import type { Context, Signal } from './command.ts'
import { door } from './door.ts'
import type { DoorArgs } from './door-options.ts'

export interface Args extends DoorArgs { readonly fault: string; readonly words: readonly string[]; readonly for: string | undefined; readonly standing: boolean; readonly hold: boolean; readonly json: boolean }

/** A lease outlives its holder by this, and is renewed three times within it. */
const LEASE = '5s'
const RENEWED_MS = 1500

export async function runInject(args: Args, context: Context): Promise<Exit> {
  const { stdout, stderr, registry } = context
  const { client, status } = await door(args, context)
  const words = [args.fault, ...args.words, ...(args.for === undefined ? [] : [`for=${args.for}`]), ...(args.standing ? ['standing'] : [])]
  const vocabulary: Vocabulary = { faults: registry, scenarios, targets: new Map(status.targets.map(({ name, protocol }) => [name, protocol])), steps: [], corruption: false }
  const [first, name, ...more] = words
  const requests = first === 'scenario' ? scenarioOf(name, more, vocabulary) : [injectionOf(words, vocabulary)]
  const lease = args.hold ? (await client.grant(LEASE)).lease : undefined
  const injected: Injection[] = []
  for (const request of requests) injected.push(...await client.inject({ ...request, ...(lease === undefined ? {} : { lease }) }))
  if (args.json) stdout.write(`${JSON.stringify(injected, null, 2)}\n`)
  else stderr.write(`${injected.map(({ id, text }) => `${plain(id)}: ${plain(text)}\n`).join('')}in process ${status.pid}, ${status.mode} ${plain(status.about)}; \`brownout clear ${injected[0]?.id ?? ''}\` ends it before its time\n`)
  return lease === undefined ? EXIT.pass : hold(client, lease, injected, context)
}

/** Renews the lease until a signal comes, or all that it holds is over. */
async function hold(client: ControlClient, lease: string, injected: readonly Injection[], context: Context): Promise<Exit> {
  const { stderr } = context
  const ids = new Set(injected.map(({ id }) => id))
  let heard: Signal | undefined
  let wake = (): void => undefined
  const stop = context.onSignal((signal) => { heard = signal; wake() })
  stderr.write('held: Ctrl-C heals it\n')
  try {
    while (!heard) {
      await new Promise<void>((resolve) => {
        wake = resolve
        coarseClock.at(ms(coarseClock.now() + RENEWED_MS), resolve)
      })
      if (heard) break
      await client.renew(lease)
      if (!(await client.status()).injections.some(({ id }) => ids.has(id))) {
        stderr.write('it is over\n')
        return EXIT.pass
      }
    }
  } finally {
    stop()
    await client.release(lease).catch(() => undefined)
  }
  stderr.write('healed\n')
  return heard === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted
}
