/** The frame of a page: one HTML file that works without a network, and in which nothing runs that was not made for it. */

import { createHash } from 'node:crypto'
import { html, Markup, NOTHING } from './markup.ts'

export interface PageParts {
  readonly title: string
  readonly style: string
  readonly main: Markup
  /** What is run, in its order; and what it reads before that. */
  readonly scripts?: readonly string[]
  readonly data?: Markup
  /** Pictures that stand in the page itself. */
  readonly pictures?: true
}

/** Deterministic. No source but the texts in it, each by its hash: whatever gets into the page, it does not run. */
export function pageOf({ title, style, main, scripts = [], data = NOTHING, pictures }: PageParts): string {
  const policy = [
    "default-src 'none'", ...(scripts.length > 0 ? [`script-src ${scripts.map(hash).join(' ')}`] : []), `style-src ${hash(style)}`,
    ...(pictures ? ['img-src data:'] : []), "base-uri 'none'", "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="brownout">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
${main}
</main>
${data}${scripts.map((script) => html`<script>${new Markup(script)}</script>
`)}</body>
</html>`.html}
`
}

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
