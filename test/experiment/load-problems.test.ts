import assert from 'node:assert/strict'
import { formatProblem } from '../../src/experiment/problem.ts'
import { loadText, problemsOf, planOf } from './fake-faults.ts'

/** A method on a redis target and a load, with one step or other rest of a file. */
const around = (rest: string): string => `name: x
targets: { cache: { upstream: "redis://127.0.0.1" }, db: { upstream: "tcp://h:1" } }
load: { checkout: { http: "GET http://127.0.0.1:1/", rate: 100/s } }
${rest}`
const web = (rest: string): string => `name: x
targets: { pay: { upstream: "http://h", routes: [/shops/:shop] } }
${rest}`
const step = (text: string): string => around(`method:\n  - ${text}`)

/** [what, the file with ¶ where the problem is, its code, part of its message, part of its hint]. */
type Case = readonly [string, string, string, string, string]

const KEYS: readonly Case[] = [
  ['an unknown key at the top', around('¶stady_state: []'), 'KEY_UNKNOWN', '"stady_state" means nothing here', 'did you mean "steady_state"?'],
  ['an unknown key in a target', 'name: x\ntargets:\n  cache:\n    ¶upsteam: redis://h', 'KEY_UNKNOWN', '"upsteam"', 'did you mean "upstream"?'],
  ['an unknown key of TLS', 'name: x\ntargets: { c: { upstream: "redis://h", tls: { ¶clint: terminate } } }', 'KEY_UNKNOWN', '"clint"', 'did you mean "client"?'],
  ['a parameter that is not under `params:`', step('{ step: a, fault: latency, on: cache, ¶delay_time: 1s }'), 'KEY_UNKNOWN', '"delay_time"', 'under `params:`'],
  ['a missing key', 'name: x\ntargets:\n  ¶cache: { protocol: redis }', 'KEY_MISSING', '`upstream` is missing', 'docs/experiments.md'],
  ['no name', '¶targets: {}', 'KEY_MISSING', '`name` is missing', ''],
  ['no mapping at all', '¶- 1', 'VALUE_INVALID', 'not a mapping', ''],
  ['an empty file', '¶', 'VALUE_INVALID', 'not a mapping', ''],
  ['a list where names are due', 'name: x\ntargets: ¶[]', 'VALUE_INVALID', 'a mapping of names', ''],
  ['a mapping where a list is due', 'name: x\nmethod: ¶{ a: 1 }', 'VALUE_INVALID', 'expected a list', 'each entry begins with "- "'],
  ['`on` that YAML 1.1 has turned into `true`', step('{ step: a, fault: partition, ¶true: cache }'), 'KEY_UNKNOWN', '"true"', 'write "on" with quotes'],
]

const VALUES: readonly Case[] = [
  ['a time without a unit', around('windows: { warmup: ¶5 }'), 'VALUE_INVALID', 'a duration such as 250ms', ''],
  ['a time below zero', around('windows: { warmup: ¶-5s }'), 'VALUE_INVALID', 'not "-5s"', ''],
  ['a number past all numbers', around('repeat: ¶1e309'), 'VALUE_INVALID', 'not a number', ''],
  ['no number', around('repeat: ¶.nan'), 'VALUE_INVALID', 'not a number', ''],
  ['a rate of zero', 'name: x\nload: { a: { http: "GET http://h/", rate: ¶0/s } }', 'VALUE_INVALID', 'from 0.01/s to 100000/s', ''],
  ['a word that is near the right one', 'name: x\ntargets: { c: { upstream: "redis://h", tls: { client: ¶terminat } } }', 'VALUE_INVALID', 'one of terminate, passthrough', 'did you mean "terminate"?'],
  ['a number where text is due', 'name: ¶007', 'VALUE_INVALID', 'expected text, not 7', 'YAML reads 007 as the number 7: for text write "007" with quotes'],
  ['a leading zero in an environment variable', 'name: x\napp: { command: [a], env: { ZIP: ¶01234 } }', 'VALUE_INVALID', 'ZIP: expected text', 'write "01234" with quotes'],
  ['a baseline that is too short to know what is normal', around('windows: { baseline: ¶2s }'), 'VALUE_INVALID', '8 buckets', 'lengthen `baseline`'],
  ['a load that does nothing', 'name: x\nload: { ¶a: { rate: 1/s } }', 'VALUE_INVALID', 'nothing says what is to be done', 'one of http, journey, journeys, redis, postgres, websocket'],
  ['a load that does two things', 'name: x\nload: { ¶a: { redis: PING, postgres: x, rate: 1/s } }', 'VALUE_INVALID', 'redis and postgres', ''],
  ['a key of another kind of load', 'name: x\nload: { a: { redis: PING, url: "redis://h", ¶ok: 2xx, rate: 1/s } }', 'KEY_UNKNOWN', '`ok` means nothing with redis', ''],
  ['a load without its URL', 'name: x\nload: { ¶a: { redis: PING, rate: 1/s } }', 'KEY_MISSING', '`url` is missing', '${targets.NAME.url}'],
  ['a load on the wrong scheme', 'name: x\nload: { a: { redis: PING, url: ¶"http://h", rate: 1/s } }', 'VALUE_INVALID', 'redis:// or rediss://', ''],
  ['an http load without a method', 'name: x\nload: { a: { http: ¶"get http://h/", rate: 1/s } }', 'VALUE_INVALID', 'expected METHOD URL', 'POST http://'],
  ['a header that would break the request', 'name: x\nload: { a: { http: "GET http://h/", rate: 1/s, headers: ¶{ x: "a\\r\\nb: c" } } }', 'VALUE_INVALID', 'no header that can be sent', ''],
  ['`app` and `apps`', 'name: x\napp: { command: [a] }\n¶apps: { b: { command: [b] } }', 'VALUE_INVALID', 'cannot go together', ''],
]

