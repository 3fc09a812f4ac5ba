/** `node codec-redis.js [MIB]`: how fast the Redis codec reads, in chunks of 64 KiB, on small messages and on large ones. */

import { RedisConversation } from '../../src/protocols/redis/conversation.ts'
import { command } from '../protocols/redis/wire.ts'

const MIB = Number(process.argv[2] ?? 64)
const CHUNK = 65_536

/** Chunks of a stream that repeats `message`, cut without regard to it. */
function chunksOf(message: Buffer): Buffer[] {
  const stream = Buffer.alloc(Math.ceil((8 * CHUNK) / message.length) * message.length, message)
  return Array.from({ length: Math.ceil(stream.length / CHUNK) }, (_, n) => stream.subarray(n * CHUNK, (n + 1) * CHUNK))
}

/** Runs `read` over MIB of `chunks`, after warming up, and prints the rate. */
function measure(name: string, chunks: readonly Buffer[], read: (chunk: Buffer) => number): void {
  const size = chunks.reduce((sum, { length }) => sum + length, 0)
  const over = (rounds: number): number => {
    let messages = 0
    for (let n = 0; n < rounds; n++) for (const chunk of chunks) messages += read(chunk)
    return messages
  }
  over(20)
  const rounds = Math.ceil((MIB * 2 ** 20) / size)
  const started = performance.now()
  const messages = over(rounds)
  const seconds = (performance.now() - started) / 1000
  console.log(`${name.padEnd(44)} ${((rounds * size) / 1e6 / seconds).toFixed(0).padStart(6)} MB/s ${(messages / 1e6 / seconds).toFixed(2).padStart(6)} M messages/s`)
}

const GET = command('GET', 'key:000000000042')
for (const [name, direction, message] of [
  ['GET, framed', 'toServer', GET],
  ['+OK, framed', 'toClient', Buffer.from('+OK\r\n')],
  ['bulk of 32 bytes, framed', 'toClient', Buffer.from(`$32\r\n${'x'.repeat(32)}\r\n`)],
  ['array of 100 bulks of 10, framed', 'toClient', Buffer.from(`*100\r\n${`$10\r\n${'x'.repeat(10)}\r\n`.repeat(100)}`)],
  ['bulk of 1 MiB, framed', 'toClient', Buffer.from(`$1048576\r\n${'x'.repeat(2 ** 20)}\r\n`)],
] as const) {
  const conversation = new RedisConversation()
  measure(name, chunksOf(message), (chunk) => conversation[direction].feed(chunk).length)
}

const conversation = new RedisConversation()
const [asked, answered] = [chunksOf(Buffer.concat(Array.from({ length: 16 }, () => GET))), Buffer.from('$3\r\nabc\r\n'.repeat(4000))]
measure('GET and its reply, framed, named and paired', asked, (chunk) => {
  let messages = 0
  for (const message of conversation.toServer.feed(chunk)) {
    conversation.sent(message, conversation.asked(message).exchange, null)
    messages++
  }
  for (const message of conversation.toClient.feed(answered.subarray(0, 9 * conversation.unanswered))) if (conversation.received(message)) messages++
  return messages
})
