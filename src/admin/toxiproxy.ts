/** The admin API of Toxiproxy 2.12: routes and answers. What they do is in proxies.ts. */

import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context, type Handler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Logger } from 'pino'
import { BrownoutError } from '../core/errors.ts'
import { emptyResponse, jsonResponse, refusalResponse, textResponse } from './answers.ts'
import { guard, type GuardOptions } from './guard.ts'
import type { ProxyView } from './kept.ts'
import type { Proxies } from './proxies.ts'
import { rateLimit } from './rate.ts'
import { Refusal } from './refusal.ts'
import type { Toxic } from './toxics.ts'
import { proxyInput, proxyInputs, proxyPatch, readBody, toxicInput, toxicPatch } from './requests.ts'

/** What clients are told that they speak to: they choose their requests by it. */
export const TOXIPROXY_VERSION = '2.12.0'
export const BODY_BYTES_MAX = 1024 ** 2

interface Bindings { readonly Bindings: HttpBindings }
export interface ApiOptions extends GuardOptions {
  readonly proxies: Proxies
  readonly log: Logger
  /** The page of /metrics and its content type; absent: there is no such path. */
  readonly metrics?: (() => Promise<{ readonly type: string; readonly text: string }>) | undefined
}
type Route = (context: Context<Bindings>, param: (name: string) => string) => Promise<Response> | Response
type Methods = Readonly<Partial<Record<'GET' | 'POST' | 'PATCH' | 'DELETE' | 'ANY', Route>>>

export function toxiproxyApi({ proxies, log, metrics, ...guarded }: ApiOptions): Hono<Bindings> {
  const app = new Hono<Bindings>({ getPath: (_request, options) => rawPath(options?.env?.incoming.url ?? '/') })
  app.use(rateLimit())
  app.use(guard(guarded))
  app.use(async (context, next) => {
    const path = rawPath(context.env.incoming.url ?? '/')
    return path === cleaned(path) ? next() : emptyResponse(301, { Location: cleaned(path) })
  })
  app.use(bodyLimit({ maxSize: BODY_BYTES_MAX, onError: () => refusalResponse(413, `bad request body: larger than ${BODY_BYTES_MAX} bytes`) }))
  for (const [path, methods] of Object.entries(routesOf(proxies, metrics))) {
    for (const [method, route] of Object.entries(methods)) {
      if (method === 'ANY') app.all(path, handled(route, log, true))
      else app.on(method, path, handled(route, log))
    }
    app.all(path, () => emptyResponse(405))
  }
  app.notFound(() => textResponse(404, '404 page not found\n'))
  app.onError((error) => {
    log.error({ problem: error.stack }, 'a request failed')
    return refusalResponse(500, 'internal error')
  })
  return app
}

