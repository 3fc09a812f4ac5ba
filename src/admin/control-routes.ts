/** `/api/v1`: a running brownout's Control over HTTP. Bodies and answers are the types of src/control/contract.ts as JSON. */

import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Logger } from 'pino'
import { BrownoutError, ERRORS, type ErrorCode } from '../core/errors.ts'
import { EXIT } from '../core/exit.ts'
import { parseDuration } from '../core/units.ts'
import type { ChangeRequest, Control, InjectRequest, Mark } from '../control/contract.ts'
import { guard, type GuardOptions } from './guard.ts'
import { rateLimit } from './rate.ts'
import { streamOf } from './stream.ts'

export const API = '/api/v1'
const BODY_BYTES_MAX = 1024 ** 2
const WHO_MAX = 100

/** What is asked of runs that are over; told by those who know reports. */
export interface Runs {
  list(): Promise<unknown>
  /** RUN_UNKNOWN. */
  one(run: string): Promise<unknown>
  compare(a: string, b: string): Promise<unknown>
}
export interface ControlRoutesOptions extends GuardOptions {
  readonly control: Control
  readonly log: Logger
  readonly runs?: Runs | undefined
  /** How requests are told apart that say nothing of who they are: over a socket, over the network. */
  readonly from: string
}
type Bindings = { readonly Bindings: HttpBindings }
type Body = Readonly<Record<string, unknown>>

export function controlRoutes({ control, log, runs, from, ...guarded }: ControlRoutesOptions): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.use(rateLimit())
  app.use(guard({ ...guarded, json: true }))
  app.use(bodyLimit({ maxSize: BODY_BYTES_MAX, onError: () => failed(413, 'VALUE_INVALID', `a body has at most ${BODY_BYTES_MAX} bytes`) }))
  const who = (context: Context): string => printable(context.req.header('x-brownout-who')) || from
  app.get('/status', async () => answer(await control.status()))
  app.get('/faults', () => answer(control.catalogue()))
  app.get('/ticks', () => answer(control.ticks()))
  app.get('/events', () => answer(control.events()))
  app.get('/stream', async (context) => streamOf(control, context.req.raw.signal))
  app.post('/injections', async (context) => answer(await control.inject(await injectBody(context), who(context)), 201))
  app.patch('/injections/:id', async (context) => answer(await control.change(context.req.param('id'), await changeBody(context), who(context))))
  app.delete('/injections/:id', async (context) => answer(await control.clear({ id: context.req.param('id') }, who(context))))
  app.delete('/injections', async (context) => answer(await control.clear({ on: context.req.query('on') }, who(context))))
  app.post('/halt', async (context) => { await control.halt(who(context), textOf(await bodyOf(context), 'reason') ?? ''); return answer(await control.status()) })
  app.post('/resume', async (context) => { await control.resume(who(context), textOf(await bodyOf(context), 'reason') ?? ''); return answer(await control.status()) })
  app.post('/notes', async (context) => note(control, await bodyOf(context), who(context)))
  app.post('/leases', async (context) => answer(control.grant(who(context), ttlOf(await bodyOf(context))), 201))
  app.put('/leases/:lease', (context) => answer(control.renew(context.req.param('lease'))))
  app.delete('/leases/:lease', async (context) => { await control.release(context.req.param('lease')); return answer({}) })
  if (runs) {
    app.get('/runs', async () => answer(await runs.list()))
    app.get('/runs/:run', async (context) => answer(await runs.one(context.req.param('run'))))
    app.get('/compare', async (context) => answer(await runs.compare(context.req.query('a') ?? '', context.req.query('b') ?? '')))
  }
  app.notFound(() => failed(404, 'USAGE', 'there is no such path', 'docs/control.md lists the paths'))
  app.onError((error) => {
    if (error instanceof BrownoutError) return failed(statusOf(error.code), error.code, error.message, error.hint)
    log.error({ problem: error.stack }, 'a request failed')
    return failed(500, 'INTERNAL', 'internal error')
  })
  return app
}

const answer = (value: unknown, status: ContentfulStatusCode = 200): Response => new Response(JSON.stringify(value), { status, headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' } })
const failed = (status: ContentfulStatusCode, code: ErrorCode, error: string, hint: string = ERRORS[code].hint): Response => answer({ error, code, hint }, status)

const STATUS: Readonly<Partial<Record<ErrorCode, ContentfulStatusCode>>> = { HALTED: 423, POLICY_DENIED: 403, LEASE_LOST: 410, INJECTION_UNKNOWN: 404, RUN_UNKNOWN: 404, NAME_TAKEN: 409 }
const statusOf = (code: ErrorCode): ContentfulStatusCode => STATUS[code] ?? (ERRORS[code].exit === EXIT.usage ? 400 : 500)

function note(control: Control, body: Body, who: string): Response {
  const mark = textOf(body, 'mark')
  if (mark !== undefined && mark !== 'detected' && mark !== 'mitigated') throw invalid('mark: expected detected or mitigated')
  control.note(textOf(body, 'text') ?? '', who, mark satisfies Mark | undefined)
  return answer({}, 201)
}

async function bodyOf(context: Context): Promise<Body> {
  const text = await context.req.text()
  if (text === '') return {}
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw invalid('the body is not JSON')
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('the body is not a JSON object')
  return body as Body
}

/** What a request says of a fault is read with the fault's own schema, by whoever holds it; here only the outer shape. */
async function injectBody(context: Context): Promise<InjectRequest> {
  const body = await bodyOf(context)
  for (const key of ['fault', 'scenario', 'direction', 'scope', 'for', 'id', 'lease'] as const) textOf(body, key)
  if (body['on'] === undefined) throw new BrownoutError('KEY_MISSING', { message: '`on` is missing: the target' })
  if (body['standing'] !== undefined && typeof body['standing'] !== 'boolean') throw invalid('standing: expected true or false')
  return body as unknown as InjectRequest
}

async function changeBody(context: Context): Promise<ChangeRequest> {
  const body = await bodyOf(context)
  const odd = Object.keys(body).find((key) => !['params', 'chance', 'for', 'extend'].includes(key))
  if (odd !== undefined) throw new BrownoutError('KEY_UNKNOWN', { message: `"${odd}" means nothing here`, hint: 'known here: params, chance, for, extend' })
  const { params, chance } = body
  if (params !== undefined && (typeof params !== 'object' || params === null || Array.isArray(params))) throw invalid('params: expected a mapping')
  return { params: params as ChangeRequest['params'], chance, for: textOf(body, 'for'), extend: textOf(body, 'extend') }
}

const invalid = (message: string): BrownoutError => new BrownoutError('VALUE_INVALID', { message, hint: 'docs/control.md shows the bodies' })

function textOf(body: Body, key: string): string | undefined {
  const value = body[key]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw invalid(`${key}: expected text`)
  return value
}

function ttlOf(body: Body): number {
  const ttl = parseDuration(textOf(body, 'ttl') ?? '')
  if (ttl === undefined) throw invalid('ttl: expected a duration such as 5s')
  return ttl
}

/** Nothing that a terminal or a log would act on. */
const printable = (text = ''): string => text.replace(/[^\x20-\x7e]/g, '').trim().slice(0, WHO_MAX)
