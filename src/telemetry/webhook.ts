/** The JSON that a webhook is sent. */

import { BrownoutError } from '../core/errors.ts'
import { withoutPasswords } from '../core/redact.ts'
import type { Announcement } from './announcements.ts'

export const WEBHOOK_FORMATS = ['auto', 'json', 'slack'] as const
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number]
export interface Webhook { readonly url: string; readonly format: Exclude<WebhookFormat, 'auto'> }

const COLORS = { plain: '#6b7280', good: '#2e7d32', bad: '#c62828' } as const
/** Chats cut or refuse what is longer. */
const TITLE_MAX = 250
const TEXT_MAX = 3000

/** USAGE where it is no http or https URL; what was given is not repeated, for it may be a secret. `auto` is slack for hosts of Slack's. */
export function webhookOf(given: string, format: WebhookFormat): Webhook {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw new BrownoutError('USAGE', { message: 'a webhook is no http or https URL', hint: '--webhook https://HOST/PATH, or BROWNOUT_WEBHOOK' })
  return { url: url.href, format: format === 'auto' ? (/(^|\.)slack\.com$/.test(url.hostname) ? 'slack' : 'json') : format }
}

/** Passwords in URLs are taken out: what a person typed may hold one. */
export function webhookBody(announcement: Announcement, format: Webhook['format']): unknown {
  const { occasion, at, tone, details } = announcement
  const title = cut(withoutPasswords(announcement.title), TITLE_MAX)
  const text = cut(withoutPasswords(announcement.text), TEXT_MAX)
  if (format === 'json') return { format: 1, source: 'brownout', event: occasion, at, level: tone, title, text, ...details }
  const facts = Object.entries(details).filter(([key]) => key !== 'experiment').map(([key, value]) => `${key} ${value}`).join(' · ')
  return {
    text: escaped(title),
    attachments: [{ color: COLORS[tone], fallback: escaped(title), text: escaped([text, facts].filter((part) => part !== '').join('\n')), footer: 'brownout', ts: Math.floor(Date.parse(at) / 1000) }],
  }
}

/** Of BROWNOUT_WEBHOOK_FORMAT. USAGE for another word. */
export function readFormat(text: string | undefined): WebhookFormat {
  const format = WEBHOOK_FORMATS.find((one) => one === (text || 'auto'))
  if (format === undefined) throw new BrownoutError('USAGE', { message: `BROWNOUT_WEBHOOK_FORMAT=${text} is no format`, hint: `formats are ${WEBHOOK_FORMATS.join(', ')}` })
  return format
}

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)
/** What Slack would take for a mention or a link. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
