/** Who may import whom, and what may stand in the source at all. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { ROOT } from './support/paths.ts'

/** Direct imports only; `core` is open to all, and a room to itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  bin: ['faults', 'cli', 'library', 'toxiproxy-cli'],
  library: ['types', 'experiment', 'admin', 'report', 'demo', 'proxy', 'record', 'rule', 'fault'],
  dashboard: ['control', 'record', 'protocols'],
  wrap: ['experiment', 'proxy', 'record', 'rule', 'protocols', 'watchdog'],
  discover: ['experiment', 'report', 'record', 'fault', 'protocols'],
  control: ['proxy', 'record', 'report', 'rule', 'fault', 'protocols'],
  profile: ['record'],
  gameday: ['control', 'experiment', 'proxy', 'report', 'record', 'rule', 'match', 'fault', 'protocols'],
  cli: ['gameday', 'advice', 'control', 'discover', 'wrap', 'alerts', 'telemetry', 'experiment', 'sweep', 'admin', 'report', 'load', 'demo', 'proxy', 'record', 'watchdog', 'rule', 'fault'],
  experiment: ['control', 'profile', 'sweep', 'via', 'observe', 'proxy', 'load', 'probes', 'record', 'timing', 'report', 'watchdog', 'alerts', 'rule', 'match', 'fault', 'protocols'],
  telemetry: ['record'],
  alerts: ['control', 'record', 'timing', 'statistics'],
  via: ['proxy', 'record', 'rule', 'fault', 'protocols', 'watchdog'],
  'toxiproxy-cli': [],
  admin: ['control', 'proxy', 'record', 'rule', 'fault', 'protocols'],
  advice: ['report', 'record'],
  report: ['advice', 'sweep', 'record', 'timing', 'statistics'],
  proxy: ['gateway', 'rule', 'match', 'fault', 'protocols', 'record'],
  gateway: [],
  match: ['rule', 'fault', 'protocols'],
  rule: ['fault', 'protocols'],
  record: ['sweep', 'protocols'],
  timing: [],
  sweep: [],
  statistics: [],
  load: ['record', 'protocols', 'watchdog'],
  probes: ['record', 'protocols'],
  observe: ['probes', 'record'],
  watchdog: [],
  demo: ['load', 'watchdog'],
  faults: ['fault', 'protocols'],
  fault: ['protocols'],
  protocols: [],
  core: [],
}

interface Source { readonly file: string; readonly text: string; readonly imports: readonly string[] }

/** `faults/tcp/latency.ts` is of the room faults, `src/proxy/link.ts` of proxy, `src/rule.ts` of rule. */
function roomOf(file: string): string {
  const [top = '', room = ''] = file.split('/')
  return top === 'src' ? basename(room, '.ts') : top
}

const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:\bfrom|\bimport\(?|new URL\()\s*'(\.[^']*\.[tj]sx?)'/g)].map(([, specifier]) => specifier ?? '')

const sources: readonly Source[] = ['bin', 'faults', 'src'].flatMap((top) =>
  readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file)).map((name) => {
    const file = join(top, name)
    const text = readFileSync(join(ROOT, file), 'utf8')
    return { file, text, imports: importsOf(text).map((specifier) => normalize(join(dirname(file), specifier))) }
  }))

/** Files in which `pattern` stands, comments aside. */
const filesWith = (pattern: RegExp, among: readonly Source[] = sources): string[] =>
  among.filter(({ text }) => pattern.test(text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, ''))).map(({ file }) => file)

/** A way from `file` back to itself, where there is one. */
function cycleFrom(file: string, graph: ReadonlyMap<string, readonly string[]>, path: readonly string[], done: Set<string>): readonly string[] | undefined {
  const at = path.indexOf(file)
  if (at >= 0) return [...path.slice(at), file]
  if (done.has(file)) return undefined
  for (const next of graph.get(file) ?? []) {
    const cycle = cycleFrom(next, graph, [...path, file], done)
    if (cycle) return cycle
  }
  done.add(file)
  return undefined
}

