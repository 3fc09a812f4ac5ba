/** HTML that cannot be written wrong: text in a template is escaped, only what is markup already goes in as it is. */

export class Markup {
  readonly html: string
  constructor(html: string) { this.html = html }
}

type Value = string | number | Markup | readonly Markup[]

export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(parts.reduce((sofar, part, i) => `${sofar}${i === 0 ? '' : rendered(values[i - 1] ?? '')}${part}`, ''))
}

const rendered = (value: Value): string => {
  if (value instanceof Markup) return value.html
  return typeof value === 'object' ? value.map((one) => one.html).join('') : escapeHtml(String(value))
}

export const NOTHING = new Markup('')

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
/** For text and for quoted attributes. What XML and a reader could not bear (C0 but tab and newline, DEL, C1, direction changes) becomes U+FFFD. */
export const escapeHtml = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  text.replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one).replace(/[\u0000-\u0008\u000b\u000c\u000d\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g, '\ufffd')

/** JSON for a `<script type="application/json">`: nothing in it ends the script or opens a comment. */
export const jsonForScript = (value: unknown): Markup =>
  new Markup(JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`))
