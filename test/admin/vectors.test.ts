/** The recorded requests of a real Toxiproxy 2.12.0, replayed in order: statuses and bodies as they were, but for the differences that are named here. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ROOT } from '../support/paths.ts'
import { ask, closeAll, later, stage, type Answer } from './stage.ts'

interface Vector {
  readonly note: string; readonly method: string; readonly path: string; readonly body: string | null; readonly headers: Readonly<Record<string, string>> | null
  readonly status: number; readonly resp_headers: Readonly<Record<string, string>>; readonly request_id: boolean; readonly resp_body: string
}

/** What the documentation lists, by the numbers of the requests that show it. `status` is ours; a body that differs is given as a change of the recorded one. */
interface Difference { readonly at: readonly number[]; readonly status?: number; readonly body?: (recorded: string, ours: string) => string; readonly undo?: readonly [string, string] }

const LATENCY = '{"attributes":{"latency":0,"jitter":0},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":1}'
const REFUSED = ['neg', 'big', 'slicer0']
const within = (pattern: string, replacement: string) => (recorded: string): string => {
  assert.ok(recorded.includes(pattern), `${pattern} is not in ${recorded}`)
  return recorded.replace(pattern, replacement)
}
const ours = (pattern: RegExp) => (_recorded: string, body: string): string => { assert.match(body, pattern); return body }

