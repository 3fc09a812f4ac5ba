/** Is a page there? ok: a 2xx status. The value is the status. */

import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isLoopback } from '../core/loopback.ts'
import type { Finding } from './deadline.ts'

/** GET on a connection of its own; the body is read to its end, since a reply that breaks off is no reply. */
export const probeHttp = (url: string, signal: AbortSignal): Promise<Finding> => new Promise((resolve, reject) => {
  const { protocol, hostname } = new URL(url)
  const options = { agent: false, signal, headers: { 'user-agent': 'brownout' } } as const
  const request = protocol === 'https:' ? requestHttps(url, { ...options, rejectUnauthorized: !isLoopback(hostname) }) : requestHttp(url, options)
  request.on('error', reject)
  request.on('response', (response) => {
    const status = response.statusCode ?? 0
    response.on('error', reject)
    response.on('end', () => resolve({ ok: status >= 200 && status < 300, value: status, ...(status >= 200 && status < 300 ? {} : { problem: `status ${status}` }) }))
    response.resume()
  })
  request.end()
})
