/** A first experiment, written from what a machine shows: dependencies named by its variables, or the sample stack. Pure. */

import { stringify } from 'yaml'
import { NAME } from './schema.ts'
import { parseUpstream } from './upstream.ts'

export interface Dependency {
  readonly variable: string
  readonly target: string
  readonly protocol: 'redis' | 'postgres'
  /** Only in .env, which the shell does not know. */
  readonly inFile: boolean
}
export interface Application { readonly command: string | undefined; readonly url: string | undefined }

const DEFAULT_URL = 'http://127.0.0.1:3000/'

/** Databases and caches that `*_URL` variables name; the environment wins over the file. Sorted by variable. */
export function seenIn(env: Readonly<Record<string, string | undefined>>, file: Readonly<Record<string, string>>): readonly Dependency[] {
  const found = Object.entries({ ...file, ...env }).flatMap(([variable, value]): readonly Dependency[] => {
    if (!variable.endsWith('_URL') || value === undefined) return []
    const upstream = parseUpstream(value, undefined)
    const target = variable.slice(0, -'_URL'.length).toLowerCase()
    if ('wrong' in upstream || !NAME.test(target) || (upstream.protocol !== 'redis' && upstream.protocol !== 'postgres')) return []
    return [{ variable, target, protocol: upstream.protocol, inFile: env[variable] === undefined }]
  })
  return found.sort((a, b) => (a.variable < b.variable ? -1 : 1))
}

/** The text of an experiment file. It holds no value of any variable, only their names. */
export const draftExperiment = (dependencies: readonly Dependency[], { command, url }: Application): string => {
  const words = command?.trim().split(/\s+/).filter((word) => word !== '') ?? []
  if (!dependencies.length) return written(sampleStack())
  return written(words.length ? aroundApp(dependencies, words, url?.trim() || DEFAULT_URL) : direct(dependencies))
}

const WINDOWS = { warmup: '2s', baseline: '10s', recovery: '15s', bucket: '250ms', hold: '2s' }

const HEAD = `# Made by \`brownout init\`. \`brownout faults\` lists what else can be injected, \`brownout schema\` helps an editor.
`
const written = (experiment: Readonly<Record<string, unknown>>): string => `${HEAD}${stringify(experiment, { lineWidth: 0, flowCollectionPadding: true })}`

const reference = ({ variable, inFile }: Dependency): string => (inFile ? `\${vars.${variable}}` : `\${${variable}}`)
const variablesOf = (dependencies: readonly Dependency[]): Readonly<Record<string, unknown>> => {
  const fromFile = dependencies.filter(({ inFile }) => inFile)
  return fromFile.length ? { vars: Object.fromEntries(fromFile.map(({ variable }) => [variable, `\${${variable}}`])) } : {}
}
const targetsOf = (dependencies: readonly Dependency[]): Readonly<Record<string, unknown>> => ({
  ...variablesOf(dependencies),
  targets: Object.fromEntries(dependencies.map((one) => [one.target, { protocol: one.protocol, upstream: reference(one) }])),
})

/** The load goes to the dependency itself through the proxy: nothing else need be known to run it. */
function direct(dependencies: readonly Dependency[]): Readonly<Record<string, unknown>> {
  const [first] = dependencies
  const target = first?.target ?? ''
  const request = first?.protocol === 'postgres' ? { postgres: 'select 1' } : { redis: 'PING' }
  return {
    name: `${target}-slow`, question: `What do clients of ${target} see when it answers 100 ms late, and how soon is it over?`,
    ...targetsOf(dependencies),
    load: { client: { ...request, url: `\${targets.${target}.url}`, rate: '50/s', timeout: '2s' } },
    windows: WINDOWS,
    steady_state: [{ signal: 'client.success', at_least: '99%' }],
    method: [{ step: 'slow', fault: 'latency', on: target, params: { delay: '100ms' }, for: '10s' }],
    expect: [{ signal: 'client.success', during: 'fault', at_least: '99%' }, { recovery: 'client.p95', within: '5s' }],
  }
}

function aroundApp(dependencies: readonly Dependency[], command: readonly string[], url: string): Readonly<Record<string, unknown>> {
  const target = dependencies[0]?.target ?? ''
  return {
    name: `${target}-cut-off`, question: `Does the application go on without ${target} for 10 s, and how soon is it back?`,
    ...targetsOf(dependencies),
    app: {
      command, env: Object.fromEntries(dependencies.map(({ variable, target: name }) => [variable, `\${targets.${name}.url}`])),
      ready: { tcp: hostPortOf(url), within: '30s' },
    },
    load: { requests: { http: `GET ${url}`, rate: '50/s', timeout: '2s' } },
    windows: WINDOWS,
    steady_state: [{ signal: 'requests.success', at_least: '99%' }],
    method: [{ step: 'cut', fault: 'partition', on: target, for: '10s' }],
    expect: [{ signal: 'requests.success', during: 'fault', at_least: '99%' }, { recovery: 'requests.p95', within: '5s' }],
  }
}

/** What `brownout demo` runs too: servers are started for the run. */
function sampleStack(): Readonly<Record<string, unknown>> {
  return {
    name: 'cache-cut-off', question: 'Does the sample shop go on selling without its cache for 8 s, and how soon is it back?',
    targets: { cache: { protocol: 'redis', upstream: 'demo:redis' }, db: { protocol: 'postgres', upstream: 'demo:postgres' } },
    app: {
      command: ['node', `\${package}/dist/src/demo/shop/main.js`],
      env: { PORT: `\${app.port}`, REDIS_URL: `\${targets.cache.url}`, DATABASE_URL: `\${targets.db.url}`, RESILIENT: `\${RESILIENT:-1}` },
      ready: { http: `http://127.0.0.1:\${app.port}/healthz`, within: '30s' },
    },
    load: { browse: { http: `GET http://127.0.0.1:\${app.port}/products/1`, rate: '50/s', timeout: '2s' } },
    windows: WINDOWS,
    steady_state: [{ signal: 'browse.success', at_least: '99%' }],
    method: [{ step: 'cut', fault: 'partition', on: 'cache', for: '8s' }],
    expect: [{ signal: 'browse.success', during: 'fault', at_least: '99%' }, { recovery: 'browse.p95', within: '5s' }],
  }
}

function hostPortOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : new URL(DEFAULT_URL)
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
}
