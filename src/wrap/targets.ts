/** From places that name dependencies to targets: equal upstreams are one, each gets a name, and it is settled who speaks TLS with whom. */

import { BrownoutError, nearest } from '../core/errors.ts'
import { literal } from '../experiment/interpolate.ts'
import type { PlannedTarget } from '../experiment/plan.ts'
import { NAME } from '../experiment/schema.ts'
import { parseStanding, type StandingOptions } from '../experiment/standing.ts'
import type { Upstream } from '../experiment/upstream.ts'
import type { Protocol } from '../protocols/codec.ts'
import type { TlsOptions } from '../proxy/plane.ts'
import { type Mention, type Seen, sslmodeOf } from './mention.ts'
import { locate } from './schemes.ts'
import type { Found } from './seek.ts'

export interface Wrapped {
  readonly name: string
  /** None: it was asked for, and no variable leads to it. */
  readonly mentions: readonly Mention[]
  readonly planned: PlannedTarget
  /** The application speaks TLS to the proxy, and is told whom to trust. */
  readonly trusts: boolean
}
export interface Wrapping { readonly targets: readonly Wrapped[]; readonly seen: readonly Seen[] }

export interface Asked {
  /** NAME=URL, or NAME=VARIABLE. */
  readonly named: readonly string[]
  /** Names of targets or variables. */
  readonly ignore: readonly string[]
  /** Targets whose clients have TLS in their code. */
  readonly tls: readonly string[]
  /** Targets whose certificate is not looked at. */
  readonly insecure: readonly string[]
  /** Redis targets that are several servers. */
  readonly cluster: readonly string[]
  /** Upstreams that an experiment has names for: they are wrapped too. */
  readonly known: readonly { readonly name: string; readonly at: Upstream }[]
}

interface Named { readonly name: string; readonly at: Upstream; readonly protocol: Protocol }
interface Group { name: string; readonly named?: Named | undefined; readonly mentions: Mention[] }

const APART: ReadonlySet<Protocol> = new Set(['http', 'websocket'])

/** USAGE, NAME_INVALID, NAME_TAKEN, and what a target can be refused for. */
export function targetsOf(found: Found, values: ReadonlyMap<string, string>, asked: Asked, options: StandingOptions): Wrapping {
  const groups = new Map<string, Group>()
  for (const one of asked.named.map((text) => namedBy(text, values))) {
    if ([...groups.values()].some(({ name }) => name === one.name)) throw new BrownoutError('NAME_TAKEN', { message: `--target names two targets "${one.name}"`, hint: 'give each a name of its own' })
    groups.set(keyOf(one.at), { name: one.name, named: one, mentions: [] })
  }
  const apart: Mention[] = []
  for (const mention of found.mentions) {
    const key = keyOf(mention.at)
    const group = groups.get(key)
    if (group) group.mentions.push(mention)
    else if (mention.dependency || asked.known.some((one) => keyOf(one.at) === key)) groups.set(key, { name: nameFor(mention, key, groups, asked), mentions: [mention] })
    else apart.push(mention)
  }
  const ignored = ignore([...groups.values()], asked)
  const kept = [...groups.values()].filter(({ mentions, named }) => named !== undefined || mentions.length > 0)
  for (const [option, names] of [['tls', asked.tls], ['insecure', asked.insecure], ['cluster', asked.cluster]] as const) for (const name of names) known(option, name, kept.map((one) => one.name))
  return {
    targets: kept.map((group) => wrapped(group, asked, options)),
    seen: [...found.seen, ...ignored, ...apart.flatMap((one) => leftAlone(one, values))].sort((a, b) => (a.variable < b.variable ? -1 : 1)),
  }
}

/** Two spellings of one server are equal. Of a Postgres TLS is negotiated at the same port; elsewhere what speaks TLS is another server. */
export const keyOf = ({ address, protocol, tls }: Upstream): string =>
  'path' in address ? `unix:${address.path}` : `${address.host.toLowerCase().replace(/^localhost$/, '127.0.0.1')}:${address.port}${tls && protocol !== 'postgres' ? ' tls' : ''}`

function namedBy(text: string, values: ReadonlyMap<string, string>): Named {
  const at = text.indexOf('=')
  const [name, value] = [text.slice(0, at), text.slice(at + 1)]
  if (at < 1 || value === '') throw new BrownoutError('USAGE', { message: `--target ${text}: expected NAME=URL`, hint: '--target payments=https://payments.example, or the name of a variable that holds the URL: --target payments=PAYMENTS_URL' })
  if (!NAME.test(name)) throw new BrownoutError('NAME_INVALID', { message: `--target: "${name}" cannot be a name` })
  const located = locate(values.get(value) ?? value)
  if (!located) throw new BrownoutError('UPSTREAM_INVALID', { message: `--target ${name}: ${/^\w+$/.test(value) ? `there is no variable ${value}, and it` : 'it'} is no URL` })
  if ('wrong' in located) throw new BrownoutError('UPSTREAM_INVALID', { message: `--target ${name}: ${located.wrong}` })
  return { name, at: located.at, protocol: located.protocol }
}

/** Of the first variable that names it, unless an experiment has a name for it; with a number where another target has it. */
function nameFor({ name, at, protocol }: Mention, key: string, groups: ReadonlyMap<string, Group>, { known: others }: Asked): string {
  const wanted = others.find((one) => keyOf(one.at) === keyOf(at))?.name ?? (NAME.test(name) ? name : protocol)
  const taken = new Set([...groups].filter(([other]) => other !== key).map(([, group]) => group.name))
  if (!taken.has(wanted)) return wanted
  for (let i = 2; ; i++) if (!taken.has(`${wanted}-${i}`)) return `${wanted}-${i}`
}

