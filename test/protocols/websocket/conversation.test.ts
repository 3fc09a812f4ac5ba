import assert from 'node:assert/strict'
import { NO_EXTENSIONS } from '../../../src/protocols/websocket/extensions.ts'
import { WebSocketConversation } from '../../../src/protocols/websocket/conversation.ts'
import { closeFrame, fragmented, frameOf } from '../../../src/protocols/websocket/build.ts'
import type { Opcode, WebSocketFrame } from '../../../src/protocols/websocket/frame.ts'
import { DEFLATE, framesOf, hex, one, shown } from './wire.ts'

const KEY = 0x37fa213d

/** A connection told line by line. */
class Talk {
  readonly conversation = new WebSocketConversation(NO_EXTENSIONS)
  #lines: string[] = []

  /** The client says it, and it reaches the server unless it is `lost`. */
  client(type: Opcode, text = '', lost = false, fin = true): this {
    for (const frame of this.conversation.toServer.feed(frameOf({ opcode: type, payload: Buffer.from(text, 'latin1'), key: KEY, fin }))) {
      const { exchange, operation, first, last } = this.conversation.asked(frame)
      this.#lines.push(`> ${type} ${first ? '' : '+'}${exchange}${last ? '!' : ''}${frame.answers === undefined ? '' : ` answers ${frame.answers}`}`)
      assert.equal(operation, exchange)
      if (!lost) this.conversation.sent(frame, exchange, operation)
    }
    return this
  }

  server(type: Opcode, text = '', lost = false, fin = true): this {
    for (const frame of this.conversation.toClient.feed(frameOf({ opcode: type, payload: Buffer.from(text), fin }))) {
      const paired = this.conversation.received(frame)
      this.#lines.push(`< ${type} ${frame.message} ${paired ? `${paired.exchange}${paired.last ? '!' : ''}` : '-'}`)
      if (!lost) this.conversation.delivered(frame)
    }
    return this
  }

