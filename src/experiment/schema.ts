/** The shape of an experiment file: every key, once, with what it means. Editors' JSON Schema and the reader are both made from it. */

import * as z from 'zod'
import { duration, integer, number, share } from '../core/params.ts'
import { rateProfile } from './rate-profile.ts'
import { flag, limit, list, longText, measured, oneOf, printable, strict, table, text } from './values.ts'

/** Of targets, apps, loads, probes and steps: they share one namespace, and a dot would part a signal from its metric. */
export const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/
/** Of experiments and tags. */
export const DOTTED_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
/** How long a step without `for` lasts at the most. */
export const STEP_FOR_MAX = '60s'

const time = (doc: string, min = '0ms', max = '24h') => measured(duration(doc, undefined, { min, max }))
const span = (doc: string, max = '24h') => time(doc, '1ms', max)
const count = (doc: string, min: string, max: string) => measured(integer(doc, undefined, { min, max }))
const words = (description: string) => list(text('A word, as it is handed to the program.'), description).min(1, 'expected at least the program to run')

export const target = strict({
  protocol: oneOf(['tcp', 'redis', 'postgres', 'http', 'websocket'], 'What the dependency speaks; told by the scheme of `upstream` where it has one.').optional(),
  upstream: text('Where the dependency is: redis://, rediss://, postgres://, http://, https://, ws://, wss://, tcp://host:port, unix:/path, demo:redis, demo:redis-cluster, demo:redis-cluster-replicas, demo:postgres, demo:postgres-replica, demo:postgres-replication, app:NAME.'),
  cluster: flag('Redis Cluster, Sentinel or replicas: every node that a reply names gets a proxy of its own, under the faults of this target.').optional(),
  routes: list(text('A path: /orders/:id.'), 'What the paths of an HTTP target are told apart by; a segment that begins with a colon stands for any.', { max: 100 }).optional(),
  via: text('The Toxiproxy that injects the faults of this target: toxiproxy://HOST:8474.').optional(),
  host: oneOf(['upstream', 'keep'], 'Of http and websocket. upstream: requests are sent anew, with the Host of `upstream`; keep: bytes go as they come.').optional(),
  listen: text('Where the proxy listens: HOST:PORT or unix:/path; a free port of 127.0.0.1 unless given.').optional(),
  tls: strict({
    client: oneOf(['terminate', 'passthrough'], 'terminate: the application speaks TLS to the proxy; passthrough: bytes go as they come.').optional(),
    upstream: oneOf(['require', 'prefer', 'off'], 'require: the proxy speaks TLS to the dependency; prefer: where a Postgres has it.').optional(),
    cert: text('PEM file shown to the application; a throw-away certificate unless given.').optional(),
    key: text('PEM file with the key of `cert`.').optional(),
    ca: text('PEM file with the authorities that the dependency\'s certificate is checked by.').optional(),
    verify: flag('Whether the dependency\'s certificate is checked.').optional(),
  }, 'TLS on either side of the proxy.').optional(),
  observe: flag('Whether the server itself is asked how it is, once a second, past the proxy; it is unless false is given.').optional(),
  dial_timeout: span('How long a connection to the dependency may take to come about.', '5m').optional(),
}, 'A dependency that is put behind a proxy.')

export const app = strict({
  command: words('The program and its arguments; no shell.'),
  env: table(printable('The value.'), 'Environment variables, beside those of brownout itself.').optional(),
  cwd: text('Working directory, from the folder of this file; brownout\'s own unless given.').optional(),
  ready: strict({
    http: text('Ready when a GET of this URL answers 2xx.').optional(),
    tcp: text('Ready when HOST:PORT takes a connection.').optional(),
    within: span('How long the application may take.', '10m').optional(),
  }, 'How to tell that the application is up.').optional(),
}, 'The application under test: started for the run, stopped after it.')

const request = {
  http: text('METHOD URL.').optional(),
  headers: table(printable('The value.'), 'Headers of an http or websocket load, or of a step.').optional(),
  json: z.unknown().meta({ description: 'A JSON body.' }).optional(),
  body: longText('A body, as text.').optional(),
  ok: text('The HTTP statuses that count as success: 2xx, 200, or 2xx,404.').optional(),
}
export const journeyStep = strict({
  ...request,
  step: text('The step\'s name, for errors; its number unless given.').optional(),
  capture: table(text('json:PATH, header:NAME, cookie:NAME or /…(group)…/ over the body.'), 'What of the answer later steps can use, as ${capture.NAME}.').optional(),
  think: span('In place of `http`: waits; no part of the latency.', '10m').optional(),
}, 'One request of a journey, or time to think.')

