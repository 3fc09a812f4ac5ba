/** What a command says: lines with tabs for a pipe, a table for a terminal, one JSON document with `--json`. */

import Table from 'cli-table3'
import picocolors from 'picocolors'
import type { ProxyJson, ToxicJson } from './api.ts'

type Out = NodeJS.WritableStream & { readonly isTTY?: boolean }

export class Printer {
  readonly #out: Out
  readonly #json: boolean
  readonly #colors: ReturnType<typeof picocolors.createColors>

  constructor(out: Out, json: boolean, color: boolean) {
    this.#out = out
    this.#json = json
    this.#colors = picocolors.createColors(color)
  }

  /** What was done: a sentence for people, `data` for machines. */
  done(sentence: string, data: unknown): void { this.#say(this.#json ? JSON.stringify(data) : shown(sentence)) }

  proxies(all: readonly ProxyJson[]): void {
    if (this.#json) return this.#say(JSON.stringify(all))
    const rows = all.map(({ name, listen, upstream, enabled, toxics }) => [name, listen, upstream, enabled ? 'enabled' : 'disabled', String(toxics.length)])
    if (!this.#out.isTTY) return this.#lines(rows)
    if (rows.length === 0) return this.#say(`no proxies\n\n${this.#colors.dim('create one: toxiproxy-cli create -l LISTEN -u UPSTREAM NAME')}`)
    this.#table(['Name', 'Listen', 'Upstream', 'Enabled', 'Toxics'], rows)
    this.#say(this.#colors.dim('the toxics of one: toxiproxy-cli inspect NAME'))
  }

  toxics(proxy: ProxyJson): void {
    if (this.#json) return this.#say(JSON.stringify(proxy))
    if (!this.#out.isTTY) {
      return this.#lines(proxy.toxics.map((toxic) => [toxic.name, `type=${toxic.type}`, `stream=${toxic.stream}`, `toxicity=${toxic.toxicity.toFixed(2)}`, `attributes=[`, ...pairs(toxic), ']']))
    }
    const { bold, dim } = this.#colors
    this.#say(`${bold(shown(proxy.name))}  ${shown(`${proxy.listen} -> ${proxy.upstream}`)}  ${proxy.enabled ? 'enabled' : 'disabled'}`)
    for (const [title, stream] of [['Upstream', 'upstream'], ['Downstream', 'downstream']] as const) {
      const own = proxy.toxics.filter((toxic) => toxic.stream.toLowerCase() === stream)
      this.#say(`\n${bold(`${title} toxics`)}${own.length ? '' : dim('  none')}`)
      if (own.length) this.#table(['Name', 'Type', 'Toxicity', 'Attributes'], own.map((toxic) => [toxic.name, toxic.type, toxic.toxicity.toFixed(2), pairs(toxic).join(' ')]))
    }
  }

  text(text: string): void { this.#say(text) }

  #lines(rows: readonly (readonly string[])[]): void { for (const row of rows) this.#say(row.map(shown).join('\t')) }

  #table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const table = new Table({ head: head.map((one) => this.#colors.bold(one)), style: { head: [], border: [] } })
    for (const row of rows) table.push(row.map(shown))
    this.#say(table.toString())
  }

  #say(text: string): void { this.#out.write(`${text}\n`) }
}

/** `key=value`, by key. */
const pairs = ({ attributes }: ToxicJson): string[] => Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${String(value)}`)

/** Names come from whoever created them: nothing in them moves a terminal's cursor. */
const shown = (text: string): string => text.replace(/\p{Cc}/gu, '?')
