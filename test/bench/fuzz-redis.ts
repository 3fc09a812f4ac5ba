/** `node fuzz-redis.js [COUNT] [SEED]`: COUNT mutated streams, cut at random, through a whole conversation. Ends with 1 at the first that throws, loses a byte or reads differently when cut. */

import { randomStream } from '../../src/core/random.ts'
import type { Direction } from '../../src/protocols/codec.ts'
import { RedisConversation } from '../../src/protocols/redis/conversation.ts'
import { decode, inPieces } from '../protocols/cuts.ts'
import { codecOf, command } from '../protocols/redis/wire.ts'

const COUNT = Number(process.argv[2] ?? 20_000)
const SEED = Number(process.argv[3] ?? 1)
const REQUESTS = ['GET k', 'MULTI', 'EXEC', 'SUBSCRIBE a b', 'UNSUBSCRIBE', 'HELLO 3 AUTH u p SETNAME n', 'CLIENT REPLY OFF', 'CLIENT REPLY ON', 'RESET', 'SELECT 2', 'MONITOR', 'XREAD BLOCK 0 STREAMS a 0', 'EVAL x 1 k'].map((request) => command(...request.split(' ')))
const SEEDS: Readonly<Record<Direction, readonly Buffer[]>> = {
  'to-server': [...REQUESTS, ...['PING\r\n', '"a\\x41" \'b\'\n', '*0\r\n', '\r\n'].map((line) => Buffer.from(line))],
  'to-client': ['+OK\r\n', '+QUEUED\r\n', '-ERR no\r\n', ':1\r\n', '$3\r\nabc\r\n', '$-1\r\n', '*-1\r\n', '*2\r\n$1\r\na\r\n*1\r\n:1\r\n', '%1\r\n+a\r\n_\r\n', '~1\r\n#t\r\n', '|1\r\n+a\r\n:1\r\n', '$?\r\n;1\r\na\r\n;0\r\n', '*?\r\n.\r\n', '=5\r\ntxt:a\r\n', '!5\r\nERR a\r\n', '(1\r\n', ',1.5\r\n',
    '>3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n', '*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n', '*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n', '+1700000000.123456 [0 x] "get"\r\n'].map((reply) => Buffer.from(reply)),
}
const random = randomStream(SEED, 'fuzz-redis')
const below = (most: number): number => Math.floor(random() * most)

function stream(direction: Direction): Buffer {
  const seeds = SEEDS[direction]
  const bytes = Buffer.concat(Array.from({ length: 1 + below(12) }, () => seeds[below(seeds.length)] ?? Buffer.alloc(0)))
  for (let flips = below(4); flips > 0 && bytes.length > 0; flips--) {
    const at = below(bytes.length)
    bytes[at] = random() < 0.5 ? below(256) : (bytes[below(bytes.length)] ?? 0)
  }
  return random() < 0.2 ? bytes.subarray(below(bytes.length), bytes.length) : bytes
}

const same = (direction: Direction, input: Buffer): boolean => {
  const lengths = Array.from({ length: 1 + below(5) }, () => 1 + below(20))
  return JSON.stringify(decode(codecOf(direction), inPieces(input, lengths))) === JSON.stringify(decode(codecOf(direction), [input]))
}

let understood = 0
for (let n = 0; n < COUNT; n++) {
  const [asked, answered] = [stream('to-server'), stream('to-client')]
  try {
    if (!same('to-server', asked) || !same('to-client', answered)) throw new Error('it reads differently when it is cut')
    const conversation = new RedisConversation()
    for (const message of conversation.toServer.feed(asked)) {
      conversation.facets(message).keys()
      conversation.sent(message, conversation.asked(message).exchange, null)
    }
    for (const message of conversation.toClient.feed(answered)) {
      if (conversation.received(message)) understood++
      const { error, nil } = conversation.facets(message)
      if (error !== undefined && nil) throw new Error('an error that is null')
    }
  } catch (error) {
    console.error(`stream ${n} of seed ${SEED}: ${String(error)}\n${JSON.stringify([asked.toString('latin1'), answered.toString('latin1')])}`)
    process.exitCode = 1
    break
  }
}
console.log(`fuzz-redis: ${COUNT} streams of seed ${SEED}, ${understood} replies paired`)
