/** `${…}` in texts: what can be known at once is put in, what is known only when the listeners are open is kept. */

export interface Reference { readonly kind: 'variable'; readonly name: string; readonly otherwise: string | undefined }
export interface LateReference {
  readonly kind: 'late'
  /** `targets.cache.url`, `app.port`, `apps.b.port`: as it stands between the braces. */
  readonly text: string
  readonly of: 'target' | 'app'
  /** Of the target or app; empty for the single app. */
  readonly name: string
  readonly what: 'url' | 'host' | 'port'
}
/** `${capture.NAME}`: of the answer to an earlier step of a journey. */
export interface CaptureReference { readonly kind: 'capture'; readonly name: string }
/** `${data.NAME}`, `${data.NAME.COLUMN}`: of what `data:` declares. */
export interface DataReference { readonly kind: 'data'; readonly name: string; readonly column: string | undefined }
export type Part = string | Reference | CaptureReference | DataReference | { readonly kind: 'vars'; readonly name: string } | { readonly kind: 'package' } | LateReference | { readonly kind: 'wrong'; readonly text: string; readonly why: string }

/** The text cut into what is plain and what refers. `$${` stands for `${`. Never throws. */
export function partsOf(text: string): readonly Part[] {
  const parts: Part[] = []
  let at = 0
  for (;;) {
    const open = text.indexOf('${', at)
    if (open < 0) return at < text.length ? [...parts, text.slice(at)] : parts
    const escaped = open > at && text[open - 1] === '$'
    if (open > at) parts.push(text.slice(at, escaped ? open - 1 : open))
    if (escaped) {
      parts.push('${')
      at = open + 2
      continue
    }
    const close = text.indexOf('}', open)
    const inner = close < 0 ? text.slice(open + 2) : text.slice(open + 2, close)
    parts.push(close < 0 ? { kind: 'wrong', text: inner, why: 'has no }' } : partOf(inner))
    at = close < 0 ? text.length : close + 1
  }
}

function partOf(text: string): Part {
  if (text.includes('${')) return { kind: 'wrong', text, why: 'stands around another' }
  const variable = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(text)
  if (text === 'package') return { kind: 'package' }
  if (variable) return { kind: 'variable', name: variable[1] ?? '', otherwise: variable[2] }
  const vars = /^vars\.([A-Za-z0-9_-]+)$/.exec(text)
  if (vars) return { kind: 'vars', name: vars[1] ?? '' }
  const capture = /^capture\.([A-Za-z0-9_-]+)$/.exec(text)
  if (capture) return { kind: 'capture', name: capture[1] ?? '' }
  const data = /^data\.([A-Za-z0-9_-]+)(?:\.([^.{}]+))?$/.exec(text)
  if (data) return { kind: 'data', name: data[1] ?? '', column: data[2] }
  const target = /^targets\.([A-Za-z0-9_-]+)\.(url|host|port)$/.exec(text)
  if (target) return { kind: 'late', text, of: 'target', name: target[1] ?? '', what: target[2] === 'url' ? 'url' : target[2] === 'host' ? 'host' : 'port' }
  const app = /^(?:app|apps\.([A-Za-z0-9_-]+))\.port$/.exec(text)
  if (app) return { kind: 'late', text, of: 'app', name: app[1] ?? '', what: 'port' }
  return { kind: 'wrong', text, why: 'is none of ${NAME}, ${NAME:-text}, ${vars.NAME}, ${targets.NAME.url|host|port}, ${app.port}, ${capture.NAME}, ${data.NAME} and ${package}' }
}

/** The references in a text that wait for the listeners. */
export const lateIn = (text: string): readonly LateReference[] => partsOf(text).filter((part): part is LateReference => typeof part !== 'string' && part.kind === 'late')
