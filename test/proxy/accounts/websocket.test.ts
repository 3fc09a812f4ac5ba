import assert from 'node:assert/strict'
import { ms } from '../../../src/core/units.ts'
import { closeFrame, frameOf } from '../../../src/protocols/websocket/build.ts'
import { WATCHED_FOR } from '../../../src/proxy/accounts/reactions.ts'
import { RESUME_MAX } from '../../../src/proxy/accounts/sockets.ts'
import type { Opcode } from '../../../src/protocols/websocket/frame.ts'
import { head } from '../../protocols/http/wire.ts'
import { Books, times, type Said } from './books.ts'

const KEY = 0x01020304
const says = (opcode: Opcode, text = '', fin = true): Buffer => frameOf({ opcode, payload: Buffer.from(text), key: KEY, fin })
const tells = (opcode: Opcode, text = '', fin = true): Buffer => frameOf({ opcode, payload: Buffer.from(text), fin })
const UPGRADE = Buffer.from(head('GET /feed?token=x HTTP/1.1', 'Host: h', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x'))
const SWITCHED = head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket')
const connect = (books: Books, client?: string): Said => books.session(client).ask(UPGRADE).wait(4).answer(SWITCHED)
const SET_UP = 'GET /feed: 1/1 ok, first 4ms, 4ms'

describe('accounts of websocket', () => {
  it('time the set-up by route and of all, and count messages and bytes each way', () => {
    const books = new Books('websocket')
    const said = connect(books).ask(says('text', 'hello'), says('binary', 'ab'))
    said.answer(tells('text', 'a'), tells('text', 'b')).answer(tells('binary', 'x'.repeat(70_000)))
    const figures = books.figures()
    assert.equal(times(figures.sockets?.setup ?? []), '4ms')
    assert.deepEqual(figures.parts.map(({ of, offered, ok, bytesToServer = 0, bytesToClient = 0 }) => [Object.values(of).join(' '), offered, ok, bytesToServer, bytesToClient]), [
      ['GET /feed', 1, 1, UPGRADE.length, SWITCHED.length], ['to-server text', 1, 1, 11, 0], ['to-server binary', 1, 1, 8, 0], ['to-client text', 2, 2, 0, 6], ['to-client binary', 1, 1, 0, 70_010],
    ])
  })

  it('take any answer but a 101 for a refusal', () => {
    const books = new Books('websocket')
    books.session().ask(UPGRADE).wait(1).answer(head('HTTP/1.1 426 Upgrade Required', 'Content-Length: 0'))
    const { parts: [part], sockets } = books.figures()
    assert.deepEqual([part?.ok, part?.errors, sockets], [0, { 426: 1 }, undefined])
  })

  it('count a message with its last frame, however it is cut, and control frames between', () => {
    const books = new Books('http')
    const said = connect(books)
    said.ask(says('text', 'a', false)).wait(9).ask(says('ping', 'p'), says('continuation', 'b', false), says('continuation', 'c'))
    said.answer(tells('pong', 'p'), tells('text', 'a', false), tells('continuation', 'b'))
    assert.deepEqual(books.lines(), [SET_UP, 'to-server text: 1/1 ok', 'to-server ping: 1/1 ok, 0ms', 'to-client pong: 1/1 ok', 'to-client text: 1/1 ok'])
  })

  it('time pings until their pong, whoever sends them', () => {
    const books = new Books('websocket')
    const said = connect(books).ask(says('text'), says('ping', '1')).wait(3).answerHeld(1, tells('pong', '1'))
    said.answer(tells('ping', 'a'), tells('ping', 'b')).wait(7).ask(says('pong', 'b')).answer(tells('pong', 'nobody asked'))
    const parts = books.figures().parts.filter(({ of }) => of['opcode'] === 'ping')
    assert.deepEqual(parts.map(({ of, offered, ok, latency = [], server = [] }) => [of['direction'], ok, offered, times(latency), times(server)]), [['to-server', 1, 1, '3ms', '2ms'], ['to-client', 1, 2, '7ms', '']])
    assert.equal(books.accounts.figures().named.reduce((sum, { inFlight }) => sum + inFlight, 0), 0)
  })

  it('fail pings that have no pong when the connection ends, and do not count data as under way', () => {
    const books = new Books('websocket')
    const said = connect(books).ask(says('text', 'a'), says('ping', '1'), says('ping', '2'))
    assert.equal(books.accounts.figures().named.reduce((sum, { inFlight }) => sum + inFlight, 0), 2)
    said.answer(tells('ping', 'a')).close()
    assert.deepEqual(books.lines().slice(2), ['to-server ping: 0/2 ok, 2 closed', 'to-client ping: 0/1 ok, 1 closed', 'close: 0/1 ok, 1 1006'])
  })

  it('end a connection by its first close: 1000, 1001 and none well, others by their code', () => {
    const books = new Books('websocket')
    for (const code of [1000, 1001, undefined, 1011, 4001]) connect(books).answer(closeFrame(code, '')).ask(closeFrame(code === 1011 ? 1000 : code, '', KEY)).close()
    assert.equal(books.lines().at(-1), 'close: 3/5 ok, 1 1011, 1 4001')
  })

  it('tell a cut by a rule from an end that nobody knows of', () => {
    const books = new Books('websocket')
    // The engine closes, and tells then who did it; or the rule takes one side away first.
    connect(books).close().altered('close')
    connect(books).altered('close').close()
    connect(books).close()
    books.session().ask(UPGRADE).close().altered('close')
    const { parts, sockets } = books.figures()
    assert.deepEqual([parts.find(({ of }) => of['opcode'] === 'close')?.errors, sockets?.cut], [{ cut: 2, 1006: 1 }, 2])
  })

  it('measure from a cut until the same client has another, the oldest first', () => {
    const books = new Books('websocket')
    const [one, other] = [connect(books, '10.0.0.1'), connect(books, '10.0.0.1')]
    one.close().altered('close')
    books.wait(20)
    other.close().altered('close')
    books.wait(26)
    connect(books, '10.0.0.2')
    connect(books, '10.0.0.1')
    connect(books, '10.0.0.1')
    connect(books, '10.0.0.1').close().altered('close')
    books.wait(RESUME_MAX)
    connect(books, '10.0.0.1')
    assert.equal(times(books.figures().sockets?.resume ?? []), '38ms 54ms')
  })

  it('count a message that a rule took away as lost, once, either way', () => {
    const books = new Books('websocket')
    const said = connect(books).lose(says('text', 'a')).altered('drop').ask(says('text', 'b'))
    said.lose(says('text', 'c', false)).altered('drop').lose(says('continuation', 'd')).altered('drop')
    said.alteredAnswer('drop', tells('text', 'e')).answer(tells('text', 'f')).answer(tells('text', 'g', false)).alteredAnswer('drop', tells('continuation', 'h', false)).answer(tells('continuation', 'i'))
    said.lose(says('ping', '1')).altered('drop').ask(says('ping', '2')).answer(tells('pong', '2')).alteredAnswer('drop', tells('pong', 'z'))
    assert.deepEqual(books.lines().slice(1), ['to-server text: 1/3 ok, 2 lost', 'to-client text: 1/3 ok, 2 lost', 'to-server ping: 1/2 ok, 1 lost, 0ms', 'to-client pong: 1/2 ok, 1 lost'])
  })

  it('end a ping that a fault answers, and say what clients do after a cut', () => {
    const books = new Books('websocket')
    const said = connect(books).lose(says('ping', '1'))
    said.wait(2).accounts.replied(said.exchange, undefined, books.now)
    said.ask(says('text', 'a')).altered('delay').close().altered('close', 'cut')
    connect(books)
    assert.equal(books.accounts.take(ms(books.now + WATCHED_FOR + 1)).reactions.find(({ rule }) => rule === 'cut')?.next, 'reconnect')
    assert.ok(books.lines().includes('to-server ping: 1/1 ok, 2ms'))
  })
})
