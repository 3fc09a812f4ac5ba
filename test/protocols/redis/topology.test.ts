/** Addresses of nodes in replies: real ones, made ones, and bytes that are none. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { Decoder } from 'ioredis/built/resp/decoder.js'
import { type NodeMap, NOWHERE, rewriteNodes, tellsNodes } from '../../../src/protocols/redis/topology.ts'
import type { NodeAddress } from '../../../src/protocols/redis/topology-text.ts'
import { readValue } from '../../../src/protocols/redis/value.ts'
import { ROOT } from '../../support/paths.ts'
import { array, bulk, push } from './wire.ts'

interface Fixture { readonly about: string; readonly command: string | null; readonly resp: number; readonly wire: string }
interface Fixtures { readonly server: string; readonly ports: readonly number[]; readonly replies: readonly Fixture[] }
const { server, ports, replies } = JSON.parse(readFileSync(join(ROOT, 'test/fixtures/redis-topology.json'), 'utf8')) as Fixtures

const COMMANDS = ['CLUSTER SLOTS', 'CLUSTER SHARDS', 'CLUSTER NODES', 'CLUSTER REPLICAS', 'CLUSTER SLAVES', 'SENTINEL GET-MASTER-ADDR-BY-NAME', 'SENTINEL MASTERS', 'SENTINEL MASTER', 'SENTINEL REPLICAS', 'SENTINEL SLAVES', 'SENTINEL SENTINELS', 'ROLE', 'INFO'] as const

/** One line of a reply for each value that a client would see. */
function seen(wire: string | Buffer): string {
  const values: unknown[] = []
  const decoder = new Decoder({ onReply: (value) => values.push(value), onErrorReply: (error) => values.push(`-${error.message}`), onPush: (value) => values.push(value), getTypeMapping: () => ({}) })
  decoder.write(Buffer.from(wire))
  return JSON.stringify(values.map(asText))
}

/** Strings in place of bytes, however deep. */
const asText = (value: unknown): unknown =>
  Buffer.isBuffer(value) ? value.toString('latin1') : Array.isArray(value) ? value.map(asText) : value instanceof Error ? `-${value.message}`
    : typeof value === 'object' && value !== null ? Object.entries(value).map(([key, one]) => [key, asText(one)]) : value

const said = (wire: string, command: string | undefined, map: NodeMap, tls = false): string => rewriteNodes(Buffer.from(wire, 'latin1'), { command }, map, tls).raw.toString('latin1')
/** The proxy of a node: its port and one. */
const proxied: NodeMap = ({ port }) => ({ host: 'proxy.test', port: port + 1 })
const PORTS = new RegExp(`(?<![\\d@])(${ports.join('|')})(?!\\d)`, 'g')
/** The messages of a wire, each by itself. */
function cut(wire: string): string[] {
  const messages: string[] = []
  for (let at = 0; at < wire.length;) {
    const end = readValue(Buffer.from(wire.slice(at), 'latin1'))?.end ?? wire.length
    messages.push(wire.slice(at, at + end))
    at += end
  }
  return messages
}