export const load = strict({
  ...request,
  keep_alive: flag('Whether HTTP requests share connections; each has its own where this is false.').optional(),
  journey: list(journeyStep, 'HTTP requests one after another, together one operation.', { max: 100 }).min(1, 'expected at least one step').optional(),
  journeys: table(strict({
    weight: count('How often it is made, against the others; 1 unless given.', '1', '1000000').optional(),
    steps: list(journeyStep, 'HTTP requests one after another.', { max: 100 }).min(1, 'expected at least one step'),
  }), 'Several journeys by name; each operation is one of them, drawn by its weight.').optional(),
  redis: z.union([z.string(), z.array(printable('A word.'))], { error: 'expected a command as text or a list' }).meta({ description: 'A Redis command; {n} stands for the number of the operation.' }).optional(),
  postgres: longText('A statement; $1 and on take `params`.').optional(),
  params: list(printable('A value; {n} stands for the number of the operation.'), 'Parameters of a postgres load.').optional(),
  url: text('Where a redis or postgres load goes.').optional(),
  pipeline: count('So many commands or statements of a redis or postgres load go together, without waiting for one another, and are one operation.', '1', '1000').optional(),
  websocket: text('The URL that connections are made to; {n} stands for the number of the connection.').optional(),
  over: time('The time in which all connections of a websocket load are begun; 5 ms for each unless given.', '0ms', '1h').optional(),
  expect: oneOf(['echo', 'messages'], 'echo: messages are sent and come back; messages: they just arrive. By whether there is `send` unless given.').optional(),
  send: longText('A message of an echo; {id} stands for what it is known by when it comes back.').optional(),
  open: longText('Sent whenever a connection of a websocket load opens.').optional(),
  resume: longText('Sent in place of `open` once a message with an id has arrived; {last_id} stands for the last one.').optional(),
  id: text('Where the id of an arriving message stands: json:PATH or /…(group)…/. Messages without one do not count.').optional(),
  heartbeat: span('Pings each connection of a websocket load at this distance, and cuts one that has not answered the last ping; not at all unless given.', '1h').optional(),
  reconnect: z.union([z.literal(false), strict({
    backoff: span('The first wait is anywhere between nothing and this, and it doubles each time.', '1h').optional(),
    max: span('It does not grow beyond this.', '1h').optional(),
  })], { error: 'expected false, or a mapping of backoff and max' }).meta({ description: 'How a lost connection is made anew; false: not at all.' }).optional(),
  compression: flag('Whether a websocket load offers permessage-deflate; it does not unless given.').optional(),
  locust: text('A locustfile, which Locust runs without its web interface.').optional(),
  artillery: text('A test script, which Artillery runs; it tells its figures when it has ended.').optional(),
  k6: text('A script, which k6 runs.').optional(),
  command: words('A program and its arguments, no shell. With `rate` or `users` each operation is one run of it, ok when it exits with 0; without either it runs once, makes the load itself and prints a line of JSON for each operation.').optional(),
  host: text('Where locust or artillery sends to: handed over as its --host or --target.').optional(),
  args: list(printable('An argument.'), 'Further arguments of locust, artillery or k6.').optional(),
  env: table(printable('The value.'), 'Environment variables of the program, beside those of brownout itself.').optional(),
  workers: count('Processes that locust spreads its users over.', '1', '64').optional(),
  spawn_rate: count('Users that locust begins a second; all at once unless given.', '1', '10000').optional(),
  rate: rateProfile.optional(),
  arrivals: oneOf(['even', 'poisson'], 'even: at equal distances; poisson: as those of many who know nothing of one another. even unless given.').optional(),
  users: count('In place of `rate`, a closed loop: so many users, each of whom waits for an answer before sending again. A stall of the system holds them back and so hides itself.', '1', '10000').optional(),
  think: time('How long each of the users waits after an answer; not at all unless given.', '0ms', '1h').optional(),
  processes: count('So many processes make the load together, for a rate that one cannot reach.', '1', '16').optional(),
  timeout: span('An operation older than this has failed.', '10m').optional(),
  in_flight: count('Operations under way at once; those over it are dropped and counted.', '1', '100000').optional(),
  connections: count('Connections that a redis, postgres or websocket load keeps.', '1', '10000').optional(),
}, 'Work for the system under test: one of http, journey, journeys, redis, postgres, websocket, command, locust, artillery and k6.')