/** A journey of these steps; a WebSocket load with these keys. */
const journey = (...steps: readonly string[]): string => around(`probes: {}\n`).replace('load: {', `load: { buy: { journey: [${steps.join(', ')}], rate: 1/s },`)
const sockets = (keys: string): string => around('').replace('load: {', `load: { live: { websocket: "ws://h/", ${keys} },`)
const CART = '{ http: "POST http://h/carts", capture: { cart: "json:id" } }'

const paced = (keys: string): string => `name: x\nload: { a: { http: "GET http://h/", ${keys} } }`

const PACES: readonly Case[] = [
  ['a load without a pace', 'name: x\nload: { ¶a: { http: "GET http://h/" } }', 'KEY_MISSING', '`rate` is missing', 'for a closed loop users: 50'],
  ['a rate beside users', paced('users: 5, ¶rate: 5/s'), 'KEY_UNKNOWN', 'means nothing with `users`', 'one of the two'],
  ['thinking without users', paced('rate: 5/s, ¶think: 1s'), 'KEY_UNKNOWN', '`think` means nothing without `users`', 'a step of a journey can think'],
  ['a ramp without its time', paced('rate: { from: 1/s, ¶to: 5/s }').replace('¶', '').replace('rate:', '¶rate:'), 'KEY_MISSING', '`over` is missing', ''],
  ['a key that a ramp does not have', paced('rate: { from: 1/s, to: 5/s, over: 1s, ¶each: 1s }'), 'KEY_UNKNOWN', '"each" means nothing here', ''],
  ['a step that is no rate', paced('rate: { steps: [1/s, ¶2], each: 1s }'), 'VALUE_INVALID', 'a rate such as 100/s', ''],
  ['a spike without its length', paced('rate: { base: 1/s, spike: 5/s, at: 1s }').replace('rate:', '¶rate:'), 'KEY_MISSING', '`for` is missing', ''],
  ['a misspelt spike', paced('rate: { base: 1/s, spike: 5/s, ¶aat: 1s, for: 1s }'), 'KEY_UNKNOWN', '"aat"', 'did you mean "at"?'],
  ['no rate at all', paced('rate: ¶{ from: 0/s, to: 0/s, over: 1s }'), 'VALUE_INVALID', 'nothing would ever be sent', ''],
  ['arrivals of no kind', paced('rate: 1/s, arrivals: ¶poison'), 'VALUE_INVALID', 'one of even, poisson', 'did you mean "poisson"?'],
  ['more processes than users', paced('users: 2, processes: ¶3'), 'VALUE_INVALID', 'cannot share 2 users', ''],
  ['more processes than connections', 'name: x\nload: { a: { redis: PING, url: "redis://h", rate: 1/s, connections: 1, processes: ¶2 } }', 'VALUE_INVALID', 'cannot share 1 connections', ''],
  ['a driver that is not installed', 'name: x\nload: { a: { k6: ¶s.js } }', 'LOAD_DRIVER_MISSING', 'k6 is not on the PATH', 'install it'],
  ['a command that is not there', 'name: x\nload: { a: { command: [¶no-such-program-7f2a, a] } }', 'LOAD_DRIVER_MISSING', 'no-such-program-7f2a is not on the PATH', ''],
  ['a key of a driver with a load of ours', paced('rate: 5/s, ¶workers: 2'), 'KEY_UNKNOWN', '`workers` means nothing with http', ''],
  ['users where the system sends', sockets('expect: messages, ¶users: 5'), 'KEY_UNKNOWN', '`users` means nothing with expect: messages', 'the system sends'],
]

