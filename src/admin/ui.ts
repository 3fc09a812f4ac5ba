/** The dashboard's files under `/ui/`. They hold nothing that is anybody's secret: what they show they ask `/api/v1` for, with a token. */

import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Hono } from 'hono'
import { guard, type GuardOptions } from './guard.ts'

export const UI = '/ui'
/** Where `make build` puts them. */
export const UI_FOLDER = fileURLToPath(new URL('../../ui/', import.meta.url))

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' }

/** What the page may do: run and style itself with its own files, and ask where it came from. Nothing frames it, nothing else is loaded. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
const HEADERS = {
  'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': 'DENY', 'Referrer-Policy': 'no-referrer', 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Resource-Policy': 'same-origin',
}

type Files = ReadonlyMap<string, { readonly type: string; readonly body: Uint8Array<ArrayBuffer> }>

/** Asked by name among what was read at first: a path that leads out of the folder is no name. */
export function uiRoutes({ hosts }: Pick<GuardOptions, 'hosts'>, folder: string = UI_FOLDER): Hono {
  const app = new Hono()
  let files: Files | undefined
  app.use(guard({ hosts }))
  app.get('*', (context) => {
    const { pathname } = new URL(context.req.url)
    if (pathname === UI) return new Response(null, { status: 301, headers: { ...HEADERS, Location: `${UI}/` } })
    files ??= readFiles(folder)
    if (files.size === 0) return plain(503, 'the dashboard is not built: `make build` builds it\n')
    const name = pathname === `${UI}/` ? 'index.html' : pathname.slice(UI.length + 1)
    const file = files.get(name)
    if (!file) return plain(404, '404 page not found\n')
    // All but the page itself have a hash of their content in their names.
    return new Response(file.body, { headers: { ...HEADERS, 'Content-Type': file.type, 'Cache-Control': name === 'index.html' ? 'no-cache' : 'max-age=31536000, immutable' } })
  })
  app.all('*', () => plain(405, 'only GET\n', { Allow: 'GET, HEAD' }))
  return app
}

const plain = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(text, { status, headers: { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8', ...headers } })

/** Of the types that a page has; none where there is no such folder. */
function readFiles(folder: string): Files {
  try {
    return new Map(readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const type = TYPES[extname(entry.name)]
      const path = join(entry.parentPath, entry.name)
      return entry.isFile() && type !== undefined ? [[path.slice(folder.length).replaceAll('\\', '/'), { type, body: new Uint8Array(readFileSync(path)) }] as const] : []
    }))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map()
    throw error
  }
}