const whole = (doc: string) => count(doc, '0', '2147483647')
const range = { from: whole('The least.'), to: whole('The most.') }
export const data = strict({
  file: text('A CSV file with a first line of names, or JSON objects, a list or a line each; the path is from this file\'s folder.').optional(),
  pick: oneOf(['sequence', 'random'], 'Which row an operation gets: one after another, or any. sequence unless given.').optional(),
  sequence: strict({ ...range, step: count('The distance; 1 unless given.', '1', '1000000000').optional() }, 'Whole numbers one after another, then again from the first.').optional(),
  uniform: strict(range, 'Any whole number, each as likely.').optional(),
  zipf: strict({ ...range, exponent: measured(number('How much more likely the first are; 1 unless given.', undefined, { min: '0', max: '10' })).optional() }, 'Whole numbers of which the first are likelier than those behind them, as with keys of a cache.').optional(),
  choice: list(printable('A value.'), 'Any of these, each as likely.').min(1, 'expected at least one value').optional(),
  uuid: z.literal(true, { error: 'expected true' }).meta({ description: 'A random UUID.' }).optional(),
}, 'Values that operations differ by, as ${data.NAME}, of a file ${data.NAME.COLUMN}: one of file, sequence, uniform, zipf, choice and uuid.')

export const probe = strict({
  http: text('ok when a GET of this URL answers 2xx.').optional(),
  tcp: text('ok when HOST:PORT takes a connection.').optional(),
  redis: z.union([z.string(), z.array(printable('A word.'))], { error: 'expected a command as text or a list' }).meta({ description: 'A Redis command; a numeric reply is the value.' }).optional(),
  postgres: longText('A query; the first column of the first row is the value.').optional(),
  command: words('A program and its arguments; ok when it exits with 0, and a number it prints is the value.').optional(),
  url: text('Where a redis or postgres probe goes.').optional(),
  at: oneOf(['start', 'end'], 'Read once, at that moment.').optional(),
  every: span('Read again and again at this distance.', '1h').optional(),
  timeout: span('How long a reading may take.', '10m').optional(),
}, 'Something that is read beside the load: one of http, tcp, redis, postgres and command.')

export const windows = strict({
  warmup: time('Load runs, nothing is measured.').optional(),
  baseline: span('How the system behaves undisturbed.').optional(),
  recovery: time('Watched after the method.').optional(),
  bucket: span('The width in which signals are counted: the resolution of every time.', '1m').optional(),
  hold: span('How long a signal must be good for its recovery to count.').optional(),
  min_samples: count('Fewer operations than this in a window are no evidence.', '1', '10000000').optional(),
}, 'How long each phase takes.')

const comparisons = {
  at_most: limit('Not above this.').optional(),
  at_least: limit('Not below this.').optional(),
  below: limit('Below this.').optional(),
  above: limit('Above this.').optional(),
  equals: limit('Exactly this.').optional(),
}
const signal = text('NAME.METRIC of a load, target, probe or app.')
const narrowing = table(text('A name; * stands for any characters.'), 'Narrows the signal of a target to some of its operations: command and key of redis, table and tag of postgres, method and route of http, direction and opcode of websocket.').optional()
export const condition = strict({ signal, where: narrowing, ...comparisons }, 'What must hold.')
export const abortCondition = strict({ signal, where: narrowing, ...comparisons, for: time('How long it must have been so.').optional() }, 'What stops the method and heals at once.')