const LOADS: readonly Case[] = [
  ['a journey without a request', journey('{ think: 1s }').replace('[{', '¶[{'), 'VALUE_INVALID', 'no request in it', 'http: METHOD URL'],
  ['a journey without a step', journey().replace('[]', '¶[]'), 'VALUE_INVALID', 'at least one step', ''],
  ['a step that asks and thinks', journey(CART, '¶{ http: "GET http://h/", think: 1s }'), 'VALUE_INVALID', 'either asks or thinks', 'one of `http` and `think`'],
  ['a thought with a body', journey(CART, '{ think: 1s, ¶body: x }'), 'KEY_UNKNOWN', '`body` means nothing with think', ''],
  ['an unknown key in a step', journey('{ http: "GET http://h/", ¶captures: { a: "json:id" } }'), 'KEY_UNKNOWN', '"captures"', 'did you mean "capture"?'],
  ['a capture that is used before it is taken', journey('{ http: ¶"GET http://h/${capture.cart}" }', CART), 'CAPTURE_UNKNOWN', 'no earlier step captures "cart"', 'step 2 captures it, which comes later'],
  ['a capture that is used in its own step', journey('{ http: ¶"GET http://h/${capture.cart}", capture: { cart: "json:id" } }'), 'CAPTURE_UNKNOWN', '"cart"', 'step 1 captures it, which comes no sooner'],
  ['a capture that is misspelt', journey(CART, '{ http: "GET http://h/", headers: { x: ¶"${capture.crat}" } }').replace('headers: { x: ¶"', 'headers: ¶{ x: "'), 'CAPTURE_UNKNOWN', '"crat"', 'did you mean "cart"?'],
  ['a capture in a body that nobody takes', journey('{ http: "PUT http://h/", json: ¶{ a: ["${capture.cart}"] } }'), 'CAPTURE_UNKNOWN', '"cart"', 'capture: { NAME: json:PATH }'],
  ['a capture for a host', journey(CART, '{ http: ¶"GET http://${capture.cart}/" }'), 'VALUE_INVALID', 'host and port cannot be captured', 'refer to a target'],
  ['a capture for a port', journey(CART, '{ http: ¶"GET http://h:${capture.cart}/" }'), 'VALUE_INVALID', 'host and port cannot be captured', 'refer to a target'],
  ['a capture outside a journey', around('').replace('GET http://127.0.0.1:1/', '¶GET http://127.0.0.1:1/${capture.cart}').replace('"¶', '¶"'), 'VARIABLE_UNKNOWN', '${capture.cart} stands for nothing here', 'a step of a journey'],
  ['a capture from nowhere', journey('{ http: "GET http://h/", capture: { cart: ¶id } }'), 'VALUE_INVALID', 'expected json:PATH', 'such as json:id'],
  ['a capture without a group', journey('{ http: "GET http://h/", capture: { cart: ¶/id=./ } }'), 'VALUE_INVALID', 'has no group', ''],
  ['statuses of a step that are none', journey('{ http: "GET http://h/", ok: ¶all }'), 'VALUE_INVALID', 'expected statuses, not "all"', '2xx'],
  ['a rate that is missing', around('').replace('checkout: {', '¶checkout: {').replace(', rate: 100/s', ''), 'KEY_MISSING', '`rate` is missing', 'rate: 100/s'],
  ['keep_alive as a word', around('').replace('rate: 100/s', 'rate: 100/s, keep_alive: ¶no'), 'VALUE_INVALID', 'expected true or false', ''],
  ['keep_alive of a load that has no requests', sockets('¶keep_alive: false'), 'KEY_UNKNOWN', '`keep_alive` means nothing with websocket', ''],
  ['a WebSocket load on http', sockets('').replace('"ws://h/"', '¶"http://h/"'), 'VALUE_INVALID', 'ws:// or wss://', ''],
  ['an echo whose messages cannot be told apart', sockets('send: ¶hello'), 'VALUE_INVALID', 'which message comes back', 'put {id}'],
  ['an echo whose id runs on', sockets('send: ¶"{id}0"'), 'VALUE_INVALID', 'a digit follows', ''],
  ['an id where messages come back', sockets('send: "{id}", ¶id: "json:seq"'), 'KEY_UNKNOWN', '`id` means nothing with expect: echo', '{id} in `send`'],
  ['a rate where messages arrive', sockets('expect: messages, ¶rate: 1/s'), 'KEY_UNKNOWN', '`rate` means nothing with expect: messages', '`open`'],
  ['a last id at first', sockets('open: ¶"{last_id}", id: "json:seq"'), 'VALUE_INVALID', 'at first there is no {last_id}', '`resume`'],
  ['going on from an id that is not read', sockets('¶resume: "{last_id}"'), 'KEY_MISSING', '`id` is missing', 'id: json:seq'],
  ['an id in a header', sockets('id: ¶"header:x"'), 'VALUE_INVALID', 'a message has no headers', 'json:seq'],
  ['a backoff that is misspelt', sockets('reconnect: { ¶backof: 1s }'), 'KEY_UNKNOWN', '"backof"', 'did you mean "backoff"?'],
  ['more messages than one process sends', sockets('rate: ¶100/s, connections: 5000'), 'VALUE_INVALID', '500000/s together', ''],
  ['a subprotocol that is none', sockets('headers: ¶{ sec-websocket-protocol: "a b" }'), 'VALUE_INVALID', 'sec-websocket-protocol', ''],
  ['connections of a load that keeps none', around('steady_state: [{ signal: ¶checkout.connections, at_least: 1 }]'), 'SIGNAL_UNKNOWN', 'connections is of a websocket load', 'others have p50'],
  ['a round trip of messages that arrive', `${sockets('')}steady_state: [{ signal: ¶live.p95, at_most: 1s }]`, 'SIGNAL_UNKNOWN', 'with expect: messages there is no p95', 'there are rate'],
]

