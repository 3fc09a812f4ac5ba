/** HTTP operations, one request at a time on each connection, which is kept alive unless the load says otherwise. */

import type { Dispatcher } from 'undici'
import type { Answer } from './capture.ts'
import { NOTHING_SENT, reasonOf, template, type Client, type Sent } from './client.ts'
import { NO_DATA, type Data } from './data.ts'
import { HttpLines } from './http-lines.ts'
import { renderedText } from './pieces.ts'
import type { HttpRequest, LoadSpec, Text } from './spec.ts'

/** Of an answer that values are captured from; a longer one fails. */
const BODY_MAX = 1024 * 1024

export function openHttp(spec: LoadSpec, { method, url: written, headers, body, keepAlive }: HttpRequest, data: Data = NO_DATA): Client {
  const url = baseOf(written)
  const isOk = statusMatcher(spec.ok)
  const path = pathsOf(written, data)
  const content = body === undefined ? () => null : renderedText(body, data)
  const headersOf = headersFor({ ...credentialsOf(url), ...headers }, data)
  const lines = new HttpLines(url, spec, keepAlive)
  let closed: Promise<void> | undefined
  return {
    opened: Promise.resolve(),
    send: (n, done) => request(lines, { method, path: path(n), headers: headersOf(n), body: content(n) }, { isOk, keeps: 'nothing', ended: (failed) => done(failed === undefined ? 'ok' : 'error', failed) }),
    close: () => { closed ??= lines.destroy(); return closed },
  }
}

function baseOf(url: Text): string {
  const base = typeof url === 'string' ? url : url[0]
  if (typeof base !== 'string') throw new TypeError('a URL begins with its host')
  return base
}

/** Without data it is taken apart but once. */
function pathsOf(url: Text, data: Data): (n: number) => string {
  const pathOf = (text: string): string => {
    const { pathname, search } = new URL(text)
    return `${pathname}${search}`
  }
  if (typeof url === 'string') return template(pathOf(url).replaceAll('%7Bn%7D', '{n}'))
  const whole = renderedText(url, data)
  return (n) => pathOf(whole(n))
}

function headersFor(headers: Readonly<Record<string, Text>>, data: Data): (n: number) => Record<string, string> {
  const texts = Object.entries(headers).map(([name, text]) => [name, typeof text === 'string' ? text : renderedText(text, data)] as const)
  const same = Object.fromEntries(texts.flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])))
  const own = texts.flatMap(([name, text]) => (typeof text === 'string' ? [] : [[name, text] as const]))
  return own.length === 0 ? () => same : (n) => ({ ...same, ...Object.fromEntries(own.map(([name, text]) => [name, text(n)])) })
}

/** The header that says what a URL says before its `@`. */
export function credentialsOf(url: string): { readonly authorization?: string } {
  const { username, password } = new URL(url)
  return username ? { authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}` } : {}
}

export interface Expected {
  readonly isOk: (status: number) => boolean
  /** What of the answer is handed on. */
  readonly keeps: 'nothing' | 'head' | 'body'
  /** `failed` is the reason; absent where the answer is whole and as it should be. */
  ended(failed: string | undefined, answer: Answer): void
}

/** Never throws: what cannot be sent has failed at once. */
export function request(lines: HttpLines, options: Dispatcher.DispatchOptions, expected: Expected): Sent {
  const line = lines.take()
  const exchange = new Exchange(expected, () => lines.give(line))
  try {
    line.dispatch(options, exchange)
    return exchange
  } catch (error) {
    lines.give(line)
    expected.ended(reasonOf(error), NO_ANSWER)
    return NOTHING_SENT
  }
}

const NO_ANSWER: Answer = { headers: {}, body: '' }
/** Made once: an error takes a picture of its stack. */
const LATE = new Error('late')

/** One request: remembers its last status, lets the body drain and ends once. */
class Exchange implements Dispatcher.DispatchHandler, Sent {
  readonly #expected: Expected
  readonly #over: () => void
  readonly #body: Buffer[] = []
  #headers: Answer['headers'] = {}
  #kept = 0
  #controller: Dispatcher.DispatchController | undefined
  #abandoned = false
  #status = 0

  /** `over`: nothing of it is on its connection any more. */
  constructor(expected: Expected, over: () => void) {
    this.#expected = expected
    this.#over = over
  }

  abandon(): void {
    this.#abandoned = true
    this.#controller?.abort(LATE)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // It was still waiting for its connection when it became late.
    if (this.#abandoned) controller.abort(LATE)
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Answer['headers']): void {
    this.#status = status
    if (this.#expected.keeps !== 'nothing') this.#headers = headers
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#expected.keeps === 'body') {
      this.#kept += chunk.length
      if (this.#kept <= BODY_MAX) this.#body.push(chunk)
    }
    controller.resume()
  }

  onResponseEnd(): void {
    const { isOk, ended } = this.#expected
    this.#over()
    const failed = !isOk(this.#status) ? `status ${this.#status}` : this.#kept > BODY_MAX ? 'body over 1 MiB' : undefined
    ended(failed, { headers: this.#headers, body: failed === undefined ? Buffer.concat(this.#body).toString() : '' })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#over()
    this.#expected.ended(reasonOf(error), NO_ANSWER)
  }
}

/** `2xx`, `200`, `2xx,404` as a function of the status. */
export function statusMatcher(ok: string): (status: number) => boolean {
  const patterns = ok.split(',').map((one) => new RegExp(`^${one.trim().toLowerCase().replaceAll('x', '\\d')}$`))
  return (status) => patterns.some((pattern) => pattern.test(String(status)))
}
