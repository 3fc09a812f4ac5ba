import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { toxiproxyCli } from '../../src/toxiproxy-cli/main.ts'
import { formatAddress } from '../../src/proxy/address.ts'
import { closeAll, later, listenOn, LOCAL } from '../proxy/stage.ts'
import { serve, type Served } from '../toxiproxy-client/stage.ts'

interface Said { readonly exit: number; readonly out: string; readonly err: string }

const program = join(fileURLToPath(new URL('../../bin', import.meta.url)), 'toxiproxy-cli.js')

const collect = (isTTY: boolean): { stream: Writable & { isTTY: boolean }; text(): string } => {
  let text = ''
  const stream = new Writable({ write(chunk, _encoding, done) { text += String(chunk); done() } })
  return { stream: Object.assign(stream, { isTTY }), text: () => text }
}

async function cli(line: string | readonly string[], env: NodeJS.ProcessEnv = {}, isTTY = false): Promise<Said> {
  const [stdout, stderr] = [collect(isTTY), collect(isTTY)]
  const exit = await toxiproxyCli(typeof line === 'string' ? line.split(' ') : line, { env, stdout: stdout.stream, stderr: stderr.stream })
  return { exit, out: stdout.text(), err: stderr.text() }
}
/** Commands against an admin API. */
const against = ({ admin }: Served) => (line: string | readonly string[], isTTY = false): Promise<Said> => cli(line, { TOXIPROXY_URL: admin.url, NO_COLOR: '1' }, isTTY)
const said = (out: string): Said => ({ exit: 0, out, err: '' })
const failed = (err: string, exit = 1): Said => ({ exit, out: '', err: `${err}\n\n` })