const NAMES: readonly Case[] = [
  ['a name with a dot', 'name: x\ntargets: { ¶a.b: { upstream: "redis://h" } }', 'NAME_INVALID', '"a.b"', 'dash and underscore'],
  ['an experiment that would leave its folder', 'name: ¶../../x', 'NAME_INVALID', '"../../x"', ''],
  ['a NUL in a name', 'name: ¶"a\\0b"', 'NAME_INVALID', '', ''],
  ['a step named as a phase', step('{ step: ¶baseline, fault: partition, on: cache }'), 'NAME_INVALID', 'the name of a phase', ''],
  ['one name for two things', around('probes: { ¶cache: { tcp: "h:1" } }'), 'NAME_TAKEN', 'a target named "cache"', 'one namespace'],
  ['two steps of one name', around('method:\n  - { step: a, fault: partition, on: cache }\n  - { step: ¶a, fault: partition, on: cache }'), 'NAME_TAKEN', 'a step named "a"', ''],
]

const LINKS: readonly Case[] = [
  ['an unknown fault', step('{ step: a, fault: ¶latncy, on: cache }'), 'FAULT_UNKNOWN', 'no fault is named "latncy"', 'did you mean "latency"? `brownout faults` lists all'],
  ['an unknown parameter', step('{ step: a, fault: latency, on: cache, params: { delay: 1s, ¶jiter: 1s } }'), 'PARAM_UNKNOWN', 'no parameter "jiter"', 'did you mean "jitter"?'],
  ['a parameter out of its bounds', step('{ step: a, fault: latency, on: cache, params: { delay: ¶2m } }'), 'PARAM_INVALID', 'latency.delay: expected a duration', ''],
  ['a missing parameter', step('¶{ step: a, fault: latency, on: cache }'), 'PARAM_MISSING', 'needs the parameter "delay": Time to hold.', ''],
  ['a code without quotes', step('{ step: a, fault: redis.fail, on: cache, params: { code: ¶08006 } }'), 'PARAM_INVALID', 'expected text', 'YAML reads 08006 as the number 8006: for text write "08006" with quotes'],
  ['a code that YAML reads as a power of ten', step('{ step: a, fault: redis.fail, on: cache, params: { code: ¶53E2 } }'), 'PARAM_INVALID', 'expected text', 'write "53E2" with quotes'],
  ['a ramp without its length', step('{ step: a, fault: latency, on: cache, params: { delay: ¶{ from: 1s, to: 2s } } }'), 'PARAM_INVALID', '', ''],
  ['an unknown target', step('{ step: a, fault: partition, on: ¶cahe }'), 'TARGET_UNKNOWN', 'no target is named "cahe"', 'did you mean "cache"?'],
  ['a load as a target', step('{ step: a, fault: partition, on: ¶checkout }'), 'TARGET_UNKNOWN', '"checkout"', 'targets here: cache, db'],
  ['a fault of another protocol', step('{ step: a, fault: ¶redis.fail, on: db, params: { code: X } }'), 'PROTOCOL_MISMATCH', 'acts on redis, and "db" speaks tcp', ''],
  ['corruption that is not allowed', step('{ step: a, fault: ¶corrupt, on: db }'), 'CORRUPTION_REFUSED', 'falsifies data', '`corruption: allow`'],
  ['a chance on a fault of the listener', step('¶{ step: a, fault: blocked, on: db, chance: 20% }'), 'STEP_INVALID', 'acts on the listener itself', 'leave out chance'],
  ['a chance above all', step('{ step: a, fault: partition, on: db, chance: ¶120% }'), 'VALUE_INVALID', 'a share such as 20%', ''],
  ['an app that there is not', step('{ step: a, fault: partition, on: db, where: { from: ¶web } }'), 'VALUE_INVALID', 'no app is named "web"', ''],
  ['a client that is no address', step('{ step: a, fault: partition, on: db, where: { client: ¶10.0.0.0/99 } }'), 'VALUE_INVALID', 'a CIDR block', ''],
  ['a step that does two things', step('¶{ step: a, fault: partition, on: db, run: [x] }'), 'STEP_INVALID', 'fault and run cannot go together', ''],
  ['a step that does nothing', step('¶{ step: a, on: db }'), 'STEP_INVALID', 'does nothing', 'one of `fault`, `scenario`, `run` and `pause`'],
  ['`undo` without `run`', step('{ step: a, fault: partition, on: db, ¶undo: [x] }'), 'STEP_INVALID', '`undo` means nothing with fault', ''],
  ['an unknown step', step('{ step: a, after: ¶b, fault: partition, on: db }'), 'STEP_UNKNOWN', 'no step is named "b"', ''],
  ['a step that waits for itself', step('{ step: a, after: ¶a, fault: partition, on: db }'), 'STEP_INVALID', 'waits for itself', ''],
  ['repetitions that overlap', step('{ step: a, fault: partition, on: db, every: 1s, until: 9s, for: ¶2s }'), 'STEP_INVALID', 'longer than `every`', ''],
  ['an end without a repetition', step('¶{ step: a, fault: partition, on: db, until: 9s, for: 2s }'), 'STEP_INVALID', '`every` and `until` together', ''],
  ['an unknown scenario', step('{ step: a, scenario: ¶roling_partition, on: [cache] }'), 'SCENARIO_UNKNOWN', '"roling_partition"', 'did you mean "rolling_partition"?'],
  ['an unknown parameter of a scenario', step('{ step: a, scenario: rolling_partition, on: [cache], params: { ¶eech: 1s } }'), 'PARAM_UNKNOWN', '"eech"', 'did you mean "each"?'],
  ['an unknown source of a signal', around('steady_state: [{ signal: ¶chekout.p95, at_most: 1s }]'), 'SIGNAL_UNKNOWN', '"chekout"', 'did you mean "checkout.p95"?'],
  ['an unknown metric', around('steady_state: [{ signal: ¶checkout.p96, at_most: 1s }]'), 'SIGNAL_UNKNOWN', 'a load has no metric "p96"', 'did you mean'],
  ['a signal without a metric', around('steady_state: [{ signal: ¶checkout, at_most: 1s }]'), 'SIGNAL_UNKNOWN', 'is no signal', 'NAME.METRIC'],
  ['a limit in the wrong unit', around('steady_state: [{ signal: checkout.p95, at_most: ¶99% }]'), 'VALUE_INVALID', 'expected a time such as 100ms', ''],
  ['a metric of another protocol', around('steady_state: [{ signal: ¶cache.rollback_ratio, at_most: 1% }]'), 'SIGNAL_UNKNOWN', 'rollback_ratio is of a postgres target, and this one speaks redis', 'hit_ratio'],
  ['a metric of operations where none are read', around('steady_state: [{ signal: ¶db.hit_ratio, at_least: 90% }]'), 'SIGNAL_UNKNOWN', 'of a redis target, and this one speaks tcp', ''],
  ['a metric of the whole, narrowed', around('steady_state: [{ signal: ¶cache.connections, at_most: 9, where: { command: GET } }]'), 'SIGNAL_UNKNOWN', 'connections is of a target as a whole', 'p50'],
  ['a load that is narrowed', around('steady_state: [{ signal: checkout.p95, at_most: 1s, ¶where: { command: GET } }]'), 'EXPECTATION_INVALID', '`where` means nothing with a signal of a load', 'targets'],
  ['a narrowing by a label that there is not', around('steady_state: [{ signal: cache.p95, at_most: 1s, where: { ¶kee: "user:*" } }]'), 'KEY_UNKNOWN', '"kee" narrows no signal of redis', 'did you mean "key"?'],
  ['a narrowing of what is not read', around('steady_state: [{ signal: db.p95, at_most: 1s, where: { ¶table: orders } }]'), 'KEY_UNKNOWN', '"table" narrows no signal of tcp', 'no messages of tcp are read'],
  ['a narrowing by one key', around('abort: [{ signal: cache.p95, above: 1s, where: { key: ¶"user:42" } }]'), 'VALUE_INVALID', 'patterns of keys', 'write "user:*"'],
  ['a narrowing by one path', web('steady_state: [{ signal: pay.p95, at_most: 1s, where: { route: ¶/orders/17 } }]'), 'VALUE_INVALID', 'figures are kept by routes, and "/orders/17" is of /orders/:id', 'write "/orders/:id"'],
  ['a narrowing by a path that a route names', web('steady_state: [{ signal: pay.p95, at_most: 1s, where: { route: ¶/shops/ada } }]'), 'VALUE_INVALID', 'is of /shops/:shop', ''],
  ['a figure of all WebSockets, narrowed', web('steady_state: [{ signal: ¶pay.setup_p95, at_most: 1s, where: { route: /live } }]'), 'SIGNAL_UNKNOWN', 'setup_p95 is of a target as a whole', 'bytes_to_client'],
  ['a figure of HTTP where it is not read', around('steady_state: [{ signal: ¶cache.first_byte_p95, at_most: 1s }]'), 'SIGNAL_UNKNOWN', 'of a http or websocket target', ''],
  ['a recovery by what is no series', web('expect: [{ recovery: ¶pay.first_byte_p95, within: 1s }]'), 'SIGNAL_UNKNOWN', 'cannot be judged by first_byte_p95', 'p95'],
  ['routes of what has none', 'name: x\ntargets: { c: { upstream: "redis://h", routes: ¶[/a] } }', 'VALUE_INVALID', 'the target speaks redis', 'http or websocket'],
  ['a route that is no path', 'name: x\ntargets: { c: { upstream: "http://h", routes: [/a, ¶"b?c"] } }', 'VALUE_INVALID', '"b?c" is no route', '/orders/:id/items'],
  ['a narrowing by no name', around('expect: [{ signal: cache.p95, at_most: 1s, where: { command: ¶7 } }]'), 'VALUE_INVALID', 'expected text', ''],
  ['a figure of a target, narrowed', around('expect: [{ retries: cache, at_most: 3x, ¶where: { command: GET } }]'), 'EXPECTATION_INVALID', '`where` means nothing with retries', 'as a whole'],
  ['no limit', around('steady_state: [¶{ signal: checkout.p95 }]'), 'EXPECTATION_INVALID', 'there is no limit', ''],
  ['an expectation about two things', around('expect: [¶{ recovery: checkout.p95, outage: checkout.p95, within: 1s }]'), 'EXPECTATION_INVALID', 'about one thing', ''],
  ['a timing figure with the wrong bound', around('expect: [{ recovery: checkout.p95, ¶at_most: 1s }]'), 'EXPECTATION_INVALID', '`at_most` means nothing with recovery', 'write `within`'],
  ['retries of a load', around('expect: [{ retries: ¶checkout, at_most: 3x }]'), 'TARGET_UNKNOWN', 'retries is of a target', ''],
  ['a phase that there is not', around('expect: [{ signal: checkout.p95, at_most: 1s, during: ¶falt }]'), 'STEP_UNKNOWN', '"falt"', 'did you mean "fault"?'],
]

