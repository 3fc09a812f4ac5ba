/** What `wrap` puts where, for people and for machines. No password of any URL is shown. */

import { withoutPasswords } from '../core/redact.ts'
import { formatAddress } from '../proxy/address.ts'
import type { Address, TargetSpec } from '../proxy/plane.ts'
import { columns } from '../report/columns.ts'
import { plain } from '../report/words.ts'
import type { Seen } from '../wrap/mention.ts'
import type { Wrapped, Wrapping } from '../wrap/targets.ts'
import type { Variables } from '../wrap/variables.ts'

/** A target with where it listens (undefined: nowhere yet) and what its variables are now. */
export interface Row { readonly target: Wrapped; readonly listen: Address | undefined; readonly rewritten: Readonly<Record<string, string>> }

/** The port of a proxy that is not opened; shown as PORT. */
export const NO_PORT = 1
const ported = (text: string, listen: Address | undefined): string => (listen ? text : text === String(NO_PORT) ? 'PORT' : text.replace(/(127\.0\.0\.1):1(?!\d)/, '$1:PORT'))

/** A value too long for a line tells nothing more. */
const VALUE_MAX = 100

/** Of what is no URL though it looks like one it cannot be told where a password ends: all before the last @ goes. */
const hidden = (value: string): string => (URL.canParse(value.replace(/^jdbc:/, '')) ? withoutPasswords(value) : withoutPasswords(value.replace(/(:\/\/).*@/s, '$1***@')))

const shown = (value: string): string => {
  const text = plain(hidden(value))
  return text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX - 1)}…` : text
}

const tlsWords = ({ tls }: TargetSpec): string => ({ require: 'TLS', prefer: 'TLS where it has it', off: '' })[tls.upstream]

export function mappingText(rows: readonly Row[], seen: readonly Seen[], variables: Variables): string {
  const lines = rows.flatMap(({ target: { name, planned: { spec } }, listen, rewritten }) => {
    const tls = tlsWords(spec)
    const way = [name, spec.protocol, `${listen ? formatAddress(listen) : 'a free port'} -> ${formatAddress(spec.upstream)}${tls && `, ${tls}`}`]
    const said = Object.entries(rewritten).map(([variable, value]) => `${variable}=${ported(shown(value), listen)}${variables.inFile(variable) ? '  (from .env)' : ''}`)
    const rest = said.length > 0 ? said : ['no variable leads to it: tell the application its address']
    return rest.map((one, i) => (i === 0 ? [...way, one] : ['', '', '', one]))
  })
  const left = seen.map(({ variable, value, why }) => [variable, shown(value), why])
  return `${columns(lines).map((line) => line.trimEnd()).join('\n')}\n${left.length > 0 ? `left alone:\n${columns(left).map((line) => line.trimEnd()).join('\n')}\n` : ''}`
}

export const mappingOf = (rows: readonly Row[], { seen }: Pick<Wrapping, 'seen'>): unknown => ({
  targets: rows.map(({ target: { name, planned: { spec } }, listen, rewritten }) => ({
    name, protocol: spec.protocol, upstream: formatAddress(spec.upstream), tls: spec.tls.upstream, ...(listen ? { listen: formatAddress(listen) } : {}),
    variables: Object.fromEntries(Object.entries(rewritten).map(([variable, value]) => [variable, ported(hidden(value), listen)])),
  })),
  seen: seen.map(({ variable, value, why }) => ({ variable, value: hidden(value), why })),
})