describe('toxiproxy-cli', () => {
  afterEach(closeAll)

  it('list: a line a proxy, sorted; nothing where there is none', async () => {
    const served = await serve()
    const run = against(served)
    await run(`create -l 127.0.0.1:0 -u ${served.upstream} another`)
    await run('toggle another')
    await run('toxic add -t latency cache')
    const another = await served.client.get('another')
    for (const name of ['list', 'l', 'li', 'ls']) {
      assert.deepEqual(await run(name), said(`another\t${another.listen}\t${served.upstream}\tdisabled\t0\ncache\t${served.proxy.listen}\t${served.upstream}\tenabled\t1\n`))
    }
    await run('delete another')
    await run('d cache')
    assert.deepEqual(await run('list'), said(''))
    assert.match((await run('list', true)).out, /^no proxies\n/)
  })

  it('create, toggle, delete say what they did', async () => {
    const served = await serve()
    const run = against(served)
    assert.deepEqual(await run(`create -l 127.0.0.1:0 -u ${served.upstream} redis`), said('Created new proxy redis\n'))
    assert.deepEqual(await run('toggle redis'), said('Proxy redis is now disabled\n'))
    assert.deepEqual(await run('tog redis'), said('Proxy redis is now enabled\n'))
    assert.deepEqual(await run('delete redis'), said('Deleted proxy redis\n'))
  })

  it('inspect: a line a toxic, attributes by name', async () => {
    const served = await serve()
    const run = against(served)
    assert.deepEqual(await run('inspect cache'), said(''))
    await run('toxic add cache --type latency --toxicity 0.5 -a latency=100 --attribute jitter=50')
    await run('t a -u -t bandwidth -n thin -a rate=1e3 cache')
    for (const name of ['inspect', 'i', 'ins']) {
      assert.deepEqual(await run(`${name} cache`), said('thin\ttype=bandwidth\tstream=upstream\ttoxicity=1.00\tattributes=[\trate=1000\t]\nlatency_downstream\ttype=latency\tstream=downstream\ttoxicity=0.50\tattributes=[\tjitter=50\tlatency=100\t]\n'))
    }
    const { out } = await run('inspect cache', true)
    assert.match(out, /Upstream toxics[\s\S]*thin[\s\S]*Downstream toxics[\s\S]*latency_downstream/)
  })

  it('toxic add, update, remove say what they did', async () => {
    const run = against(await serve())
    assert.deepEqual(await run('toxic add -t latency -a latency=10 cache'), said("Added downstream latency toxic 'latency_downstream' on proxy 'cache'\n"))
    assert.deepEqual(await run('toxic add --upstream --type=latency --toxicName=l2 cache'), said("Added upstream latency toxic 'l2' on proxy 'cache'\n"))
    assert.deepEqual(await run('toxic update -n l2 -a jitter=3 cache'), said("Updated toxic 'l2' on proxy 'cache'\n"))
    for (const [name, toxic] of [['remove', 'l2'], ['r', 'latency_downstream']]) assert.deepEqual(await run(`toxic ${name} -n ${toxic} cache`), said(`Removed toxic '${toxic}' on proxy 'cache'\n`))
  })

  it('toxic update changes what is given and nothing else: toxicity is not silently 1', async () => {
    const { admin, client, proxy } = await serve()
    const run = (line: string): Promise<Said> => cli(line, { TOXIPROXY_URL: admin.url })
    await run('toxic add -t latency -n slow --tox 0.25 -a latency=10 -a jitter=5 cache')
    await run('toxic update -n slow -a latency=20 cache')
    const slow = await (await client.get(proxy.name)).getToxic('slow')
    assert.deepEqual([slow.toxicity, slow.attributes], [0.25, { latency: 20, jitter: 5 }])
    await run('toxic u -n slow --toxicity 0.75 cache')
    const again = await proxy.getToxic('slow')
    assert.deepEqual([again.toxicity, again.attributes], [0.75, { latency: 20, jitter: 5 }])
  })

  it('flags stand anywhere, and with one dash as Go has them', async () => {
    const { admin, proxy } = await serve()
    const lines = [
      `toxic add cache -t latency -n a1 -h ${admin.url}`,
      `-h ${admin.url} toxic add -t latency cache -n a2`,
      `toxic -h ${admin.url} add -type latency -toxicName a3 cache`,
      `--host=${admin.url} t a -n=a4 cache -tox 0.5 --type latency`,
      `toxic add -n a5 --host ${admin.url.slice('http://'.length)} cache -t latency`,
    ]
    for (const line of lines) assert.equal((await cli(line)).err, '', line)
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) assert.equal((await proxy.getToxic(name)).type, 'latency')
  })

  it('--json: one document, and nothing else', async () => {
    const { admin, upstream } = await serve()
    const json = async (line: string): Promise<unknown> => JSON.parse((await cli(`${line} --json`, { TOXIPROXY_URL: admin.url })).out) as unknown
    const listed = (await json('list')) as { name: string; toxics: unknown[] }[]
    assert.deepEqual(listed.map(({ name, toxics }) => [name, toxics]), [['cache', []]])
    assert.deepEqual(await json('toxic add -t latency -n slow cache'), { name: 'slow', type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 0, jitter: 0 } })
    assert.equal(((await json('inspect cache')) as { toxics: { name: string }[] }).toxics[0]?.name, 'slow')
    assert.equal(((await json('toggle cache')) as { enabled: boolean }).enabled, false)
    assert.equal(((await json(`create x -l 127.0.0.1:0 -u ${upstream}`)) as { name: string }).name, 'x')
    assert.deepEqual(await json('toxic remove -n slow cache'), { removed: 'slow', proxy: 'cache' })
    assert.deepEqual(await json('delete x'), { deleted: 'x' })
  })

  it('what the server refuses is told in its words, exit 1', async () => {
    const served = await serve()
    const run = against(served)
    assert.deepEqual(await run(`create -l 127.0.0.1:0 -u ${served.upstream} cache`), failed('Failed to create proxy: create: HTTP 409: proxy already exists'))
    assert.deepEqual(await run('inspect nope'), failed('Failed to retrieve proxy nope: HTTP 404: proxy not found'))
    assert.deepEqual(await run('toggle nope'), failed('Failed to retrieve proxy nope: HTTP 404: proxy not found'))
    assert.deepEqual(await run('delete nope'), failed('Failed to delete proxy nope: HTTP 404: proxy not found'))
    assert.deepEqual(await run('toxic add -t bogus cache'), failed('Failed to add toxic: failed to add toxic to proxy cache: AddToxic: HTTP 400: invalid toxic type'))
    assert.deepEqual(await run('toxic update -n nope cache'), failed('Failed to update toxic: failed to update toxic nope of proxy cache: UpdateToxic: HTTP 404: toxic not found'))
    assert.deepEqual(await run('toxic remove -n nope cache'), failed('Failed to remove toxic: failed to remove toxic nope from proxy cache: RemoveToxic: HTTP 404: toxic not found'))
    assert.match((await run('toxic add -t latency -a latency=soon cache')).err, /^Failed to add toxic: .*HTTP 400: /)
  })

  it('what is wrong with the command is told before anything is asked', async () => {
    const lines: readonly (readonly [string, string])[] = [
      ['toxic add -t latency --toxicity 1.5 cache', 'toxicity should be a float between 0 and 1.'],
      ['toxic add -t latency --toxicity much cache', 'toxicity should be a float between 0 and 1.'],
      ['toxic add -t latency -u -d cache', 'Only one should be specified: upstream or downstream.'],
      ['inspect', 'Proxy name is required as the first argument.'],
      ['toxic add -t latency', 'Proxy name is required as the first argument.'],
      ['create -u localhost:1 x', "Required argument 'listen' was empty."],
      ['create -l localhost:1 x', "Required argument 'upstream' was empty."],
      ['toxic add cache', "Required argument 'type' was empty."],
      ['toxic remove cache', "Required argument 'toxicName' was empty."],
      ['toxic add -t latency -a latency cache', "attribute 'latency' has no value: write NAME=VALUE"],
      ['delete a b', "'b' means nothing here: `toxiproxy-cli delete --help`"],
    ]
    for (const [line, text] of lines) assert.deepEqual(await cli(line, { TOXIPROXY_URL: 'http://127.0.0.1:9' }), failed(text), line)
    assert.match((await cli('list --bogus')).err, /--bogus/)
  })

  it('an unknown command is exit 3; none at all is the help', async () => {
    assert.deepEqual(await cli('bogus'), failed("No help topic for 'bogus'", 3))
    assert.deepEqual(await cli('toxic bogus'), failed("No help topic for 'bogus'", 3))
    for (const line of [[], ['--help'], ['help'], ['toxic'], ['create', '--help']]) {
      const { exit, out, err } = await cli(line)
      assert.deepEqual([exit, err], [0, ''])
      assert.match(out, /^toxiproxy-cli [\s\S]*--host, -h/)
    }
    assert.deepEqual(await cli('--version'), said('toxiproxy-cli version 2.12.0\n'))
    assert.deepEqual(await cli('-v'), said('toxiproxy-cli version 2.12.0\n'))
  })

  it('a server that is not there, or is something else, is told with its address', async () => {
    const gone = await listenOn(LOCAL, () => undefined)
    gone.server.close()
    await once(gone.server, 'close')
    const { err, exit } = await cli(`list -h ${formatAddress(gone.address)}`)
    assert.equal(exit, 1)
    assert.match(err, /^Failed to retrieve proxies: http:\/\/127\.0\.0\.1:\d+ does not answer: .*ECONNREFUSED/)
    const page = createServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1')
    await once(page, 'listening')
    later(() => page.close())
    const address = page.address()
    const port = typeof address === 'object' && address ? address.port : 0
    assert.match((await cli(`list -h 127.0.0.1:${port}`)).err, /answers no JSON: is it the admin API\?/)
    const { address: raw } = await listenOn(LOCAL, (socket) => socket.destroy())
    assert.match((await cli(`list -h ${formatAddress(raw)}`)).err, /does not answer/)
  })

  it('sends the token that it is given', async () => {
    const heard: (string | undefined)[] = []
    const server = createServer((request, response) => { heard.push(request.headers.authorization, request.headers['user-agent']); response.end('{}') }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    later(() => server.close())
    const address = server.address()
    const host = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    await cli(`list -h ${host} --token flagged`, { BROWNOUT_TOKEN: 'environment' })
    await cli(`list -h ${host}`, { BROWNOUT_TOKEN: 'environment' })
    await cli(`list -h ${host}`)
    assert.deepEqual(heard.filter((_, i) => i % 2 === 0), ['Bearer flagged', 'Bearer environment', undefined])
    assert.match(heard[1] ?? '', /^toxiproxy-cli\/2\.12\.0 \(/)
  })

  it('names with spaces, slashes and control characters: reached, and harmless on a terminal', async () => {
    const served = await serve()
    const run = against(served)
    const name = 'a b/ü\u001b[31m'
    assert.equal((await run(['create', '-l', '127.0.0.1:0', '-u', served.upstream, name])).err, '')
    assert.ok((await run('list')).out.startsWith('a b/ü?[31m\t'))
    assert.deepEqual(await run(['delete', name]), said('Deleted proxy a b/ü?[31m\n'))
  })

  it('ends in peace when its reader has gone', async () => {
    const { admin, client, upstream } = await serve()
    await client.populate(Array.from({ length: 300 }, (_, i) => ({ name: `proxy-with-a-long-name-${i}`, listen: `127.0.0.1:${i + 1}`, upstream, enabled: false })))
    const child = spawn(process.execPath, [program, 'list', '-h', admin.url], { stdio: ['ignore', 'pipe', 'pipe'] })
    const err = collect(false)
    child.stderr.pipe(err.stream)
    child.stdout.destroy()
    const [exit] = await once(child, 'close')
    assert.deepEqual([exit, err.text()], [0, ''])
  })

  it('is a program', async () => {
    const { admin } = await serve()
    const { stdout } = await promisify(execFile)(process.execPath, [program, 'list', '-h', admin.url])
    assert.match(stdout, /^cache\t/)
    await assert.rejects(promisify(execFile)(process.execPath, [program, 'delete', 'nope', '-h', admin.url]), { code: 1, stderr: 'Failed to delete proxy nope: HTTP 404: proxy not found\n\n' })
  })
})
