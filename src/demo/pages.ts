/** JSON over HTTP, as the sample services speak it. */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

export interface Page {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** It is sent with its entity tag, by who sends such. */
  readonly tagged?: boolean
}

/** How a page gets to the client. */
export type Send = (request: IncomingMessage, response: ServerResponse, page: Page) => Promise<void> | void

/** A customer's mistake: answered with this status, and no fault of any dependency. */
export class Refused extends Error {
  readonly status: 400 | 404 | 409 | 422

  constructor(status: Refused['status'], message: string) {
    super(message)
    this.status = status
  }
}

const BODY_BYTES_MAX = 4096

/** Never throws: whatever goes wrong is an answer, `failure` where it is nobody's mistake. */
export function answered(page: (request: IncomingMessage) => Promise<Page>, failure: 500 | 503, log: (line: string) => void, send: Send = answer): RequestListener {
  return (request, response) => {
    page(request).then((made) => send(request, response, made)).catch((error: unknown) => {
      // It broke off in the middle: the client is not told that all is well.
      if (response.headersSent) return void response.destroy()
      if (error instanceof Refused) return answer(request, response, { status: error.status, body: { error: error.message } })
      log(`${request.method} ${request.url}: ${String(error)}`)
      answer(request, response, { status: failure, body: { error: 'try again' } })
    })
  }
}

/** The body as JSON; undefined where it is none. Throws Refused where it is too large. */
export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > BODY_BYTES_MAX) throw new Refused(400, 'the body is too large')
  }
  return parsedJson(text)
}

/** Undefined where it is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** What an object holds under these names; undefined each where there is nothing, or no object. */
export const fieldsOf = <K extends string>(value: unknown, ...names: readonly K[]): Partial<Record<K, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).filter(([name]) => (names as readonly string[]).includes(name))) as Partial<Record<K, unknown>> : {}

export const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value > 0

function answer(_request: IncomingMessage, response: ServerResponse, page: Page): void { write(response, page, Buffer.from(JSON.stringify(page.body)), {}) }

/** `body` as it goes to the client, with what headers it needs. */
export function write(response: ServerResponse, { status, headers }: Page, body: Buffer, more: Readonly<Record<string, string>>): void {
  const retry = status === 503 ? { 'retry-after': '1' } : {}
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length, ...retry, ...headers, ...more })
  response.end(body)
}
