/** What a file tells `brownout serve` to serve: Toxiproxy's JSON, or YAML with targets, toxics and rules. */

import type { AlertSpec } from '../alerts/alert.ts'
import { readToxiproxyConfig } from '../admin/config.ts'
import type { ProxyInput } from '../admin/kept.ts'
import { Refusal } from '../admin/refusal.ts'
import { checkToxic, TOXIC_TYPES, type Toxic } from '../admin/toxics.ts'
import { nearest } from '../core/errors.ts'
import { ratio } from '../core/units.ts'
import { formatProblem, type Problem } from '../experiment/problem.ts'
import { parseStanding, readConfiguration, type Standing, type StandingOptions, type StandingToxic } from '../experiment/standing.ts'
import { formatAddress } from '../proxy/address.ts'

export type ServeConfig = { readonly inputs: readonly ProxyInput[]; readonly alerts: readonly AlertSpec[] } | { readonly problems: readonly string[] }

/** Problems as people are shown them. Never throws for what the file holds. */
export async function readServeConfig(file: string, options: StandingOptions): Promise<ServeConfig> {
  const read = await readConfiguration(file, options.cwd)
  if ('problems' in read) return { problems: read.problems.map(formatProblem) }
  if (/^\s*\[/.test(read.text)) return fromJson(read.text, file)
  const parsed = parseStanding(read.text, file, options)
  if ('problems' in parsed) return { problems: parsed.problems.map(formatProblem) }
  return fromStanding(parsed.standing)
}

function fromJson(text: string, file: string): ServeConfig {
  try {
    return { inputs: readToxiproxyConfig(text), alerts: [] }
  } catch (error) {
    if (error instanceof Refusal) return { problems: [`${file}: ${error.message}`] }
    throw error
  }
}

function fromStanding({ targets, toxics, rules, alerts }: Standing): ServeConfig {
  const read = toxics.map((written) => ({ on: written.on, ...toxicOf(written) }))
  const taken = read.flatMap(({ on, toxic, place }, index) => (read.slice(0, index).some((one) => one.on === on && one.toxic.name === toxic.name)
    ? [problemAt(place, `"${on}" has a toxic named "${toxic.name}" already`)] : []))
  const problems = [...read.flatMap(({ problem }) => problem ?? []), ...taken]
  if (problems.length > 0) return { problems: problems.map(formatProblem) }
  return {
    alerts,
    inputs: targets.map(({ spec }): ProxyInput => {
      const { name, protocol, tls, dialTimeout, upstream, cluster, host, routes } = spec
      const [listen] = spec.listen
      const address = listen?.address ?? { host: '127.0.0.1', port: 0 }
      return {
        name, listen: formatAddress(address), upstream: formatAddress(upstream), enabled: true,
        toxics: read.filter(({ on }) => on === name).map(({ toxic }) => toxic), rules: rules.filter(({ on }) => on === name).map((rule) => ({ ...rule, id: `${name}:${rule.id}` })),
        // Its target is part of a rule's id: a rule that moves to another target is another rule.
        // Whether an address other than loopback may be listened on is asked of its text; a path has no such text.
        fixed: { protocol, tls, dialTimeout, upstream, ...(cluster ? { cluster } : {}), ...(routes ? { routes } : {}), ...(host === undefined ? {} : { host }), ...('path' in address ? { listen: address } : {}) },
      }
    }),
  }
}

function toxicOf({ type, name, stream = 'downstream', toxicity = ratio(1), attributes = {}, place }: StandingToxic): { readonly toxic: Toxic; readonly place: Problem['place']; readonly problem: Problem | undefined } {
  const known = (TOXIC_TYPES.get(type)?.attributes ?? []).map((one) => one.name)
  const toxic = { name: name ?? `${type}_${stream}`, type, stream, toxicity, attributes: { ...Object.fromEntries(known.map((one) => [one, 0])), ...attributes } }
  return { toxic, place, problem: problemOf(toxic, known, place) }
}

function problemOf(toxic: Toxic, known: readonly string[], place: Problem['place']): Problem | undefined {
  try {
    checkToxic(toxic)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const near = TOXIC_TYPES.has(toxic.type) ? undefined : nearest(toxic.type, TOXIC_TYPES.keys())
    return problemAt(place, error.message, near ? `did you mean "${near}"?` : `types are ${[...TOXIC_TYPES.keys()].join(', ')}`)
  }
  const odd = Object.keys(toxic.attributes).find((one) => !known.includes(one))
  return odd === undefined ? undefined : problemAt(place, `${toxic.type} has no attribute "${odd}"`, `it has ${known.join(', ') || 'none'}`)
}

const problemAt = (place: Problem['place'], message: string, hint = 'docs/toxiproxy.md describes toxics'): Problem => ({ code: 'VALUE_INVALID', message, place, hint, severity: 'error' })
