/** The same client against a server direct, through a proxy that nothing is armed on, with a rule that matches nothing, and in small pieces: the results must not differ. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { registry } from '../../faults/index.ts'
import { ms } from '../../src/core/units.ts'
import type { DemoServer } from '../../src/demo/daemon.ts'
import { defineFault, type AnyFault, type Registry } from '../../src/fault.ts'
import type { Protocol } from '../../src/protocols/codec.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import { faultNamed, withDefaults, type Rule, type Where } from '../../src/rule.ts'
import { later, LOCAL, PLAIN } from '../proxy/stage.ts'

/** Would cut whatever it hits. */
const cut: AnyFault = defineFault({
  name: 'cut', summary: 'Cut.', tests: '', correct: '', on: ['message'], protocols: [], direction: 'both', params: {}, example: '',
  decide: () => ({ kind: 'close', how: 'reset' }),
})
const faults: Registry = new Map([...registry, [cut.name, cut]])
const rule = (on: string, fault: string, params: Record<string, unknown>, more: Partial<Rule> = {}): Rule =>
  ({ id: on, fault, on, params: withDefaults(faultNamed(faults, fault), params), standing: true, ...more })
type Read = 'postgres' | 'redis' | 'http'
type Server = Pick<DemoServer, 'host' | 'port' | 'url'>
const NOBODY: Readonly<Record<Read, Where>> = { redis: { key: 'nobody:*' }, postgres: { table: 'nobody' }, http: { path: '/nobody' } }

const WAYS = ['nothing armed', 'a rule armed that matches nothing', 'in pieces of one to seven bytes before and behind, with that rule'] as const

/** A proxy before the server, or three in a row, the outer of which cut everything small. */
export async function through(server: Server, protocol: Read, way: (typeof WAYS)[number]): Promise<{ url: string; port: number; opaque: readonly string[]; live(): Promise<number> }> {
  const plane = new LocalPlane({ registry: faults, seed: 1 })
  later(() => plane.close())
  const opaque: string[] = []
  plane.on((event) => { if (event.kind === 'opaque') opaque.push(event.why) })
  const open = async (name: string, spoken: Protocol, to: number): Promise<number> => {
    const [opened] = await plane.open([{ name, protocol: spoken, upstream: { host: server.host, port: to }, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(5000) }])
    const address = opened?.listen[0]?.address
    return address && 'port' in address ? address.port : 0
  }
  const small = way.startsWith('in pieces')
  const slicer = (on: string): Rule => rule(on, 'slicer', { average_size: 4, size_variation: 3, delay: 0 }, { direction: 'both' })
  const behind = small ? await open('behind', 'tcp', server.port) : server.port
  const it = await open('it', protocol, behind)
  const port = small ? await open('before', 'tcp', it) : it
  await plane.arm([...(way === 'nothing armed' ? [] : [rule('it', 'cut', {}, { where: NOBODY[protocol] })]), ...(small ? [slicer('before'), slicer('behind')] : [])])
  return { url: server.url.replace(`:${server.port}`, `:${port}`), port, opaque, live: async () => (await plane.snapshot()).targets['it']?.connections ?? 0 }
}

/** A test for each way through: `script` gives what its client saw, on a server that it finds as it left it. */
export function sameThrough(name: string, protocol: Read, server: () => Promise<Server>, script: (url: string, port: number) => Promise<unknown>): void {
  let expected: Promise<unknown> | undefined
  for (const how of WAYS) {
    it(`${name}: ${how}`, async () => {
      const direct = await server()
      expected ??= script(direct.url, direct.port)
      await expected
      const way = await through(direct, protocol, how)
      assert.deepEqual(await script(way.url, way.port), await expected)
      assert.deepEqual(way.opaque, [], 'all of it was read')
    })
  }
}

/** A program on the PATH, or undefined. */
export function program(name: string): string | undefined {
  return (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)).find((path) => {
    try { accessSync(path, constants.X_OK); return true } catch (error) { if (error instanceof Error) return false; throw error }
  })
}

const run = promisify(execFile)
/** What a program prints; it may take a minute. */
export const output = async (command: string, args: readonly string[]): Promise<string> => (await run(command, [...args], { timeout: 60_000 })).stdout