describe('redis topology', () => {
  describe(`replies of ${server}`, () => {
    for (const { about, command, resp, wire } of replies) {
      const name = `${command ?? 'pub/sub'} in RESP${resp}, ${about}`
      // Where a host is not told, a client takes the one that it knows: these have cases of their own below.
      if (!/unknown endpoints|a lone node|lack their name/.test(about)) {
        it(`${name}: every address is the proxy's, every other value is the server's`, () => {
          const expected = seen(wire).replace(/127\.0\.0\.1|2001:db8::7|node\d\.internal/g, 'proxy.test').replace(PORTS, (port) => String(Number(port) + 1))
          assert.equal(seen(cut(wire).map((one) => said(one, command ?? undefined, proxied)).join('')), expected)
        })
      }

      it(`${name}: no address is passed on that the map does not know, and each is asked for`, () => {
        for (const one of cut(wire)) {
          const { raw, unknown } = rewriteNodes(Buffer.from(one, 'latin1'), { command: command ?? undefined }, () => undefined)
          const shown = seen(raw)
          const hosts = (shown.match(/2001:db8::7|node\d\.internal/g) ?? []).length
          // A redirection to a node that has no name leads nowhere as it is.
          if (!one.includes('?')) assert.deepEqual([shown.match(PORTS), hosts], [null, 0], shown)
          assert.equal(unknown.length > 0 && !one.startsWith('-'), shown !== seen(one) && !one.startsWith('-'))
          for (const { host, port } of unknown) assert.ok(ports.includes(port) && /^(127\.0\.0\.1|2001:db8::7|node\d\.internal|)$/.test(host), `${host}:${port}`)
        }
      })

      // Of a node with a name and an address the proxy's is said in place of both.
      if (!/unknown endpoints|with names/.test(about)) {
        it(`${name}: told as it is, it is the very same bytes`, () => {
          const raw = Buffer.from(wire, 'latin1')
          assert.equal(rewriteNodes(raw, { command: command ?? undefined }, (node) => node).raw, raw)
        })
      }
    }

    it('cover every command that tells where nodes are', () => {
      const covered = new Set(replies.map(({ command }) => command))
      // Older names of the same.
      assert.deepEqual(COMMANDS.filter((command) => !covered.has(command)), ['CLUSTER SLAVES', 'SENTINEL SLAVES'])
      assert.ok(COMMANDS.every(tellsNodes))
    })
  })

  describe('redirections', () => {
    const CASES: readonly (readonly [wire: string, becomes: string])[] = [
      ['-MOVED 3999 127.0.0.1:6381\r\n', '-MOVED 3999 proxy.test:6382\r\n'],
      ['-ASK 3999 cache-1.internal:6381\r\n', '-ASK 3999 proxy.test:6382\r\n'],
      ['-MOVED 3999 ::1:6381\r\n', '-MOVED 3999 proxy.test:6382\r\n'],
      ['-MOVED 3999 :6381\r\n', '-MOVED 3999 proxy.test:6382\r\n'],
      ['-REDIRECT 127.0.0.1:6381\r\n', '-REDIRECT proxy.test:6382\r\n'],
      ['!26\r\nMOVED 3999 127.0.0.1:6381\r\n\r\n', '!26\r\nMOVED 3999 127.0.0.1:6381\r\n\r\n'],
      ['!25\r\nMOVED 3999 127.0.0.1:6381\r\n', '!26\r\nMOVED 3999 proxy.test:6382\r\n'],
      ['|1\r\n+a\r\n*1\r\n:1\r\n-MOVED 3999 127.0.0.1:6381\r\n', '|1\r\n+a\r\n*1\r\n:1\r\n-MOVED 3999 proxy.test:6382\r\n'],
      // Nobody can follow these.
      ...['-MOVED 3999 ?:6381\r\n', '-MOVED 3999 127.0.0.1:0\r\n', '-MOVED 3999 127.0.0.1:65536\r\n', '-MOVED 3999 127.0.0.1:\r\n', '-MOVED\r\n', '-MOVED x 127.0.0.1:6381\r\n'].map((wire) => [wire, wire] as const),
      // And these are no redirections.
      ...['-ERR MOVED 3999 127.0.0.1:6381\r\n', '+MOVED 3999 127.0.0.1:6381\r\n', '$25\r\nMOVED 3999 127.0.0.1:6381\r\n'].map((wire) => [wire, wire] as const),
    ]
    for (const [wire, becomes] of CASES) it(`${JSON.stringify(wire)} becomes ${wire === becomes ? 'nothing else' : JSON.stringify(becomes)}`, () => assert.equal(said(wire, 'GET', proxied), becomes))

    it('are found in the array of an EXEC, and answers of its commands that tell nodes too', () => {
      const wire = array(bulk('MOVED 1 127.0.0.1:1'), '-MOVED 3999 127.0.0.1:6381\r\n', array(bulk('127.0.0.1'), bulk('6379')), array(bulk('127.0.0.1'), bulk('6379')))
      const queued = new Map([[3, 'SENTINEL GET-MASTER-ADDR-BY-NAME']])
      const { raw } = rewriteNodes(Buffer.from(wire), { command: 'EXEC', queued }, proxied)
      assert.equal(raw.toString(), array(bulk('MOVED 1 127.0.0.1:1'), '-MOVED 3999 proxy.test:6382\r\n', array(bulk('127.0.0.1'), bulk('6379')), array(bulk('proxy.test'), bulk('6380'))))
    })

    it('are left alone where they are data: in the reply of a command that keeps its values', () => {
      const wire = array('-MOVED 3999 127.0.0.1:6381\r\n')
      assert.equal(said(wire, 'EVAL', proxied), wire)
    })
  })

  describe('a host that is not told is that of the node that answers', () => {
    it('CLUSTER SLOTS: null, empty; a node that lacks its name keeps ?, and the address beside it is rewritten', () => {
      const slots = (host: string, more: string): string => array(array(':0\r\n', ':16383\r\n', array(host, ':7000\r\n', bulk('id'), more)))
      const here: NodeMap = ({ host, port }) => ({ host: host === '' ? 'here' : `${host}'`, port: port + 1 })
      const told = (host: string, more: string): string => said(slots(host, more), 'CLUSTER SLOTS', here)
      assert.equal(told('$-1\r\n', array(bulk('ip'), bulk('10.0.0.1'))), slots(bulk('here'), array(bulk('ip'), bulk('here'))).replace(':7000', ':7001'))
      assert.equal(told('_\r\n', `%1\r\n${bulk('ip')}${bulk('10.0.0.1')}`), slots(bulk('here'), `%1\r\n${bulk('ip')}${bulk('here')}`).replace(':7000', ':7001'))
      assert.equal(told(bulk(''), array()), slots(bulk('here'), array()).replace(':7000', ':7001'))
      assert.equal(told(bulk('?'), array(bulk('ip'), bulk('10.0.0.1'))), slots(bulk('?'), array(bulk('ip'), bulk("10.0.0.1'"))).replace(':7000', ':7001'))
      assert.equal(told(bulk('?'), array()), slots(bulk('?'), array()))
    })

    it('CLUSTER SHARDS: an empty endpoint stays empty, and the address beside it is rewritten', () => {
      const shard = (fields: readonly string[]): string => array(array(bulk('slots'), array(), bulk('nodes'), array(array(...fields))))
      const node = (port: string, ip: string, endpoint: string): string => shard([bulk('port'), port, bulk('ip'), bulk(ip), bulk('endpoint'), bulk(endpoint)])
      assert.equal(said(node(':7000\r\n', '10.0.0.1', ''), 'CLUSTER SHARDS', proxied), node(':7001\r\n', 'proxy.test', ''))
      assert.equal(said(node(':7000\r\n', '', ''), 'CLUSTER SHARDS', proxied), node(':7001\r\n', '', ''))
    })

    it('CLUSTER NODES and MOVED have no host either', () => {
      assert.equal(said(bulk('id :7000@17000 myself,master - 0 0 0 connected 0-16383\n'), 'CLUSTER NODES', proxied), bulk('id proxy.test:7001@17000 myself,master - 0 0 0 connected 0-16383\n'))
      assert.equal(said('-MOVED 12182 :7000\r\n', 'GET', proxied), '-MOVED 12182 proxy.test:7001\r\n')
    })
  })

  it('CLUSTER SHARDS with two ports: the one that the target speaks decides, both lead to its listener', () => {
    const shards = (plain: number, secure: number): string => array(array(bulk('slots'), array(), bulk('nodes'), array(array(
      bulk('id'), bulk('a'), bulk('port'), `:${plain}\r\n`, bulk('tls-port'), `:${secure}\r\n`, bulk('ip'), bulk('proxy.test'), bulk('endpoint'), bulk('proxy.test')))))
    assert.equal(said(shards(7000, 7500), 'CLUSTER SHARDS', proxied), shards(7001, 7001))
    assert.equal(said(shards(7000, 7500), 'CLUSTER SHARDS', proxied, true), shards(7501, 7501))
  })

  it('CLUSTER NODES of every version: without a bus port, with a name, with fields of its own, with a node whose address is not known', () => {
    const lines = (first: string, second: string, third: string): string => bulk(`a ${first} master - 0 0 1 connected 0-5\nb ${second} slave a 0 0 1 connected\nc ${third} master - 0 0 1 connected [93-<-a]\nd :0@0 master,noaddr - 0 0 1 disconnected\n`)
    assert.equal(said(lines('10.0.0.1:7000', '10.0.0.2:7000@17000,', '::1:7000@17000,c.internal,shard-id=7'), 'CLUSTER NODES', proxied),
      lines('proxy.test:7001', 'proxy.test:7001@17000,', 'proxy.test:7001@17000,proxy.test,shard-id=7'))
  })

  describe('what Sentinels publish', () => {
    const event = (channel: string, text: string): string => said(array(bulk('message'), bulk(channel), bulk(text)), undefined, proxied)
    const published = (channel: string, text: string): string => array(bulk('message'), bulk(channel), bulk(text))
    for (const [channel, text, becomes] of [
      ['+switch-master', 'm 10.0.0.1 6379 10.0.0.2 6380', 'm proxy.test 6380 proxy.test 6381'],
      ['+odown', 'master m 10.0.0.1 6379 #quorum 2/2', 'master m proxy.test 6380 #quorum 2/2'],
      ['+sentinel', 'sentinel 5d20 10.0.0.3 26379 @ m 10.0.0.1 6379', 'sentinel 5d20 proxy.test 26380 @ m proxy.test 6380'],
      ['+tilt', '#tilt mode entered', '#tilt mode entered'],
      ['+switch-master', 'nonsense', 'nonsense'],
      ['news', 'm 10.0.0.1 6379 10.0.0.2 6380', 'm 10.0.0.1 6379 10.0.0.2 6380'],
    ] as const) it(`${channel}: ${text}`, () => assert.equal(event(channel, text), published(channel, becomes)))

    it('as a push, and not as the reply of a command', () => {
      const text = 'm 10.0.0.1 6379 10.0.0.2 6380'
      assert.equal(said(push(bulk('message'), bulk('+switch-master'), bulk(text)), undefined, proxied), push(bulk('message'), bulk('+switch-master'), bulk('m proxy.test 6380 proxy.test 6381')))
      assert.equal(said(published('+switch-master', text), 'LRANGE', proxied), published('+switch-master', text))
    })
  })

  describe('for any input', () => {
    const host = fc.oneof(fc.ipV4(), fc.domain(), fc.constantFrom('::1', '2001:db8::7'))
    const node: fc.Arbitrary<NodeAddress> = fc.record({ host, port: fc.integer({ min: 1, max: 32_767 }) })
    const there: NodeMap = ({ host: told, port }) => ({ host: told, port: 65_535 - port })

    /** Made replies of each command, by the nodes that they tell. */
    const MADE: Readonly<Record<string, (nodes: readonly NodeAddress[]) => string>> = {
      'CLUSTER SLOTS': (nodes) => array(...nodes.map(({ host: told, port }, n) => array(`:${n}\r\n`, `:${n}\r\n`, array(bulk(told), `:${port}\r\n`, bulk('id'), array())))),
      'CLUSTER SHARDS': (nodes) => array(...nodes.map(({ host: told, port }) => `%2\r\n${bulk('slots')}${array(':1\r\n')}${bulk('nodes')}${array(`%3\r\n${bulk('port')}:${port}\r\n${bulk('ip')}${bulk(told)}${bulk('endpoint')}${bulk(told)}`)}`)),
      'CLUSTER NODES': (nodes) => bulk(nodes.map(({ host: told, port }) => `id ${told}:${port}@17000 master - 0 0 1 connected\n`).join('')),
      'SENTINEL REPLICAS': (nodes) => array(...nodes.map(({ host: told, port }) => array(...['name', `${told}:${port}`, 'ip', told, 'port', String(port), 'master-host', told, 'master-port', String(port)].map(bulk)))),
      ROLE: (nodes) => array(bulk('master'), ':1\r\n', array(...nodes.map(({ host: told, port }) => array(bulk(told), bulk(String(port)), bulk('1'))))),
      INFO: (nodes) => bulk(['# Replication', 'role:master', ...nodes.map(({ host: told, port }, n) => `slave${n}:ip=${told},port=${port},state=online`), ''].join('\r\n')),
    }
    for (const [command, make] of Object.entries(MADE)) {
      it(`${command}: what is told is told of the proxies, and back again it is the same bytes`, () => {
        fc.assert(fc.property(fc.array(node, { minLength: 1, maxLength: 8 }), (nodes) => {
          const wire = make(nodes)
          const told = said(wire, command, there)
          assert.equal(told, make(nodes.map((one) => there(one) ?? one)))
          assert.equal(said(told, command, there), wire)
        }))
      })
    }

    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: fc.constantFrom(...'*$%:-+|_=!>12\r\n', '\r\n', '127.0.0.1', 'ip', 'MOVED 1 h:1', 'message', '$1\r\n'), maxLength: 60 }))
      .map((made) => Buffer.from(typeof made === 'string' ? Buffer.from(made, 'latin1') : made))
    const command = fc.constantFrom(undefined, 'EXEC', 'GET', 'toString', '__proto__', ...COMMANDS)

    it('never throws, and passes on as it is what it cannot read', () => {
      fc.assert(fc.property(bytes, command, (raw, name) => {
        const { raw: told, unknown } = rewriteNodes(raw, { command: name, queued: new Map([[0, 'ROLE']]) }, () => undefined)
        if (!readValue(raw)) assert.equal(told, raw)
        if (unknown.length === 0) assert.equal(told, raw)
      }), { numRuns: 5000 })
    })

    it('never throws at a real reply with a byte changed', () => {
      fc.assert(fc.property(fc.constantFrom(...replies), fc.nat(), fc.nat(255), ({ command: name, wire }, at, byte) => {
        const raw = Buffer.from(wire, 'latin1')
        raw[at % raw.length] = byte
        const told = rewriteNodes(raw, { command: name ?? undefined }, proxied)
        if (readValue(raw)) assert.ok(readValue(told.raw), 'what could be read can be read')
      }), { numRuns: 2000 })
    })

    it('a value nested past every bound is not read', () => {
      assert.equal(readValue(Buffer.from('*1\r\n'.repeat(100_000))), undefined)
      assert.equal(readValue(Buffer.from('*2147483647\r\n')), undefined)
      assert.ok(readValue(Buffer.from(`${'*1\r\n'.repeat(32)}:1\r\n`)))
    })
  })

  it('what must not be reached is written as a port on which nobody can listen', () => assert.equal(NOWHERE.port, 0))
})