const window = (doc: string) => measured(duration(doc, undefined, { min: '1s', max: '1h' }))
export const alert = strict({
  alert: text('The alert\'s name.'),
  signal: text('TARGET.METRIC that is held against a limit: one of above and below.').optional(),
  above: limit('Raised above this …').optional(),
  below: limit('… or below this …').optional(),
  for: measured(duration('… once it has been so for this time; over once it has not for as long.', undefined, { min: '0ms', max: '1h' })).optional(),
  burn: text('Target whose errors use up a budget too fast.').optional(),
  objective: measured(share('The share of operations that must succeed: 99.9%.')).optional(),
  times: measured(number('So many times as fast as the budget lasts; 10 unless given.', undefined, { min: '1', max: '100000' })).optional(),
  over: list(window('A window.'), 'Two windows, the long one first; 5m and 30s unless given. Raised when both burn.', { max: 2 }).optional(),
  change: text('TARGET.METRIC that is not what it was.').optional(),
  by: measured(share('The least change that counts; 50% unless given.')).optional(),
  window: window('Within this time; 2m unless given.').optional(),
  recovery: text('TARGET.METRIC that must be as before the first fault …').optional(),
  within: window('… so long after the last one was cleared.').optional(),
}, 'One of signal, burn, change and recovery.')

/** A number or a ramp, read once the fault's parameters are known. */
const chance = z.unknown().meta({
  description: 'The share of connections that are hit, such as 20%, or a ramp { from, to, over }.',
  anyOf: [{ type: ['number', 'string'] }, { type: 'object', required: ['from', 'to', 'over'], additionalProperties: false, properties: { from: { type: ['number', 'string'] }, to: { type: ['number', 'string'] }, over: { type: 'string' } } }],
})

export const step = strict({
  step: text('The step\'s name.'),
  at: time('When it begins: from the start of the method, or from when the step of `after` has cleared.').optional(),
  after: text('The step that must have cleared.').optional(),
  every: span('Begins again at this distance …').optional(),
  until: span('… until this time, counted as `at` is.').optional(),
  fault: text('The fault to inject.').optional(),
  scenario: text('A shipped sequence of faults, in place of `fault`.').optional(),
  on: z.union([text('A target\'s name.'), list(text('A target\'s name.'), 'Several targets, for a scenario.')], { error: 'expected the name of a target' }).meta({ description: 'The target; several for a scenario.' }).optional(),
  params: table(z.unknown(), 'Parameters of the fault or the scenario.').optional(),
  where: table(z.unknown(), 'Which connections and messages are concerned; all unless given. client: an address or a CIDR block; from: an app; node: HOST:PORT of one of several servers; and what is known of the protocol: command, key, sql, table …').optional(),
  direction: oneOf(['to_server', 'to_client', 'both'], 'Which way it acts; as the fault says unless given.').optional(),
  chance: chance.optional(),
  scope: oneOf(['connection', 'message'], 'What chance, skip, times and sequence count.').optional(),
  skip: count('The first matches that pass.', '0', '1000000000').optional(),
  times: count('It is over after so many hits.', '1', '1000000000').optional(),
  sequence: strict({
    fail: count('So many fail,', '1', '1000000000'),
    pass: count('then so many pass, and again.', '1', '1000000000'),
  }, 'Fails and passes in turn.').optional(),
  for: span('How long it lasts; to the end of the method unless given, at most 60 s.').optional(),
  run: words('A real action: a program and its arguments, no shell.').optional(),
  undo: words('What undoes `run`; it always runs.').optional(),
  timeout: span('How long `run` and `undo` may each take.', '1h').optional(),
  pause: text('Waits for a person, who is shown this text.').optional(),
}, 'One thing that is done to the system: one of fault, scenario, run and pause.')

const of = (what: string) => text(what).optional()
export const expectation = strict({
  signal: signal.optional(),
  where: narrowing,
  ...comparisons,
  during: text('baseline, fault, recovery, all, or a step\'s name; `fault` unless given.').optional(),
  recovery: of('Signal whose time from healing until good again is judged.'),
  outage: of('Signal whose equivalent full outage is judged.'),
  detect: of('Target whose time until the first visible reaction is judged.'),
  degraded: of('Signal whose time spent bad is judged.'),
  refill: of('Target whose time until its connections are back is judged.'),
  depth: of('Signal whose deepest fall is judged.'),
  lost: of('Signal whose lost operations are judged.'),
  flaps: of('Signal whose relapses are judged.'),
  retries: of('Target whose amplification by retries is judged.'),
  storm: of('Target whose peak of reconnects is judged.'),
  within: time('The longest time allowed.').optional(),
  step: text('The step whose episode is meant; the last unless given.').optional(),
}, 'What must have been so, or the run fails.')

