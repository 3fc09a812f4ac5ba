/** The same bytes through the decoder of ioredis: it finds as many replies, of the same values, at the same places. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Decoder } from 'ioredis/built/resp/decoder.js'
import { RedisDecoder } from '../../../src/protocols/redis/decoder.ts'
import { errorOf } from '../../../src/protocols/redis/reply.ts'
import { inPieces } from '../cuts.ts'
import { one } from './wire.ts'

interface Seen { readonly how: 'reply' | 'error' | 'push'; readonly value: unknown }

function asked(chunks: readonly Buffer[]): Seen[] {
  const seen: Seen[] = []
  const decoder = new Decoder({
    onReply: (value) => seen.push({ how: 'reply', value }),
    onErrorReply: (error) => seen.push({ how: 'error', value: error.message }),
    onPush: (value) => seen.push({ how: 'push', value }),
    getTypeMapping: () => ({}),
  })
  for (const chunk of chunks) decoder.write(chunk)
  return seen
}

const text = fc.string({ unit: fc.constantFrom(...'abc OK-ERR019'), maxLength: 12 })
const bytes = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.constantFrom('', '\r\n', '$3\r\n', '*1\r\n:1\r\n'))
const sized = (letter: string) => (body: string): string => `${letter}${Buffer.byteLength(body)}\r\n${body}\r\n`
const scalar = fc.oneof(
  text.map((line) => `+${line}\r\n`), fc.integer().map((number) => `:${number}\r\n`), bytes.map(sized('$')),
  fc.constantFrom('$-1\r\n', '*-1\r\n', '_\r\n', '#t\r\n', '#f\r\n', ',1.5\r\n', ',inf\r\n', ',-inf\r\n', '(12345678901234567890\r\n', '*0\r\n', '%0\r\n', '~0\r\n', '$0\r\n\r\n'),
  text.map((body) => sized('=')(`txt:${body}`)),
)
const error = fc.oneof(text.map((line) => `-ERR ${line}\r\n`), text.map((body) => sized('!')(`WRONGTYPE ${body}`)))
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true }, scalar,
    fc.array(tie('value'), { maxLength: 4 }).map((elements) => `*${elements.length}\r\n${elements.join('')}`),
    fc.array(tie('value'), { maxLength: 4 }).map((elements) => `~${elements.length}\r\n${elements.join('')}`),
    fc.array(fc.tuple(text.map(sized('$')), tie('value')), { maxLength: 3 }).map((entries) => `%${entries.length}\r\n${entries.flat().join('')}`),
  ),
}))
const push = fc.tuple(text, fc.array(value, { maxLength: 3 })).map(([kind, elements]) => `>${elements.length + 1}\r\n${sized('$')(kind)}${elements.join('')}`)
const replies = fc.array(fc.oneof({ weight: 4, arbitrary: value }, error, push), { minLength: 1, maxLength: 12 })
const pieces = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 })

describe('redis decoder beside that of ioredis', () => {
  it('cuts any stream of RESP3 replies where it does', () => {
    fc.assert(fc.property(replies, pieces, (wire, lengths) => {
      const input = Buffer.from(wire.join(''))
      const chunks = inPieces(input, lengths)
      const decoder = new RedisDecoder('to-client')
      const messages = chunks.flatMap((chunk) => decoder.feed(chunk))
      assert.deepEqual(messages.map(({ raw }) => raw.toString()), wire)
      const theirs = asked(chunks)
      assert.deepEqual(messages.map(({ raw }) => asked([raw])), theirs.map((seen) => [seen]))
      assert.deepEqual(messages.map(({ type }) => (type === 'Push' ? 'push' : type === 'SimpleError' || type === 'BulkError' ? 'error' : 'reply')), theirs.map(({ how }) => how))
    }), { numRuns: 1000 })
  })

  it('reads the same code of an error', () => {
    fc.assert(fc.property(error, (wire) => {
      const [seen] = asked([Buffer.from(wire)])
      assert.equal(errorOf(one('to-client', wire)), String(seen?.value).split(' ')[0])
    }), { numRuns: 300 })
  })
})