describe('architecture', () => {
  it('reads the sources that it judges', () => {
    assert.ok(sources.length > 50, `${sources.length} files`)
    assert.ok(sources.flatMap(({ imports }) => imports).length > 100)
    assert.deepEqual(importsOf("import { a } from './a.ts'\nimport type { B } from '../b.ts'\nawait import('./c.ts')\nimport { d } from 'd'"), ['./a.ts', '../b.ts', './c.ts'])
  })

  for (const room of [...new Set(sources.map(({ file }) => roomOf(file)))].sort()) {
    it(`${room} imports only what it may`, () => {
      const allowed = MAY_IMPORT[room]
      assert.ok(allowed, `${room} is a room that the table does not know`)
      const broken = sources.filter(({ file }) => roomOf(file) === room).flatMap(({ file, imports }) =>
        imports.filter((target) => ![room, 'core', ...allowed].includes(roomOf(target))).map((target) => `${file} -> ${target}`))
      assert.deepEqual(broken, [])
    })
  }

  it('has no cycles, types included', () => {
    const graph = new Map(sources.map(({ file, imports }) => [file, imports]))
    const done = new Set<string>()
    assert.deepEqual(sources.map(({ file }) => cycleFrom(file, graph, [], done)).filter((cycle) => cycle !== undefined), [])
    assert.deepEqual(cycleFrom('a', new Map([['a', ['b']], ['b', ['c']], ['c', ['b']]]), [], new Set()), ['b', 'c', 'b'])
  })

  it('names each relative import by its file', () => {
    assert.deepEqual(filesWith(/(?:\bfrom|\bimport\(?)\s*'\.[^']*(?<!\.ts|\.tsx|\.css)'/), [])
  })

  it('has no room for odds and ends, and no barrel but the manifest', () => {
    const odd = sources.map(({ file }) => file).filter((file) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.ts$)|(^|\/)(types|constants)\.ts$/.test(file) || basename(file) === 'index.ts')
    assert.deepEqual(odd, ['faults/index.ts'])
  })

  it('keeps files under 300 lines', () => {
    assert.deepEqual(sources.filter(({ text }) => text.split('\n').length > 300).map(({ file }) => file), [])
  })

  it('takes time and chance through the door: clocks, timers and dice stand in core only', () => {
    const taken = /\b(Math\.random|Date\.now|performance\.now|hrtime|setTimeout|setInterval|randomBytes|randomInt)\b|new Date\(\)/
    // A page has no process whose clock it could be handed.
    assert.deepEqual(filesWith(taken).filter((file) => roomOf(file) !== 'core'), ['src/dashboard/clock.ts'])
    assert.notDeepEqual(filesWith(taken), [])
  })

  it('starts processes without a shell', () => {
    assert.deepEqual(filesWith(/\bshell:\s*(true|['"`])|import \{[^}]*\b(exec|execSync)\b[^}]*\} from 'node:child_process'|import \* as \w+ from 'node:child_process'/), [])
  })

  it('exports by name', () => {
    assert.deepEqual(filesWith(/^export default\b/m), [])
  })

  it('keeps timing, statistics, rules and faults free of sockets, files and processes', () => {
    const pure = sources.filter(({ file }) => ['timing', 'sweep', 'statistics', 'alerts', 'faults', 'fault', 'rule', 'protocols'].includes(roomOf(file)))
    assert.deepEqual(filesWith(/from 'node:(net|fs|fs\/promises|http|https|tls|dgram|dns|child_process|worker_threads|cluster)'/, pure), [])
  })

  it('leaves nothing undone or switched off behind', () => {
    const marks = sources.filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|expect-error|nocheck)|catch\s*(\([^)]*\))?\s*\{\s*\}/.test(text)).map(({ file }) => file)
    assert.deepEqual(marks, [])
  })
})
