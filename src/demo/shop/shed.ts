/** Load shedding: beyond so many requests in flight the next is told at once to come later, so that those under way are still answered in time. */

import type { RequestListener } from 'node:http'

/** Whoever looks after the shop is always answered. */
const EXEMPT = '/healthz'
const BODY = JSON.stringify({ error: 'too many at once' })

/** `limit` undefined: nobody is turned away. A request is in flight until its answer is sent or its connection is gone. */
export function shedding(limit: number | undefined, listener: RequestListener): RequestListener {
  if (limit === undefined) return listener
  let inFlight = 0
  return (request, response) => {
    if (request.url?.startsWith(EXEMPT)) return listener(request, response)
    if (inFlight >= limit) {
      response.writeHead(503, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY), 'retry-after': '1' }).end(BODY)
      request.resume()
      return
    }
    inFlight++
    response.once('close', () => { inFlight-- })
    listener(request, response)
  }
}