const REFERENCES: readonly Case[] = [
  ['a variable that is not set', 'name: x\ntargets: { c: { upstream: ¶"${REDIS_URL}" } }', 'VARIABLE_UNKNOWN', 'REDIS_URL is not set', '${REDIS_URL:-text}'],
  ['an unknown variable of the file', 'name: x\nvars: { redis: x }\ntargets: { c: { upstream: ¶"${vars.rdis}" } }', 'VARIABLE_UNKNOWN', 'no "rdis"', 'did you mean "redis"?'],
  ['a reference that is not closed', 'name: ¶"a${X"', 'VARIABLE_UNKNOWN', 'has no }', ''],
  ['a reference in another', 'name: ¶"${X:-${Y}}"', 'VARIABLE_UNKNOWN', 'stands around another', ''],
  ['an address before it is known', 'name: x\ntargets: { c: { upstream: ¶"${targets.c.url}" } }', 'VARIABLE_UNKNOWN', 'not known yet', 'app, apps, load, probes'],
  ['the address of no target', around('app: { command: [a], env: { U: ¶"${targets.chache.url}" } }'), 'TARGET_UNKNOWN', '"chache"', 'did you mean "cache"?'],
  ['the port of no app', around('probes: { p: { tcp: ¶"127.0.0.1:${app.port}" } }'), 'VARIABLE_UNKNOWN', 'no such app', ''],
]