  says(...lines: readonly string[]): this {
    assert.deepEqual(this.#lines, lines)
    this.#lines = []
    return this
  }
}

describe('websocket conversation', () => {
  it('each message of a client is an exchange; what a server says belongs to none', () => {
    new Talk().client('text', 'a').server('text', 'b').client('binary', 'c').server('binary', 'd').says('> text 1!', '< text 1 -', '> binary 2!', '< binary 2 -')
  })

  it('the frames of a message are of one exchange, and a ping between them is another', () => {
    new Talk().client('text', 'a', false, false).client('ping').client('continuation', 'b', false, false).client('continuation', 'c').client('text', 'd')
      .says('> text 1', '> ping 2!', '> continuation +1', '> continuation +1!', '> text 3!')
  })

  it('a large frame begins and ends its message once', () => {
    const { conversation } = new Talk()
    const frames = conversation.toServer.feed(frameOf({ opcode: 'text', payload: Buffer.alloc(200_000), key: KEY }))
    assert.deepEqual(frames.map((frame) => conversation.asked(frame)), [{ exchange: 1, operation: 1, first: true, last: false }, { exchange: 1, operation: 1, first: false, last: true }])
  })

  it('a pong answers the ping with its payload', () => {
    new Talk().client('ping', 'a').client('ping', 'b').server('text').server('pong', 'a').server('pong', 'b').says('> ping 1!', '> ping 2!', '< text 1 -', '< pong 2 1!', '< pong 3 2!')
  })

  it('pings alike are answered in turn', () => {
    new Talk().client('ping').client('ping').server('pong').client('ping').server('pong').server('pong').says('> ping 1!', '> ping 2!', '< pong 1 1!', '> ping 3!', '< pong 2 2!', '< pong 3 3!')
  })

  it('5.5.3: who answers only the latest ping has answered those before it', () => {
    const talk = new Talk().client('ping', 'a').client('ping', 'b').server('pong', 'b').server('pong', 'a').says('> ping 1!', '> ping 2!', '< pong 1 2!', '< pong 2 -')
    assert.equal(talk.conversation.unanswered, 0)
  })

  it('a pong that nobody asked for answers nothing, and takes nothing away', () => {
    new Talk().client('ping', 'a').server('pong', 'heartbeat').server('pong', 'a').says('> ping 1!', '< pong 1 -', '< pong 2 1!')
  })

  it('counts what was sent: a ping that a fault dropped is not waited for', () => {
    const talk = new Talk().client('ping', '', true).client('ping').server('pong').says('> ping 1!', '> ping 2!', '< pong 1 2!')
    assert.equal(talk.conversation.unanswered, 0)
  })

  it('the pings of a server are paired with the pongs of its client, if they were delivered', () => {
    new Talk().server('ping', 'x').client('text').client('pong', 'x').server('ping', 'y', true).server('ping', 'y').client('pong', 'y').client('pong', 'y')
      .says('< ping 1 -', '> text 1!', '> pong 2! answers 1', '< ping 2 -', '< ping 3 -', '> pong 3! answers 3', '> pong 4!')
  })

  it('a close answers a close, whoever began', () => {
    new Talk().client('text').client('close', '\x03\xe8').server('text').server('close').says('> text 1!', '> close 2!', '< text 1 -', '< close 2 2!')
    new Talk().server('close').client('close').says('< close 1 -', '> close 1! answers 1')
  })

  it('closes that cross answer each other, once', () => {
    const talk = new Talk()
    const [theirs] = talk.conversation.toClient.feed(closeFrame(1000, ''))
    const [ours] = talk.conversation.toServer.feed(closeFrame(1001, '', KEY))
    assert.ok(theirs && ours)
    talk.conversation.sent(ours, talk.conversation.asked(ours).exchange, 1)
    assert.deepEqual([talk.conversation.received(theirs), talk.conversation.received(theirs)], [{ exchange: 1, operation: 1, last: true }, null])
  })

  it('remembers no more than 1,024 pings', () => {
    const talk = new Talk()
    for (let n = 0; n < 1100; n++) talk.client('ping', String(n))
    assert.equal(talk.conversation.unanswered, 1024)
    talk.says(...Array.from({ length: 1100 }, (_, n) => `> ping ${n + 1}!`)).server('pong', '75').server('pong', '76').server('pong', '1099').says('< pong 1 -', '< pong 2 77!', '< pong 3 1100!')
  })

  it('a pong amid a message that is not complete ends nothing: what was asked before it goes on', () => {
    new Talk().client('ping', 'a').client('text', 'x', false, false).client('ping', 'b').server('pong', 'a').server('pong', 'b').client('continuation', 'y').client('ping', 'c').server('pong', 'c')
      .says('> ping 1!', '> text 2', '> ping 3!', '< pong 1 1!', '< pong 2 3', '> continuation +2!', '> ping 4!', '< pong 3 4!')
  })

  it('what a fault pings on its own account is answered to it', () => {
    const { conversation } = new Talk()
    conversation.sent(one('to-server', frameOf({ opcode: 'ping', payload: Buffer.from('own'), key: KEY })), 7, -1)
    assert.deepEqual(conversation.received(one('to-client', hex('8a03 (own)'))), { exchange: 7, operation: -1, last: true })
  })

  it('no answer of ours waits for its turn', () => assert.equal(new Talk().client('ping').conversation.latest, undefined))

  it('a stream that a rule has changed is given up in both directions, and nothing waits', () => {
    const talk = new Talk().client('ping')
    const { conversation } = talk
    assert.equal(conversation.opaque, undefined)
    conversation.lose('a rule has changed the stream')
    assert.deepEqual([conversation.opaque, conversation.unanswered], ['a rule has changed the stream', 0])
    assert.deepEqual([...conversation.toServer.feed(hex('8100')), ...conversation.toClient.feed(hex('8100'))].map(({ type }) => type), ['Opaque', 'Opaque'])
  })

  it('of what one direction cannot be, the other is read on', () => {
    const { conversation } = new Talk()
    conversation.toServer.feed(hex('8300'))
    assert.equal(conversation.opaque, '3 is no opcode')
    assert.deepEqual(conversation.toClient.feed(closeFrame(1002, '')).map((frame) => conversation.facets(frame).close_code), [1002])
  })

  it('what is opaque opens nothing and answers nothing', () => {
    const { conversation } = new Talk()
    const [opaque] = conversation.toServer.feed(hex('8300'))
    assert.ok(opaque)
    conversation.sent(opaque, conversation.asked(opaque).exchange, null)
    assert.deepEqual(conversation.toClient.feed(hex('8300')).map((frame) => conversation.received(frame)), [null])
    assert.deepEqual(shownFacets(conversation, opaque), [undefined, undefined, 2, undefined, false])
  })
})

describe('websocket frames, read again', () => {
  const conversation = new WebSocketConversation(DEFLATE)
  const [first, ping, amid, last] = framesOf('to-client', hex('0103 (Hel) 8901(p) 0001(l) 8002 (o!)'))
  assert.ok(first && ping && amid && last)

  const AGAIN: readonly (readonly [name: string, like: WebSocketFrame, raw: string, frames: readonly string[]])[] = [
    ['a frame in its own place', first, '0103 (Hel)', ['text#1… 3']],
    ['a continuation in its own place', last, '8002 (o!)', ['continuation#1+ 2']],
    ['the first in two', first, '0101(H) 0002 (el)', ['text#1… 1', 'continuation#1+… 2']],
    ['a continuation in two', amid, '0000 0001(l)', ['continuation#1+… 0', 'continuation#1+… 1']],
    ['a control frame twice', ping, '8901(p) 8901(p)', ['ping#2 1', 'ping#2 1']],
    ['a message and a close behind it', last, '8002 (o!) 8802 03e9', ['continuation#1+ 2', 'close#1 2']],
    ['half a frame', first, '0103 (He)', []],
    ['half a large frame', first, '827f00000000000f0000 [70000]', []],
    ['no frame', first, '8300', []],
    ['nothing', first, '', []],
  ]
  for (const [name, like, raw, frames] of AGAIN) it(name, () => assert.deepEqual(conversation.reread(hex(raw), like).map(shown), frames))

  it('a large frame in its own place comes in parts, and each part of it in frames is of its message', () => {
    const wire = frameOf({ opcode: 'text', payload: Buffer.alloc(200_000, 'x'), key: KEY })
    const parts = new WebSocketConversation().toServer.feed(wire)
    const [head, tail] = parts
    assert.ok(head && tail)
    assert.deepEqual(conversation.reread(wire, head).map(({ part, message }) => [part, message]), [['first', 1], ['last', 1]])
    const frames = parts.flatMap((part) => conversation.reread(Buffer.concat(fragmented(part, 4)), part))
    assert.deepEqual(frames.map(({ place, message, kind, fin, wrong }) => [place, message, kind, fin, wrong]), frames.map((_, n) => [n === 0 ? 'first' : 'continuation', 1, 'text', n === 7, undefined]))
    assert.equal(frames.at(-1)?.messageBytes, 200_000)
  })
})

const shownFacets = (conversation: WebSocketConversation, frame: WebSocketFrame): unknown[] => {
  const { opcode, text, size, close_code, compressed } = conversation.facets(frame)
  return [opcode, text, size, close_code, compressed]
}

describe('websocket facets', () => {
  const FACETS: readonly (readonly [name: string, wire: string, facets: readonly unknown[]])[] = [
    ['a text', '8105 (Hello)', ['text', 'Hello', 5, undefined, false]],
    ['an empty text', '8100', ['text', '', 0, undefined, false]],
    ['a binary has no text', '8205 (Hello)', ['binary', undefined, 5, undefined, false]],
    ['a ping has no text', '8905 (Hello)', ['ping', undefined, 5, undefined, false]],
    ['a pong', '8a00', ['pong', undefined, 0, undefined, false]],
    ['a close with a reason', '8805 03e9 (bye)', ['close', 'bye', 5, 1001, false]],
    ['a close without a code', '8800', ['close', '', 0, 1005, false]],
    ['a close with half a code', '8801 03', ['close', '', 1, 1005, false]],
    ['the first fragment of a text', '0103 (Hel)', ['text', 'Hel', 3, undefined, false]],
    ['a continuation of nothing', '8003 (Hel)', ['continuation', undefined, 3, undefined, false]],
    ['a text that is not UTF-8', '8102 c328', ['text', '\ufffd(', 2, undefined, false]],
    ['a reserved bit that means nothing to us', 'c105 (Hello)', ['text', undefined, 5, undefined, false]],
  ]
  for (const [name, wire, facets] of FACETS) {
    it(`${name}: ${wire}`, () => assert.deepEqual(shownFacets(new WebSocketConversation(), one('to-client', hex(wire))), facets))
  }

  it('are the same through a mask', () => {
    const conversation = new WebSocketConversation()
    assert.deepEqual(shownFacets(conversation, one('to-server', frameOf({ opcode: 'text', payload: Buffer.from('Hello'), key: KEY }))), ['text', 'Hello', 5, undefined, false])
    assert.deepEqual(shownFacets(conversation, one('to-server', closeFrame(4000, 'gone', KEY))), ['close', 'gone', 6, 4000, false])
  })
})
