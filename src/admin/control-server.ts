/** Where a Control is reached: over a socket of its user's own, and over loopback with a token. */

import { createServer, type Server } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { pino, type Logger } from 'pino'
import { isLoopback } from '../core/loopback.ts'
import { closeToOthers, ownSocketFolder, removeSocket, socketIn } from '../control/sockets.ts'
import type { Control } from '../control/contract.ts'
import { API, controlRoutes, type Runs } from './control-routes.ts'
import { guard } from './guard.ts'
import { listening, SERVER_LIMITS } from './listening.ts'
import { UI, uiRoutes } from './ui.ts'

interface Bindings { readonly Bindings: HttpBindings }
export type Fetch = (request: Request, bindings: HttpBindings) => Response | Promise<Response>

export interface ControlOptions {
  readonly control: Control
  readonly runs?: Runs | undefined
  /** Asked for over the network, and told to whoever may open the socket. */
  readonly token: string
  /** Names besides localhost and numeric addresses that requests may be addressed to. */
  readonly hosts?: readonly string[] | undefined
  readonly log?: Logger | undefined
  /** The page of /metrics, over the network; absent: there is none. */
  readonly metrics?: (() => Promise<{ readonly type: string; readonly text: string }>) | undefined
}

/** How a Control is reached over the network, and how over the socket of its user. */
export interface ControlFetches { readonly network: Fetch; readonly socket: Fetch }

export const ownsPath = (path: string): boolean => [API, UI].some((own) => path === own || path.startsWith(`${own}/`))

export function controlFetches({ control, runs, token, hosts = [], log = silent, metrics }: ControlOptions): ControlFetches {
  const network = new Hono<Bindings>().route(API, controlRoutes({ control, runs, log, token, hosts, from: 'the network' })).route(UI, uiRoutes({ hosts }))
  if (metrics) network.get('/metrics', guard({ hosts, token }), async () => {
    const { type, text } = await metrics()
    return new Response(text, { headers: { 'Content-Type': type, 'Cache-Control': 'no-store' } })
  })
  const socket = new Hono<Bindings>()
  socket.get(`${API}/token`, () => Response.json({ token }))
  socket.route(API, controlRoutes({ control, runs, log, hosts: [], from: 'this machine' }))
  return { network: network.fetch, socket: socket.fetch }
}

export interface OpenSocket { readonly path: string; close(): Promise<void> }

/** The socket of this process; undefined where there can be none, which is logged. */
export async function openSocket(fetch: Fetch, env: NodeJS.ProcessEnv, log: Logger = silent): Promise<OpenSocket | undefined> {
  try {
    const folder = ownSocketFolder(env)
    if (folder === undefined) throw new Error('its folder is open to others')
    const path = socketIn(folder, process.pid)
    const server = createServer(SERVER_LIMITS, getRequestListener((request, bindings) => fetch(request, bindings as HttpBindings)))
    removeSocket(path)
    await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(path, resolve) })
    closeToOthers(path)
    return { path, close: () => closed(server) }
  } catch (error) {
    log.warn({ problem: String(error) }, 'no socket could be made: `brownout inject` and its like need --url and the token')
    return undefined
  }
}

export interface ControlServer { readonly url: string; close(): Promise<void> }
export interface ListenOptions { readonly host?: string | undefined; /** A free one unless given. */ readonly port?: number | undefined; readonly env: NodeJS.ProcessEnv }

/** On a port of its own, and on the socket. PORT_IN_USE, LISTEN_FAILED. */
export async function startControl(options: ControlOptions, { host = '127.0.0.1', port = 0, env }: ListenOptions): Promise<ControlServer> {
  const fetches = controlFetches({ ...options, hosts: [...options.hosts ?? [], ...(isLoopback(host) ? [] : [host])] })
  const server = createServer(SERVER_LIMITS, getRequestListener((request, bindings) => fetches.network(request, bindings as HttpBindings)))
  const bound = await listening(server, host, port)
  const socket = await openSocket(fetches.socket, env, options.log)
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: async () => { await Promise.all([closed(server), socket?.close()]) },
  }
}

const silent = pino({ enabled: false })

/** Without waiting for those who listen to its stream. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