const UPSTREAMS: readonly Case[] = [
  ['an unknown scheme', 'name: x\ntargets: { c: { upstream: ¶"mysql://h" } }', 'UPSTREAM_INVALID', 'mysql:// is not known', 'redis://host:6379'],
  ['a Host of what is no HTTP', 'name: x\ntargets: { c: { upstream: "redis://h", host: ¶upstream } }', 'VALUE_INVALID', 'host: the target speaks redis', 'http or websocket'],
  ['the Host of a path', 'name: x\ntargets: { c: { protocol: http, upstream: "unix:/run/x.sock", host: ¶upstream } }', 'VALUE_INVALID', 'a unix socket has no name', 'leave out'],
  ['the Host in what is encrypted', 'name: x\ntargets: { c: { upstream: "https://h", host: ¶upstream, tls: { upstream: off } } }', 'TLS_UNSUPPORTED', 'goes through encrypted', 'leave out `tls.upstream`'],
  ['a protocol that contradicts the scheme', 'name: x\ntargets: { c: { protocol: postgres, upstream: ¶"redis://h" } }', 'UPSTREAM_INVALID', 'speaks postgres, its upstream redis', ''],
  ['`prefer`', 'name: x\ntargets: { c: { upstream: "redis://h", tls: { upstream: ¶prefer } } }', 'TLS_UNSUPPORTED', '`prefer` is for postgres alone', 'require or off'],
  ['an app that is not there', 'name: x\ntargets: { c: { protocol: http, upstream: ¶"app:payment" } }\napps: { shop: { command: [a] } }', 'UPSTREAM_INVALID', 'no such app', 'app:NAME'],
  ['an app that does not say when it is up', 'name: x\ntargets: { c: { protocol: http, upstream: ¶"app" } }\napp: { command: [a] }', 'UPSTREAM_INVALID', 'nothing says when', 'ready:'],
  ['an embedded server that there is not', 'name: x\ntargets: { c: { upstream: ¶"demo:mysql" } }', 'UPSTREAM_INVALID', 'no such server', 'demo:postgres-replica'],
  ['a replica of nothing', 'name: x\ntargets: { c: { upstream: ¶"demo:postgres-replica" } }', 'UPSTREAM_INVALID', 'no demo:postgres to follow', 'upstream: "demo:postgres"'],
  ['a replica that might be of either', 'name: x\ntargets: { a: { upstream: "demo:postgres" }, b: { upstream: "demo:postgres" }, c: { upstream: ¶"demo:postgres-replica" } }', 'UPSTREAM_INVALID', '2 of demo:postgres to follow', 'leave one'],
  ['a stream to nobody', 'name: x\ntargets: { a: { upstream: "demo:postgres" }, c: { upstream: ¶"demo:postgres-replication" } }', 'UPSTREAM_INVALID', 'no demo:postgres-replica to stream to', 'demo:postgres-replica'],
  ['a stream that is to be looked into', 'name: x\ntargets: { a: { upstream: "demo:postgres" }, b: { upstream: "demo:postgres-replica" }, c: { protocol: postgres, upstream: ¶"demo:postgres-replication" } }', 'UPSTREAM_INVALID', 'speaks postgres, its upstream tcp', ''],
  ['a command with the address of a target that there is not', step('{ step: a, run: [echo, ¶"${targets.cahe.url}"] }'), 'TARGET_UNKNOWN', 'no target is named "cahe"', 'did you mean "cache"?'],
  ['an sslmode', 'name: x\ntargets: { c: { upstream: ¶"postgres://h/db?sslmode=maybe" } }', 'UPSTREAM_INVALID', 'sslmode "maybe" is not known', 'verify-full'],
  ['a certificate for the server', 'name: x\ntargets: { c: { upstream: ¶"postgres://h/db?sslmode=require&sslcert=a.pem" } }', 'TLS_UNSUPPORTED', 'no certificate of a client', 'leave TLS to the application'],
  ['a certificate without its key', 'name: x\ntargets: { c: { upstream: "redis://h", tls: ¶{ client: terminate, cert: a.pem } } }', 'VALUE_INVALID', 'need each other', ''],
  ['a cluster that does not speak redis', 'name: x\ntargets: { c: { upstream: "postgres://h/db", cluster: ¶true } }', 'VALUE_INVALID', 'the target speaks postgres', 'speak redis'],
  ['a cluster behind a unix socket', 'name: x\ntargets: { c: { protocol: redis, upstream: ¶"unix:/run/redis.sock", cluster: true } }', 'UPSTREAM_INVALID', 'by TCP only', 'a host and a port'],
  ['a cluster through a Toxiproxy', 'name: x\ntargets: { c: { upstream: "redis://h", via: "toxiproxy://t:8474", cluster: ¶true } }', 'VIA_UNSUPPORTED', 'does not rewrite', 'leave out `via` or `cluster`'],
  ['a cluster whose bytes cannot be read', 'name: x\ntargets: { c: { upstream: "rediss://h", tls: { upstream: off }, cluster: ¶true } }', 'TLS_UNSUPPORTED', 'encrypted', 'leave out `tls.upstream`'],
  ['a listener that is no address', 'name: x\ntargets: { c: { upstream: "redis://h", listen: ¶"6380" } }', 'VALUE_INVALID', 'expected HOST:PORT', ''],
]

