/** How the shop's answers are sent: compressed where the client can read that, lists kept ready for a while, and nothing at all to who has it already. */

import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { type Clock, realClock } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { type Page, write } from '../pages.ts'

export interface AnswersOptions {
  readonly compress: boolean
  /** So long a list is kept ready; 0: not at all. */
  readonly keepFor: Ms
  readonly clock?: Clock
}

type Encoding = 'br' | 'gzip'

/** Below it the headers weigh as much as what is saved. */
const COMPRESS_BYTES_MIN = 1024
const KEPT_MAX = 1000
/** More takes longer than it saves. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }
const ENCODE: Readonly<Record<Encoding, (text: Buffer) => Promise<Buffer>>> = { br: (text) => promisify(brotliCompress)(text, BROTLI), gzip: promisify(gzip) }

/** A page as bytes, each made once. */
class Made {
  readonly text: Buffer
  readonly #encoded = new Map<Encoding, Promise<Buffer>>()
  #tag = ''

  constructor(page: Page) { this.text = Buffer.from(JSON.stringify(page.body)) }

  get tag(): string {
    if (this.#tag === '') this.#tag = createHash('sha1').update(this.text).digest('base64url')
    return this.#tag
  }

  encoded(encoding: Encoding): Promise<Buffer> {
    const made = this.#encoded.get(encoding) ?? ENCODE[encoding](this.text)
    this.#encoded.set(encoding, made)
    return made
  }
}

export class Answers {
  readonly #options: AnswersOptions
  readonly #clock: Clock
  readonly #kept = new Map<string, { readonly until: Ms; readonly page: Promise<Page> }>()
  readonly #made = new WeakMap<Page, Made>()
  served = 0

  constructor(options: AnswersOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
  }

  /** The page of a list, `make`d unless there is one ready. */
  list(url: string, make: () => Promise<Page>): Promise<Page> {
    const { keepFor } = this.#options
    if (keepFor === 0) return make()
    const kept = this.#kept.get(url)
    if (kept && this.#clock.now() < kept.until) {
      this.served++
      return kept.page
    }
    const page = make().then((made) => ({ ...made, tagged: true }))
    const entry = { until: ms(this.#clock.now() + keepFor), page }
    // Deleted first, so that the oldest stands at the front.
    this.#kept.delete(url)
    this.#kept.set(url, entry)
    const drop = (): void => { if (this.#kept.get(url) === entry) this.#kept.delete(url) }
    page.then(({ status }) => { if (status !== 200) drop() }, drop)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest)
    return page
  }

  /** Lists are made anew. */
  clear(): void { this.#kept.clear() }

  async send(request: IncomingMessage, response: ServerResponse, page: Page): Promise<void> {
    const made = this.#made.get(page) ?? new Made(page)
    // What is not kept is not asked for again.
    if (page.tagged) this.#made.set(page, made)
    const encodable = this.#options.compress && made.text.length >= COMPRESS_BYTES_MIN
    const encoding = encodable ? encodingFor(request.headers['accept-encoding']) : undefined
    const tag = page.tagged ? { etag: `"${made.tag}${encoding ? `-${encoding}` : ''}"` } : {}
    const headers = { ...tag, ...(encodable ? { vary: 'accept-encoding' } : {}) }
    if (page.tagged && page.status === 200 && request.method === 'GET') {
      const { 'if-match': wanted, 'if-none-match': known } = request.headers
      if (wanted !== undefined && !names(wanted, made.tag)) return write(response, { status: 412, body: undefined }, Buffer.from('{"error":"it is not so any more"}'), tag)
      if (known !== undefined && names(known, made.tag)) {
        response.writeHead(304, headers).end()
        return
      }
    }
    if (encoding) write(response, page, await made.encoded(encoding), { ...headers, 'content-encoding': encoding })
    else write(response, page, made.text, headers)
  }
}

/** The best that is accepted. (RFC 9110, 12.5.3) */
function encodingFor(accepted: string | string[] | undefined): Encoding | undefined {
  const names = new Set(String(accepted ?? '').toLowerCase().split(',').map((one) => one.trim().split(/\s*;\s*/)).flatMap(([name = '', q = 'q=1']) => (/^q=0(\.0*)?$/.test(q) ? [] : [name])))
  return names.has('br') ? 'br' : names.has('gzip') ? 'gzip' : undefined
}

/** Whether a list of entity tags has this one, in whatever encoding. (RFC 9110, 8.8.3) */
const names = (list: string, tag: string): boolean => list.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '').replace(/^"|"$/g, '').replace(/-(br|gzip)$/, '') === tag)
