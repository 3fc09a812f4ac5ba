import assert from 'node:assert/strict'
import fc from 'fast-check'
import { HttpConversation } from '../../../src/protocols/http/conversation.ts'
import { UNANSWERED_MAX } from '../../../src/protocols/http/exchanges.ts'
import { inPieces } from '../cuts.ts'
import { ANSWERS, ATTACKS, REQUESTS } from './cases.ts'
import { Talk } from './talk.ts'
import { head, send } from './wire.ts'

const get = (path: string, ...fields: readonly string[]): string => head(`GET ${path} HTTP/1.1`, 'Host: h', ...fields)
const ok = (body: string): string => `${head('HTTP/1.1 200 OK', `Content-Length: ${body.length}`)}${body}`
const OFFER = get('/ws', 'Connection: Upgrade', 'Upgrade: websocket')
const SWITCH = head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket')

describe('http conversation', () => {
  it('answers belong to requests in their order, however deep the pipeline', () => {
    const talk = new Talk().ask(get('/a'), get('/b'), get('/c')).says('> GET /a 1!', '> GET /b 2!', '> GET /c 3!')
    assert.equal(talk.conversation.unanswered, 3)
    talk.answer(ok('x'), ok('')).says('< 200 GET /a 1', '< 200 GET /a x 1!', '< 200 GET /b 2!')
    assert.equal(talk.conversation.unanswered, 1)
    talk.ask(get('/d')).answer(ok('yz'), ok('')).says('> GET /d 4!', '< 200 GET /c 3', '< 200 GET /c yz 3!', '< 200 GET /d 4!')
    assert.equal(talk.conversation.unanswered, 0)
  })

  it('a body and its parts belong to the exchange of their head', () => {
    new Talk().ask(head('POST /a HTTP/1.1', 'Transfer-Encoding: chunked'), '2\r\nab\r\n').says('> POST /a 1', '> POST /a ab 1')
      .ask('0\r\n\r\n').says('> POST /a end 1!')
      .answer(head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'), '3\r\nx').says('< 200 POST /a 1', '< 200 POST /a x 1')
      .answer('yz\r\n0\r\n\r\n').says('< 200 POST /a yz 1', '< 200 POST /a end 1!')
  })

  it('interim answers end nothing', () => {
    new Talk().ask(head('POST /a HTTP/1.1', 'Expect: 100-continue', 'Content-Length: 2')).answer(head('HTTP/1.1 100 Continue'), head('HTTP/1.1 103 Early Hints', 'Link: </a>')).says('> POST /a 1', '< 100 POST /a 1', '< 103 POST /a 1')
      .ask('ab').answer(ok('')).says('> POST /a ab 1!', '< 200 POST /a 1!')
  })

  it('an answer may come before its request is through, and the next one is paired all the same', () => {
    new Talk().ask(head('POST /a HTTP/1.1', 'Content-Length: 4'), 'ab').answer(head('HTTP/1.1 413 Content Too Large', 'Content-Length: 0')).ask('cd', get('/b')).answer(ok(''))
      .says('> POST /a 1', '> POST /a ab 1', '< 413 POST /a 1!', '> POST /a cd 1!', '> GET /b 2!', '< 200 GET /b 2!')
  })

  it('HEAD and GET in one pipeline, with the same heads in answer, are told apart', () => {
    const sized = head('HTTP/1.1 200 OK', 'Content-Length: 2')
    new Talk().ask(head('HEAD /a HTTP/1.1'), get('/b'), head('HEAD /c HTTP/1.1')).answer(`${sized}${sized}ok${sized}`)
      .says('> HEAD /a 1!', '> GET /b 2!', '> HEAD /c 3!', '< 200 HEAD /a 1!', '< 200 GET /b 2', '< 200 GET /b ok 2!', '< 200 HEAD /c 3!')
  })

  it('an answer that ends with the connection is ended by it', () => {
    const talk = new Talk().ask(get('/a')).answer(head('HTTP/1.0 200 OK'), 'abc').says('> GET /a 1!', '< 200 GET /a 1', '< 200 GET /a abc 1').end().says('< 200 GET /a  1!')
    assert.equal(talk.conversation.unanswered, 0)
  })

  it('a request that a fault has answered itself is not waited for', () => {
    new Talk().askInVain(get('/a')).ask(get('/b')).answer(ok('')).says('> GET /a 1!…', '> GET /b 2!', '< 200 GET /b 2!')
  })

  it('a request that was sent twice is answered twice, as one exchange', () => {
    const { conversation } = new Talk()
    const [message] = conversation.toServer.feed(Buffer.from(get('/a')))
    assert.ok(message)
    const { exchange, operation } = conversation.asked(message)
    conversation.sent(message, exchange, operation)
    conversation.sent(message, exchange, -1)
    assert.deepEqual(conversation.toClient.feed(Buffer.from(ok('') + ok(''))).map((reply) => conversation.received(reply)), [{ exchange, operation, last: true }, { exchange, operation: -1, last: true }])
  })

  describe('switching protocols', () => {
    it('101 to WebSocket: the exchange ends, what came behind is for the next codec, both sides pass untouched', () => {
      const talk = new Talk().ask(OFFER).answer(SWITCH, '\x81\x02hi').says('> GET /ws 1!', '< 101 GET /ws 1!')
      const { conversation } = talk
      assert.deepEqual([conversation.upgraded, conversation.broken, conversation.unanswered], ['websocket', undefined, 0])
      assert.equal(conversation.toClient.rest.toString('latin1'), '\x81\x02hi')
      assert.equal(conversation.toServer.rest.length, 0)
      talk.ask('GET / HTTP/1.1\r\n\r\n').answer('\x81\x00').says('> GET / HTTP/1.1\r\n\r\n 1!', '< \x81\x02hi -', '< \x81\x00 -')
      assert.deepEqual([conversation.toServer.broken, conversation.toClient.broken], [undefined, undefined])
    })

    it('101 to anything else is a tunnel', () => {
      const talk = new Talk().ask(get('/a', 'Connection: upgrade, HTTP2-Settings', 'Upgrade: h2c')).answer(head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: h2c'), '\0\0').says('> GET /a 1!', '< 101 GET /a 1!', '< \0\0 -')
      assert.deepEqual([talk.conversation.upgraded, talk.conversation.toClient.rest.length], ['other', 0])
    })

    it('WebSocket in any capitals and among other offers; not where the server says something else', () => {
      for (const [offered, taken, upgraded] of [['h2c, WebSocket', 'WEBSOCKET', 'websocket'], ['websocket', 'h2c', 'other'], ['websockets', 'websocket', 'other']] as const) {
        const talk = new Talk().ask(get('/ws', 'connection: keep-alive, UPGRADE', `upgrade: ${offered}`)).answer(head('HTTP/1.1 101 X', 'Connection: Upgrade', `Upgrade: ${taken}`))
        assert.equal(talk.conversation.upgraded, upgraded, `${offered} -> ${taken}`)
      }
    })

    it('an offer that is declined changes nothing', () => {
      const talk = new Talk().ask(OFFER).answer(ok('no')).ask(get('/b')).answer(ok('')).says('> GET /ws 1!', '< 200 GET /ws 1', '< 200 GET /ws no 1!', '> GET /b 2!', '< 200 GET /b 2!')
      assert.equal(talk.conversation.upgraded, undefined)
    })

    it('an offer that a fault has declined does not stand in the way', () => {
      new Talk().askInVain(OFFER).ask(get('/b')).answer(ok('')).says('> GET /ws 1!…', '> GET /b 2!', '< 200 GET /b 2!')
    })

    it('CONNECT: 2xx is a tunnel whatever it says of lengths, anything else is not', () => {
      const connect = head('CONNECT h:443 HTTP/1.1', 'Host: h:443')
      const tunnel = new Talk().ask(connect).answer(head('HTTP/1.1 200 Connection established', 'Content-Length: 3'), '\x16\x03').ask('\x16\x03').says('> CONNECT 1!', '< 200 CONNECT 1!', '< \x16\x03 -', '> \x16\x03 1!')
      assert.equal(tunnel.conversation.upgraded, 'other')
      const refused = new Talk().ask(connect).answer(head('HTTP/1.1 407 X', 'Content-Length: 0')).ask(connect).says('> CONNECT 1!', '< 407 CONNECT 1!', '> CONNECT 2!')
      assert.equal(refused.conversation.upgraded, undefined)
    })

    it('who goes on before the answer is understood by nobody: not by us either', () => {
      const talk = new Talk().ask(OFFER, get('/b')).says('> GET /ws 1!', `> ${get('/b')} 1!`).answer(SWITCH, 'x').says(`< ${SWITCH}x -`)
      assert.match(talk.conversation.broken ?? '', /^bytes behind a request to switch protocols/)
      assert.equal(talk.conversation.upgraded, undefined)
      const later = new Talk().ask(OFFER).ask('\x81\x80').answer(SWITCH)
      assert.deepEqual([later.conversation.upgraded, later.conversation.toClient.broken], [undefined, later.conversation.broken])
    })

    it('an offer that a fault delays, and a request that overtakes it unseen: 101 is not believed', () => {
      const { conversation } = new Talk()
      const [offer] = conversation.toServer.feed(Buffer.from(OFFER))
      const [next] = conversation.toServer.feed(Buffer.from(get('/b')))
      assert.ok(offer && next)
      for (const message of [offer, next]) send(conversation, message)
      assert.deepEqual(conversation.toClient.feed(Buffer.from(SWITCH)).map(({ type }) => type), ['Opaque'])
      assert.deepEqual([conversation.upgraded, conversation.broken !== undefined], [undefined, true])
    })
  })

  describe('giving up', () => {
    it('what the client says is ambiguous: what was sent before is still answered, then nothing is paired', () => {
      const talk = new Talk().ask(get('/a'), 'GET / HTTP/1.1\nHost: h\n\n', get('/b')).answer(ok('x'), ok('y'), ok('z'))
        .says('> GET /a 1!', `> GET / HTTP/1.1\nHost: h\n\n${get('/b')} 1!`, '< 200 GET /a 1', '< 200 GET /a x 1!', `< ${ok('y')}${ok('z')} -`)
      const { conversation } = talk
      assert.deepEqual([conversation.broken, conversation.toServer.broken, conversation.toClient.broken], Array.from({ length: 3 }, () => 'a bare LF in a start line'))
      assert.equal(conversation.unanswered, 0)
    })

    it('what the server says is ambiguous: both directions pass untouched from there on', () => {
      const talk = new Talk().ask(get('/a'), get('/b')).answer(ok(''), head('HTTP/1.1 200 OK', 'Content-Length: 5', 'Content-Length: 6'), 'hello').ask(get('/c'))
      talk.says('> GET /a 1!', '> GET /b 2!', '< 200 GET /a 1!', `< ${head('HTTP/1.1 200 OK', 'Content-Length: 5', 'Content-Length: 6')}hello -`, `> ${get('/c')} 2!`)
      const { conversation } = talk
      assert.deepEqual([conversation.broken, conversation.toServer.broken, conversation.toClient.broken], Array.from({ length: 3 }, () => 'Content-Lengths that differ'))
      assert.equal(conversation.unanswered, 0)
    })

    it('the first reason stays', () => {
      const talk = new Talk().ask(get('/a'), '\n').answer('SSH-2.0\r\n')
      assert.deepEqual([talk.conversation.broken, talk.conversation.toServer.broken, talk.conversation.toClient.broken], ['a bare LF in a method', 'a bare LF in a method', 'it does not begin as HTTP does'])
    })

    it('an answer that nobody asked for: a server that times out an idle client', () => {
      const talk = new Talk().ask(get('/a')).answer(ok(''))
      const timeout = head('HTTP/1.1 408 Request Timeout', 'Connection: close', 'Content-Length: 0')
      talk.answer(timeout).ask(get('/b')).says('> GET /a 1!', '< 200 GET /a 1!', `< ${timeout} -`, `> ${get('/b')} 1!`)
    })

    it('HTTP/2 and TLS are said by their names, and the server is believed nothing', () => {
      for (const [first, why] of [['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'HTTP/2: requests are not seen'], ['\x16\x03\x01\x02\0\x01\0', 'TLS: requests are not seen']] as const) {
        const talk = new Talk().ask(first).answer('\0\0\x06\x04\0').says(`> ${first} 0!`, '< \0\0\x06\x04\0 -')
        assert.deepEqual([talk.conversation.broken, talk.conversation.toClient.broken], [why, why])
      }
    })

    it('heads that nobody answers are bounded by their bytes', () => {
      const { conversation } = new Talk()
      const batch = get(`/${'x'.repeat(60_000)}`)
      let sent = 0
      while (conversation.broken === undefined && sent < 1000) {
        for (const message of conversation.toServer.feed(Buffer.from(batch))) send(conversation, message)
        sent++
      }
      assert.equal(sent, Math.floor(UNANSWERED_MAX / batch.length) + 1)
      assert.match(conversation.broken ?? '', /bytes of heads unanswered/)
      assert.equal(conversation.unanswered, 0)
      assert.equal(conversation.toServer.feed(Buffer.from(batch))[0]?.type, 'Opaque')
      assert.equal(conversation.toClient.feed(Buffer.from(ok('')))[0]?.type, 'Opaque')
    })

    it('a pipeline keeps heads alive, not the chunks they came in', () => {
      const { conversation } = new Talk()
      const messages = conversation.toServer.feed(Buffer.from(`${get('/a')}${head('POST /b HTTP/1.1', 'Content-Length: 60000')}${'x'.repeat(60_000)}`))
      for (const message of messages) send(conversation, message)
      const [, second] = conversation.toClient.feed(Buffer.from(ok('') + ok('')))
      assert.equal(conversation.facets(second ?? assert.fail()).path, '/b')
      assert.ok((second?.answers?.request.raw.length ?? 0) < 100)
      assert.notEqual(second?.answers?.request.raw.buffer, messages[1]?.raw.buffer)
    })
  })

  it('any bytes of both sides, however cut: nothing throws, all of it is given back, exchanges end once and in order', () => {
    const of = (cases: readonly { readonly wire: string }[]): fc.Arbitrary<Buffer> => fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...cases).map(({ wire }) => Buffer.from(wire, 'latin1')) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 9 }).map((some) => Buffer.from(some)) }), { maxLength: 8 }).map((parts) => Buffer.concat(parts))
    const pieces = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 })
    let ended = 0
    const plain = (wire: string): { wire: string }[] => Array.from({ length: 100 }, () => ({ wire }))
    fc.assert(fc.property(of([...REQUESTS, ...ATTACKS, ...plain(get('/a'))]), of([...ANSWERS, ...plain(ok('x'))]), pieces, fc.boolean(), fc.boolean(), (asking, answering, lengths, sends, ahead) => {
      const conversation = new HttpConversation()
      const [out, back]: [Buffer[], Buffer[]] = [[], []]
      const ends: number[] = []
      const ask = (chunk: Buffer): void => {
        for (const message of conversation.toServer.feed(chunk)) {
          out.push(message.raw)
          const { exchange, operation } = conversation.asked(message)
          if (sends || message.raw.length % 3 > 0) conversation.sent(message, exchange, operation)
        }
      }
      const answer = (chunk: Buffer): void => {
        for (const message of conversation.toClient.feed(chunk)) {
          back.push(message.raw)
          const paired = conversation.received(message)
          if (paired?.last) ends.push(paired.exchange)
        }
      }
      const [requests, answers] = [inPieces(asking, lengths), inPieces(answering, lengths)]
      if (ahead) for (const chunk of requests.splice(0)) ask(chunk)
      for (let n = 0; n < Math.max(requests.length, answers.length); n++) {
        ask(requests[n] ?? Buffer.alloc(0))
        answer(answers[n] ?? Buffer.alloc(0))
      }
      assert.deepEqual(Buffer.concat([...out, conversation.toServer.rest]), asking)
      assert.deepEqual(Buffer.concat([...back, conversation.toClient.rest]), answering)
      assert.deepEqual(ends, [...new Set(ends)].sort((a, b) => a - b))
      ended += ends.length
    }), { numRuns: 1500 })
    assert.ok(ended > 200, `${ended} exchanges`)
  })
})