const SYNTAX: readonly Case[] = [
  ['a tag', 'name: ¶!!binary aGk=', 'YAML_INVALID', 'Unresolved tag', 'tags such as !name'],
  ['a merge key', 'name: x\nwindows: { ¶<<: { warmup: 1s } }', 'YAML_INVALID', 'merge keys', 'brownout.yaml'],
  ['a key twice', 'name: x\n¶name: y', 'YAML_INVALID', 'there twice', ''],
  ['__proto__', 'name: x\n¶__proto__: { a: 1 }', 'YAML_INVALID', 'not allowed', ''],
  ['constructor', 'name: x\nvars: { ¶constructor: a }', 'YAML_INVALID', 'not allowed', ''],
  ['two documents', 'name: x\n¶---\nname: y', 'YAML_INVALID', 'multiple documents', 'one experiment a file'],
  ['a leading asterisk', 'name: ¶*x', 'YAML_INVALID', 'nothing is anchored as &x', 'starts with * needs quotes'],
  ['a regex with a brace inside { }', step('{ step: a, where: { client: ^a¶{2,3}$ } }'), 'YAML_INVALID', '', 'needs quotes'],
  ['a # inside { }', step('{ step: a #b, on: cache }¶'), 'YAML_INVALID', '', '" #" inside { }'],
  ['text with a comma inside { }', 'name: x\nprobes: { p: { postgres: select a, ¶b, url: "postgres://h" } }', 'KEY_UNKNOWN', '"b" means nothing here', 'a comma inside { } needs quotes'],
  ['an alias to what it stands in', 'name: x\nvars: &a { b: ¶*a }', 'YAML_INVALID', 'inside what it stands for', ''],
]

