/** Who may speak to the admin API: no page of a browser that is not our own, no rebound host name, and with a token only who knows it. */

import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { Context, MiddlewareHandler } from 'hono'
import { isLoopback } from '../core/loopback.ts'
import { refusalResponse } from './answers.ts'

export interface GuardOptions {
  /** Names besides localhost and numeric addresses that requests may be addressed to. */
  readonly hosts: readonly string[]
  /** Asked for in `Authorization: Bearer …`; nothing is asked for when absent. */
  readonly token?: string | undefined
  /** Bodies are JSON and say so, and what changes anything is no GET; asked of all where there is a token. */
  readonly json?: boolean
}

export const guard = ({ hosts, token, json = token !== undefined }: GuardOptions): MiddlewareHandler => {
  const names = new Set(hosts.map((name) => name.toLowerCase()))
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`)
  return async (context, next) => {
    const host = context.req.header('host') ?? ''
    const name = hostName(host)
    if (name === '') return refusalResponse(400, 'the Host header is missing or malformed')
    if (!isLoopback(name) && !isNumeric(name) && !names.has(name)) return refusalResponse(403, `Host ${name} is not allowed: --allow-host adds names`)
    const origin = context.req.header('origin')
    if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) return refusalResponse(403, 'requests from pages of another origin are not allowed')
    const site = context.req.header('sec-fetch-site')
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return refusalResponse(403, 'requests from pages of another site are not allowed')
    if (expected && !timingSafeEqual(expected, digest(context.req.header('authorization') ?? ''))) {
      return refusalResponse(401, 'a token is needed: Authorization: Bearer TOKEN', { 'WWW-Authenticate': 'Bearer' })
    }
    if (json && hasBody(context) && !/^application\/json\s*(;|$)/i.test(context.req.header('content-type') ?? '')) return refusalResponse(415, 'a body must be application/json')
    return next()
  }
}

/** Where there is no token Toxiproxy's clients decide, and some say nothing of their bodies. */
const hasBody = ({ req }: Context): boolean => req.header('transfer-encoding') !== undefined || Number(req.header('content-length') ?? 0) > 0

/** Of equal length whatever is compared. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Without its port, in lower case and without a trailing dot; empty for what is no host. */
const hostName = (host: string): string => (/^(\[[0-9a-f:.]+\]|[^\s:@/\\[\]]+)(:\d{1,5})?$/i.exec(host)?.[1] ?? '').toLowerCase().replace(/\.$/, '')

/** A numeric address cannot be rebound: no name stands for it. */
const isNumeric = (name: string): boolean => isIP(name.replace(/^\[|\]$/g, '')) !== 0