function routesOf(proxies: Proxies, metrics: ApiOptions['metrics']): Readonly<Record<string, Methods>> {
  const updateProxy: Route = async (context, param) => {
    proxies.get(param('proxy'))
    return jsonResponse(200, proxyBody(await proxies.update(param('proxy'), readBody(await bodyOf(context), proxyPatch))))
  }
  const updateToxic: Route = async (context, param) => {
    const { type } = proxies.toxic(param('proxy'), param('toxic'))
    const patch = readBody(await bodyOf(context), (value) => toxicPatch(value, type))
    return jsonResponse(200, toxicBody(await proxies.updateToxic(param('proxy'), param('toxic'), patch)))
  }
  return {
    '/proxies': {
      GET: () => jsonResponse(200, new Map(proxies.list().map((view) => [view.name, proxyBody(view)]))),
      POST: async (context) => jsonResponse(201, proxyBody(await proxies.create(readBody(await bodyOf(context), (value) => proxyInput(value))))),
    },
    '/populate': { POST: (context) => populate(context, proxies) },
    '/reset': { POST: async () => { await proxies.reset(); return emptyResponse(204) } },
    '/version': { GET: () => new Response(`{"version": "${TOXIPROXY_VERSION}"}\n`, { headers: { 'Content-Type': 'application/json;charset=utf-8' } }) },
    '/proxies/:proxy': {
      GET: (_context, param) => jsonResponse(200, proxyBody(proxies.get(param('proxy')))),
      POST: updateProxy,
      PATCH: updateProxy,
      DELETE: async (_context, param) => { await proxies.delete(param('proxy')); return emptyResponse(204) },
    },
    '/proxies/:proxy/toxics': {
      GET: (_context, param) => jsonResponse(200, proxies.get(param('proxy')).toxics.map(toxicBody)),
      POST: async (context, param) => {
        proxies.get(param('proxy'))
        return jsonResponse(200, toxicBody(await proxies.addToxic(param('proxy'), readBody(await bodyOf(context), toxicInput))))
      },
    },
    '/proxies/:proxy/toxics/:toxic': {
      GET: (_context, param) => jsonResponse(200, toxicBody(proxies.toxic(param('proxy'), param('toxic')))),
      POST: updateToxic,
      PATCH: updateToxic,
      DELETE: async (_context, param) => { await proxies.removeToxic(param('proxy'), param('toxic')); return emptyResponse(204) },
    },
    ...(metrics ? { '/metrics': { ANY: async () => { const { type, text } = await metrics(); return new Response(text, { headers: { 'Content-Type': type } }) } } } : {}),
  }
}

/** What was done by the time it failed is said as well. */
async function populate(context: Context<Bindings>, proxies: Proxies): Promise<Response> {
  const done: (() => ProxyView)[] = []
  const bodies = (): readonly unknown[] => done.map((view) => proxyBody(view()))
  try {
    await proxies.populate(readBody(await bodyOf(context), proxyInputs), (view) => done.push(view))
    return jsonResponse(201, { proxies: bodies() })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return jsonResponse(error.status, { error: error.message, status: error.status, proxies: done.length > 0 ? bodies() : null })
  }
}

const proxyBody = ({ name, listen, upstream, enabled, toxics }: ProxyView): unknown => ({ name, listen, upstream, enabled, toxics: toxics.map(toxicBody) })
const toxicBody = ({ attributes, name, type, stream, toxicity }: Toxic): unknown => ({ attributes, name, type, stream, toxicity })

let requests = 0
const nextRequestId = (): string => (++requests).toString(32).padStart(20, '0')

/** Around every route: no browsers, HEAD is no GET, and refusals in the words of the API. */
const handled = (route: Route, log: Logger, any = false): Handler<Bindings> => async (context) => {
  if (context.req.method === 'HEAD' && !any) return emptyResponse(405)
  const answer = await answered(route, context, log)
  answer.headers.set('X-Toxiproxy-Request-Id', nextRequestId())
  return answer
}

async function answered(route: Route, context: Context<Bindings>, log: Logger): Promise<Response> {
  if (context.req.header('user-agent')?.startsWith('Mozilla/')) return textResponse(403, 'User agent not allowed\n')
  try {
    return await route(context, (name) => context.req.param(name) ?? '')
  } catch (error) {
    if (error instanceof Refusal) {
      log.debug({ status: error.status, path: context.req.path }, error.message)
      return refusalResponse(error.status, error.message)
    }
    if (error instanceof BrownoutError) {
      log.error({ code: error.code }, error.message)
      return refusalResponse(error.code === 'HALTED' || error.code === 'POLICY_DENIED' ? 403 : 500, error.message)
    }
    throw error
  }
}

/** As bytes: a decoder of the platform would swallow a byte order mark, which is an error here. */
const bodyOf = async (context: Context<Bindings>): Promise<string> => Buffer.from(await context.req.arrayBuffer()).toString('utf8')

/** As it was sent, without its query: `%2F` is part of a name, and a parsed URL would have resolved dots. */
export const rawPath = (url: string): string => (/^(?:[a-z]+:\/\/[^/?#]*)?([^?#]*)/i.exec(url)?.[1] ?? '') || '/'

/** Without empty and dot segments; a slash at the end stays. */
function cleaned(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`
}