const GROUPS: Readonly<Record<string, readonly Case[]>> = { keys: KEYS, values: VALUES, loads: LOADS, paces: PACES, names: NAMES, links: LINKS, references: REFERENCES, upstreams: UPSTREAMS, syntax: SYNTAX }

for (const [group, cases] of Object.entries(GROUPS)) {
  describe(`what is wrong with ${group}`, () => {
    for (const [what, marked, code, message, hint] of cases) {
      it(`${what} is refused at its place, with what to do`, async () => {
        const before = marked.slice(0, marked.indexOf('¶')).split('\n')
        const [found, ...more] = await problemsOf(marked.replace('¶', ''))
        assert.ok(found, 'nothing was found wrong')
        assert.equal(`${found.code} at ${found.place.line}:${found.place.column}`, `${code} at ${before.length}:${(before.at(-1) ?? '').length + 1}`, formatProblem(found))
        assert.ok(found.message.includes(message), found.message)
        assert.ok(found.hint.includes(hint) && found.hint !== '', found.hint)
        if (group !== 'syntax') assert.deepEqual(more.map(formatProblem), [], 'one mistake is one problem')
      })
    }
  })
}

describe('problems', () => {
  it('are all said at once, sorted by line, whatever pass finds them', async () => {
    const problems = await problemsOf(`name: X
targets:
  cache: { upstream: "redis://h", colour: red }
  db: { upstream: "\${DB}" }
load: { a: { redis: PING, url: "\${targets.db.url}", rate: 5 } }
steady_state: [{ signal: a.p98, at_most: 1s }]
method:
  - { step: s, fault: latncy, on: cache }
  - { step: t, fault: partition, on: nowhere }
expect: [{ recovery: b.p95, within: 5s }, { outage: a.p95, within: soon }]
`)
    assert.deepEqual(problems.map(({ place, code }) => [place.line, code]), [
      [1, 'NAME_INVALID'], [3, 'KEY_UNKNOWN'], [4, 'VARIABLE_UNKNOWN'], [5, 'VALUE_INVALID'], [6, 'SIGNAL_UNKNOWN'], [8, 'FAULT_UNKNOWN'], [9, 'TARGET_UNKNOWN'],
      [10, 'SIGNAL_UNKNOWN'], [10, 'VALUE_INVALID'],
    ])
  })

  it('read as file:line:column: error CODE: what is wrong, with the hint below', async () => {
    const [problem] = await problemsOf(step('{ step: a, fault: latncy, on: cache }'))
    assert.ok(problem)
    assert.equal(formatProblem(problem), 'x.yaml:5:23: error FAULT_UNKNOWN: no fault is named "latncy"\n  did you mean "latency"? `brownout faults` lists all')
  })

  it('never show a password that stands in what is wrong', async () => {
    const problems = await problemsOf('name: x\ntargets: { c: { upstream: "${REDIS_URL}" }, d: { upstream: "mysql://u:s3cr3t-2@h" } }\nload: { a: { http: "get http://u:s3cr3t-3@h", rate: 1/s } }', { env: { REDIS_URL: 'redis://:s3cr3t-1/x@h' } })
    assert.equal(problems.length, 3)
    assert.ok(!JSON.stringify(problems).includes('s3cr3t'), JSON.stringify(problems))
  })

  it('a file that is not there is one of them', async () => {
    const loaded = await loadText('name: x', { files: {} })
    assert.ok('plan' in loaded)
    const { loadExperiment } = await import('../../src/experiment/load.ts')
    const missing = await loadExperiment('nowhere.yaml', { registry: new Map(), env: {}, vars: {}, cwd: '/' })
    assert.ok('problems' in missing)
    assert.deepEqual(missing.problems.map(({ code, place }) => [code, place]), [['FILE_UNREADABLE', { file: 'nowhere.yaml', line: 1, column: 1 }]])
  })
})

describe('too few operations', () => {
  it('are a warning in the plan, at the line that asks for them', async () => {
    const { warnings } = await planOf(around('steady_state:\n  - { signal: checkout.p999, at_most: 1s }\n  - { signal: checkout.p95, at_most: 1s }\n  - { signal: checkout.success, at_least: 99.99% }'))
    assert.deepEqual(warnings.map(({ place, message }) => [place.line, message]), [
      [5, 'checkout.p999 needs 10000 operations, and baseline will hold about 1500'], [7, 'checkout.success needs 10000 operations, and baseline will hold about 1500'],
    ])
  })

  it('are warned of where the baseline would be refused for them', async () => {
    const { warnings } = await planOf('name: x\nload: { a: { http: "GET http://h/", rate: 2/s } }')
    assert.deepEqual(warnings.map(({ place, message }) => [place.line, message]), [[2, 'the baseline will hold about 30 operations of a, and min_samples is 200']])
  })
})