/** Takes out what is not wanted, and says so. */
function ignore(groups: readonly Group[], { ignore: names }: Asked): readonly Seen[] {
  const seen: Seen[] = []
  for (const name of names) {
    known('ignore', name, groups.flatMap((group) => [group.name, ...group.mentions.flatMap(({ variables }) => variables)]))
    for (const group of groups) {
      const out = group.mentions.filter(({ variables }) => group.name === name || variables.includes(name))
      seen.push(...out.map(({ variables: [variable = ''], at }) => ({ variable, value: at.url.href, why: `--ignore ${name}` })))
      group.mentions.splice(0, group.mentions.length, ...group.mentions.filter((one) => !out.includes(one)))
    }
  }
  return seen
}

function known(option: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return
  const near = nearest(name, names)
  throw new BrownoutError('USAGE', { message: `--${option} ${name}: no target is called so`, hint: near ? `did you mean "${near}"?` : names.length > 0 ? `there are ${[...new Set(names)].join(', ')}` : 'no target was found' })
}

/** Addresses that stay are worth a line only where a variable says that it is one. */
const ADDRESS = /(^|_)(url|uri|dsn|endpoint|broker|brokers|server|addr|address)$/i

function leftAlone({ variables: [variable = ''], at, protocol }: Mention, values: ReadonlyMap<string, string>): readonly Seen[] {
  if (!ADDRESS.test(variable) || /proxy|^npm_/i.test(variable)) return []
  const why = APART.has(protocol) ? `${at.url.protocol.slice(0, -1)}: --target NAME=${variable} moves it` : `not wrapped by itself: --target NAME=${variable} moves it, as TCP`
  return [{ variable, value: values.get(variable) ?? '', why }]
}

function wrapped({ name, named, mentions }: Group, asked: Asked, options: StandingOptions): Wrapped {
  const first = named ?? mentions[0]
  if (!first) throw new BrownoutError('INTERNAL', { message: `${name} leads nowhere` })
  const { at, protocol } = first
  const tls = protocol === 'postgres' ? postgresTls(at, mentions) : plainTls(at, protocol, asked.tls.includes(name))
  const trusting = asked.insecure.includes(name) || options.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'
  const input = {
    protocol, upstream: tls.upstreamText, tls: { client: tls.client, ...(tls.upstream === undefined ? {} : { upstream: tls.upstream }), ...(trusting || tls.verify === false ? { verify: false } : {}) },
    ...(asked.cluster.includes(name) ? { cluster: true } : {}),
  }
  const parsed = parseStanding(literal({ targets: { [name]: input } }), name, options)
  if ('problems' in parsed) {
    const [problem] = parsed.problems
    throw new BrownoutError(problem?.code ?? 'UPSTREAM_INVALID', { message: problem?.message ?? name, hint: `${problem?.hint ?? ''}${mentions.length > 0 ? `; \`--ignore ${name}\` leaves it alone` : ''}` })
  }
  const [planned] = parsed.standing.targets
  if (!planned) throw new BrownoutError('INTERNAL', { message: `${name} makes no target` })
  const { client, upstream } = planned.spec.tls
  return { name, mentions, planned, trusts: client === 'terminate' && (upstream === 'require' || asked.tls.includes(name)) }
}

interface Spoken { readonly upstreamText: string; readonly client: TlsOptions['client']; readonly upstream?: TlsOptions['upstream'] | undefined; readonly verify?: boolean | undefined }

/** The proxy speaks TLS to the server. The client need not, unless it insists; with https nobody could tell what a library makes of http. */
function plainTls(at: Upstream, protocol: Protocol, insists: boolean): Spoken {
  // What a client has in its code its server has too, whatever the address says.
  return { upstreamText: textOf(at), client: insists || (at.tls && APART.has(protocol)) ? 'terminate' : 'passthrough', ...(insists ? { upstream: 'require' } : {}) }
}

/** From the least to the most that a client asks of a Postgres; that nothing is said comes behind `disable`. */
const MODES: readonly (string | undefined)[] = ['disable', undefined, 'allow', 'prefer', 'no-verify', 'require', 'verify-ca', 'verify-full']

/**
 * A Postgres client may begin with TLS or without it: the proxy takes both, so that messages can be read though the client has TLS in its
 * code. Towards the server it is as the strictest of the variables has it; as libpq has it where none says anything.
 */
function postgresTls(at: Upstream, mentions: readonly Mention[]): Spoken {
  const modes = mentions.length > 0 ? mentions.map((one) => sslmodeOf(one.at.url)) : [sslmodeOf(at.url)]
  const [strictest] = [...modes].sort((a, b) => MODES.indexOf(b) - MODES.indexOf(a))
  const source = mentions.find((one) => sslmodeOf(one.at.url) === strictest)?.at ?? at
  if ('path' in at.address) return { upstreamText: textOf(at), client: 'terminate' }
  if (strictest === undefined) return { upstreamText: textOf(at), client: 'terminate', upstream: 'prefer', verify: false }
  const url = new URL(source.url)
  url.searchParams.set('sslmode', strictest)
  return { upstreamText: url.href, client: strictest === 'disable' ? 'passthrough' : 'terminate' }
}

const textOf = ({ address, url }: Upstream): string => ('path' in address ? `unix:${address.path}` : url.href)