const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'a foreign Host or Origin is refused': { at: [23], status: 403, body: ours(/Host evil is not allowed/) },
  'a name with a slash can be reached: a proxy': { at: [67], status: 200, body: ours(/"name":"e 8\/é"/) },
  'a name with a slash can be reached: a toxic': { at: [180], status: 200, body: ours(/"name":"a\/b"/) },
  'Logger in a request is ignored': { at: [41], status: 201, body: ours(/"name":"a"/), undo: ['DELETE', '/proxies/a'] },
  'toxics at creation are accepted': { at: [64, 240], body: (recorded) => within('"toxics":[]', `"toxics":[${LATENCY}]`)(recorded) },
  'toxics at creation are accepted: the list after': { at: [75], body: (recorded) => recorded.replace(/("e6":\{.*?"toxics":)\[\]/, `$1[${LATENCY}]`) },
  'a failed listen change leaves the proxy as it was': { at: [110], body: (recorded) => within('"enabled":false', '"enabled":true')(within('127.0.0.1:16379","upstream', '127.0.0.1:27001","upstream')(recorded)) },
  'a failed replacement leaves the proxy as it was': { at: [236], body: (recorded) => within('"enabled":false', '"enabled":true')(recorded) },
  'a failed replacement leaves the proxy as it was: the list after': { at: [239], body: (recorded) => recorded.replace(/("p1":\{.*?"enabled":)false/, '$1true') },
  'attributes out of range are a 400: negative latency': { at: [162], status: 400, body: ours(/attribute latency of latency must be from 0 to 3600000 ms, not -5/) },
  'attributes out of range are a 400: toxicity above 1': { at: [163], status: 400, body: ours(/toxicity must be from 0 to 1, not 7.25/) },
  'attributes out of range are a 400: slicer of size 0': { at: [176], status: 400, body: ours(/attribute average_size of slicer must be from 1 to 1073741824 bytes, not 0/) },
  'attributes out of range are a 400: they are not listed after': { at: [183, 207, 208], body: withoutRefused },
  'a change is applied whole or not at all': { at: [192, 202], body: (recorded) => within('"latency":777', '"latency":100')(recorded) },
  'a change is applied whole or not at all: wrong toxicity': { at: [194, 204], body: (recorded) => within('"latency":1,', '"latency":100,')(recorded) },
  'populate of nothing answers an empty list': { at: [216, 217], body: (recorded) => within('null', '[]')(recorded) },
}

/** Here the recording deleted every proxy that it could reach. */
const EMPTIED = 224

/** Toxics that the real server took and we refuse. */
function withoutRefused(recorded: string): string {
  const parsed: unknown = JSON.parse(recorded)
  const kept = (toxics: unknown): unknown => (Array.isArray(toxics) ? toxics.filter((one: { name: string }) => !REFUSED.includes(one.name)) : toxics)
  return JSON.stringify(Array.isArray(parsed) ? kept(parsed) : { ...(parsed as object), toxics: kept((parsed as { toxics: unknown }).toxics) })
}

/** Ports that the system chose; the text that says what is wrong with a body, which is free. */
const normal = (body: string): string => body
  .replaceAll('"Logger":{},', '')
  .replace(/("listen":"(?:127\.0\.0\.1|\[::1\]):)(\d{5})"/g, (whole, head: string, port: string) => (Number(port) > 30_000 ? `${head}PORT"` : whole))
  .replace(/(bad request body: ).*?(","status")/, '$1…$2')
  .replace(/lookup no\.such\.invalid on [^ ]*:/, 'lookup no.such.invalid:')

/** Ports that the requests name; each stands for one that is free here. */
const RECORDED_PORT = /\b(16379|270\d\d)\b/g
/** Where the recorded upstream was: requests that listen there must find it taken. */
const UPSTREAM_PORT = '16379'

/** Below those that the system gives of its own accord, so that no proxy on port 0 gets it. */
async function freePort(taken: boolean): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 9000)
    const server = createServer().listen(port, '127.0.0.1')
    const listens = await new Promise((resolve) => { server.once('listening', () => resolve(true)).once('error', () => resolve(false)) })
    if (!listens || /^270/.test(String(port))) { server.close(); continue }
    if (taken) later(() => { server.close() })
    else await new Promise((resolve) => { server.close(resolve) })
    return String(port)
  }
  throw new Error('no port is free')
}

describe('241 recorded requests', () => {
  afterEach(closeAll)

  it('are answered as a real server answered them, but for the differences that are named', async function replay() {
    const vectors = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/toxiproxy-vectors.json'), 'utf8')) as readonly Vector[]
    assert.equal(vectors.length, 241)
    const ports = new Map<string, string>()
    for (const port of new Set(vectors.flatMap(({ body }) => body?.match(RECORDED_PORT) ?? []))) ports.set(port, await freePort(port === UPSTREAM_PORT))
    const theirs = new Map([...ports].map(([recorded, own]) => [own, recorded]))
    const { admin } = await stage({ allowListen: true, metrics: { own: true, process: true } })
    const accepted = new Map<string, number>()
    const failures: string[] = []
    for (const [index, vector] of vectors.entries()) {
      if (index === EMPTIED) for (const { name } of admin.proxies.list()) if (!name.includes('/')) await admin.proxies.delete(name)
      const sent = vector.body?.replace(RECORDED_PORT, (port) => ports.get(port) ?? port)
      const given = await ask(admin.port, vector.method, vector.path, sent, vector.headers ?? {})
      const answer = { ...given, text: given.text.replace(/\b\d{5}\b/g, (port) => theirs.get(port) ?? port) }
      const found = Object.entries(DIFFERENCES).find(([, { at }]) => at.includes(index))
      const problem = judge(vector, answer, found?.[1], vector.resp_body)
      if (problem !== undefined) failures.push(`${index} ${vector.note}: ${vector.method} ${vector.path}: ${problem}`)
      if (found) accepted.set(found[0], (accepted.get(found[0]) ?? 0) + 1)
      if (found?.[1].undo) await ask(admin.port, ...found[1].undo)
    }
    assert.deepEqual(failures, [])
    assert.deepEqual([...accepted.keys()].sort(), Object.keys(DIFFERENCES).sort())
    for (const [name, count] of accepted) console.log(`      accepted: ${name} (${count})`)
  })
})

function judge(vector: Vector, answer: Answer, difference: Difference | undefined, recorded: string): string | undefined {
  const status = difference?.status ?? vector.status
  if (answer.status !== status) return `status ${answer.status}, not ${status}: ${answer.text}`
  const body = normal(answer.text)
  const wanted = difference?.body ? normal(difference.body(normal(recorded), body)) : normal(recorded)
  if (difference?.body === undefined && body === wanted && normal(recorded) === body && difference?.status !== undefined) return 'it does not differ'
  if (difference?.status === undefined && difference?.body && normal(recorded) === body) return 'it does not differ any more'
  if (!vector.path.startsWith('/metrics') && body !== wanted) return `body ${body}, not ${wanted}`
  const type = vector.resp_headers['Content-Type']
  if (difference?.status === undefined && type !== undefined && answer.headers['content-type'] !== type) return `Content-Type ${answer.headers['content-type']}, not ${type}`
  if (difference?.status === undefined && vector.request_id !== (answer.headers['x-toxiproxy-request-id'] !== undefined)) return 'the request id is there or not there'
  const location = vector.resp_headers['Location']
  return answer.headers.location === location ? undefined : `Location ${answer.headers.location}`
}
