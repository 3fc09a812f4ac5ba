import assert from 'node:assert/strict'
import { HttpConversation } from '../../../src/protocols/http/conversation.ts'
import type { HttpMessage } from '../../../src/protocols/http/message.ts'
import { head, send } from './wire.ts'

const POST = head('POST /a HTTP/1.1', 'Host: h', 'Content-Length: 4')
const GET = head('GET /a HTTP/1.1', 'Host: h')

/** All that is said, requests and then answers. */
function said(conversation: HttpConversation, request: string, answer = ''): HttpMessage[] {
  const asked = conversation.toServer.feed(Buffer.from(request))
  for (const message of asked) send(conversation, message)
  return [...asked, ...conversation.toClient.feed(Buffer.from(answer))]
}
const shown = (messages: readonly HttpMessage[]): unknown[] => messages.map(({ type, part, raw }) => [type, part, raw.toString()])

describe('http: what a fault puts in the place of a message', () => {
  it('a head for a head: its body goes on behind it, and it is of the same request', () => {
    const conversation = new HttpConversation()
    const [like, body] = said(conversation, `${POST}abcd`)
    assert.ok(like && body)
    const other = POST.replace('/a', '/b')
    const [message, ...more] = conversation.reread(Buffer.from(other), like)
    assert.ok(message)
    assert.deepEqual([shown([message]), more], [[['RequestHead', 'first', other]], []])
    assert.deepEqual([message.head?.nth, conversation.facets(message).path, conversation.asked(message)], [1, '/b', { exchange: 1, operation: 1, first: true, last: false }])
  })

  it('a head that frames its body otherwise is none that the body could go on behind', () => {
    const conversation = new HttpConversation()
    const [like] = said(conversation, `${POST}abcd`)
    assert.ok(like)
    for (const other of [POST.replace('4', '5'), POST.replace('Content-Length: 4', 'Transfer-Encoding: chunked'), POST.slice(0, -2), `${POST}ab`, 'nonsense', '']) assert.deepEqual(conversation.reread(Buffer.from(other), like), [], other)
  })

  it('but of an answer one whose body ends with the connection', () => {
    const conversation = new HttpConversation()
    const [, like] = said(conversation, GET, `${head('HTTP/1.1 200 OK', 'Content-Length: 4')}ab`)
    assert.ok(like)
    const bare = head('HTTP/1.1 200 OK', 'Connection: close')
    assert.deepEqual(shown(conversation.reread(Buffer.from(bare), like)), [['ResponseHead', 'first', bare]])
  })

  it('whole requests for one, and for the last part of one that was kept back', () => {
    const conversation = new HttpConversation()
    const [like] = said(conversation, GET)
    assert.ok(like)
    assert.deepEqual(shown(conversation.reread(Buffer.from(GET + GET), like)), [['RequestHead', 'whole', GET], ['RequestHead', 'whole', GET]])
    const last = said(conversation, `${POST}abcd`).at(-1)
    assert.ok(last)
    const messages = conversation.reread(Buffer.from(`${POST}abcd`), last)
    assert.deepEqual(shown(messages), [['RequestHead', 'first', POST], ['BodyData', 'last', 'abcd']])
    assert.deepEqual(messages.map(({ head: of }) => of?.nth), [2, 2])
  })

  it('an answer for an answer, paired as it was and framed by its request', () => {
    for (const [method, answer] of [['GET', `${head('HTTP/1.1 503 X', 'Content-Length: 2')}no`], ['HEAD', head('HTTP/1.1 503 X', 'Content-Length: 2')]] as const) {
      const conversation = new HttpConversation()
      const like = said(conversation, GET.replace('GET', method), `${head('HTTP/1.1 200 OK', 'Content-Length: 4')}${method === 'GET' ? 'abcd' : ''}`)[1]
      assert.ok(like)
      const messages = conversation.reread(Buffer.from(answer), like)
      assert.equal(messages.map(({ raw }) => raw.toString()).join(''), answer)
      assert.deepEqual(messages.map((message) => conversation.facets(message).status), messages.map(() => 503))
      assert.deepEqual(conversation.received(messages.at(-1) ?? like), { exchange: 1, operation: 1, last: true })
    }
  })

  it('any bytes for a part of a body: the same length keeps its framing, anything else is data', () => {
    const conversation = new HttpConversation()
    const messages = said(conversation, GET, `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}4\r\nabcd\r\n0\r\n\r\n`)
    const [, , chunk, last] = messages
    assert.ok(chunk && last)
    const data = (of: readonly HttpMessage[]): unknown[] => of.map(({ type, part, raw, dataAt, dataEnd }) => [type, part, raw.toString('latin1', dataAt, dataEnd)])
    assert.deepEqual(data(conversation.reread(Buffer.from('4\r\nABCD\r\n'), chunk)), [['BodyData', 'middle', 'ABCD']])
    assert.deepEqual(data(conversation.reread(Buffer.from('4\r'), chunk)), [['BodyData', 'middle', '4\r']])
    assert.deepEqual(data(conversation.reread(Buffer.from('longer than it was'), chunk)), [['BodyData', 'middle', 'longer than it was']])
    assert.deepEqual(data(conversation.reread(last.raw, last)), [['LastChunk', 'last', '']])
    for (const message of conversation.reread(Buffer.from('x'), chunk)) assert.equal(conversation.facets(message).path, '/a')
  })

  it('once the stream is lost nothing is read: both directions pass untouched', () => {
    const conversation = new HttpConversation()
    said(conversation, GET + GET, 'HTTP/1.1 200')
    conversation.lose('a rule has changed the stream')
    assert.deepEqual([conversation.opaque, conversation.unanswered], ['a rule has changed the stream', 0])
    assert.deepEqual(shown(said(conversation, GET, ' OK\r\n\r\n')), [['Opaque', 'whole', GET], ['Opaque', 'whole', 'HTTP/1.1 200'], ['Opaque', 'whole', ' OK\r\n\r\n']])
  })
})
