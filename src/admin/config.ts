/** The proxies of a configuration file, kept in step with it: what did not change since the last reading is not touched. */

import { isDeepStrictEqual } from 'node:util'
import type { ProxyInput } from './kept.ts'
import type { Proxies } from './proxies.ts'
import { Refusal } from './refusal.ts'
import { proxyInputs, readBody } from './requests.ts'

/** Toxiproxy's file: the array that POST /populate takes. Throws a Refusal with what is wrong. */
export const readToxiproxyConfig = (text: string): readonly ProxyInput[] => readBody(text, proxyInputs)

export class Configured {
  readonly #proxies: Proxies
  #last = new Map<string, ProxyInput>()

  constructor(proxies: Proxies) { this.#proxies = proxies }

  /** Creates, replaces and deletes until the proxies are those of `inputs`; others, made by the API, stay. Answers what failed, by name; the rest is done. */
  async apply(inputs: readonly ProxyInput[]): Promise<ReadonlyMap<string, string>> {
    const failed = new Map<string, string>()
    const attempt = async (name: string, act: () => Promise<void>): Promise<void> => {
      try {
        await act()
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        // What is gone already is as good as deleted.
        if (error.status !== 404) failed.set(name, error.message)
      }
    }
    const next = new Map(inputs.map((input) => [input.name, input]))
    for (const name of this.#last.keys()) if (!next.has(name)) await attempt(name, () => this.#proxies.delete(name))
    const changed = [...next.values()].filter((input) => !isDeepStrictEqual(input, this.#last.get(input.name)))
    for (const input of changed) await attempt(input.name, () => this.#proxies.replace(input))
    this.#last = new Map([...next].filter(([name]) => !failed.has(name)))
    return failed
  }
}