export const profile = strict({
  target: text('The application: its name under `apps`, or app.'),
  during: text('fault: while any step holds; or the name of a step. fault unless given.').optional(),
  interval: time('How often it is looked at what runs; 1 ms unless given.', '100us', '100ms').optional(),
}, 'Takes CPU profiles of a Node application, before the fault and under it, and compares them.')

/** Kinds of section: read as one value, entry by entry of a mapping, or item by item of a list. */
export const SECTIONS = {
  vars: { of: 'map', item: printable('Text, which may hold ${NAME} of the environment.'), about: 'Values that ${vars.NAME} stands for; `--var NAME=…` beats them.' },
  targets: { of: 'map', item: target, about: 'The dependencies that are put behind proxies.' },
  apps: { of: 'map', item: app, about: 'Several applications; each has its own listeners, so `where: { from: NAME }` hits one.' },
  data: { of: 'map', item: data, about: 'Values that operations of loads differ by.' },
  load: { of: 'map', item: load, about: 'The load: open loop unless `users` are given, with latency from the intended send time.' },
  probes: { of: 'map', item: probe, about: 'Readings beside the load.' },
  steady_state: { of: 'list', item: condition, about: 'Must hold at baseline, else the run is refused, and at the end of recovery, else it fails.' },
  abort: { of: 'list', item: abortCondition, about: 'Stops the method and heals at once.' },
  alerts: { of: 'list', item: alert, about: 'Raised by patterns in the live figures of targets; they stop nothing.' },
  method: { of: 'list', item: step, about: 'What is done to the system, and when.' },
  expect: { of: 'list', item: expectation, about: 'What must have been so.' },
} as const

export const VALUES = {
  name: text('Lower-case letters, digits, dot, dash, underscore.'),
  question: text('What the experiment asks.').optional(),
  tags: list(text('A tag.'), 'For `--tags`.', { max: 32 }).optional(),
  seed: measured(integer('Makes chance repeatable; a random one is printed.', undefined, { min: '0', max: '2147483647' })).optional(),
  corruption: oneOf(['allow'], 'Needed by faults that falsify data.').optional(),
  app: app.optional(),
  windows: windows.optional(),
  profile: profile.optional(),
  repeat: count('How many times the experiment runs.', '1', '100').optional(),
} as const

const KEYS = ['name', 'question', 'tags', 'seed', 'corruption', 'vars', 'targets', 'app', 'apps', 'data', 'load', 'probes', 'windows', 'profile', 'steady_state', 'abort', 'alerts', 'method', 'expect', 'repeat'] as const
export const EXPERIMENT_KEYS: readonly string[] = KEYS
/** What brownout.yaml may hold, for every experiment at or below it. */
export const SHARED_KEYS: readonly string[] = ['vars', 'targets', 'app', 'apps', 'data', 'load', 'probes', 'windows', 'steady_state', 'abort', 'alerts']

const section = ({ of: kind, item, about }: { readonly of: 'map' | 'list'; readonly item: z.ZodType; readonly about: string }) =>
  (kind === 'map' ? table(item, about) : list(item, about)).optional()

/** The whole file as one schema, for JSON Schema; the reader goes section by section, so that one bad entry hides no other. */
export const experiment = strict(Object.fromEntries(KEYS.map((key) =>
  [key, key in VALUES ? VALUES[key as keyof typeof VALUES] : section(SECTIONS[key as keyof typeof SECTIONS])])))

export type TargetInput = z.infer<typeof target>
export type AppInput = z.infer<typeof app>
export type DataInput = z.infer<typeof data>
export type LoadInput = z.infer<typeof load>
export type JourneyStepInput = z.infer<typeof journeyStep>
export type ProbeInput = z.infer<typeof probe>
export type ProfileInput = z.infer<typeof profile>
export type WindowsInput = z.infer<typeof windows>
export type ConditionInput = z.infer<typeof condition>
export type AbortInput = z.infer<typeof abortCondition>
export type AlertInput = z.infer<typeof alert>
export type StepInput = z.infer<typeof step>
export type ExpectationInput = z.infer<typeof expectation>
/** A ratio or a ramp of it. */
export const CHANCE = share('The share of connections that are hit.')
