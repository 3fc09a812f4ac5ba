/** `node accounts-redis.js [MILLIONS]`: what the accounts cost for each GET, beside its codec, in pipelines of 16. */

import { ms } from '../../src/core/units.ts'
import { Accounts } from '../../src/proxy/accounts/accounts.ts'
import { RedisConversation } from '../../src/protocols/redis/conversation.ts'
import { command } from '../protocols/redis/wire.ts'

const MILLIONS = Number(process.argv[2] ?? 2)
const PIPELINE = 16
const KEYS = 1000
const asked = Array.from({ length: KEYS }, (_, n) => Buffer.concat(Array.from({ length: PIPELINE }, (_unused, m) => command('GET', `user:${1_000_000 + n * PIPELINE + m}:cart`))))
const answered = Buffer.from('$3\r\nabc\r\n'.repeat(PIPELINE))

/** Nanoseconds of this process's time an exchange, after warming up. */
function measure(accounted: boolean): number {
  const conversation = new RedisConversation()
  const accounts = new Accounts('cache', 'redis')
  const session = accounts.session(1, '127.0.0.1', ms(0))
  let now = 0
  const round = (pipelines: number): void => {
    for (let n = 0; n < pipelines; n++) {
      now += 0.2
      for (const message of conversation.toServer.feed(asked[n % KEYS] ?? answered)) {
        const { exchange } = conversation.asked(message)
        if (accounted) session.opened(exchange, message, ms(now))
        conversation.sent(message, exchange, exchange)
      }
      for (const message of conversation.toClient.feed(answered)) {
        const paired = conversation.received(message)
        if (accounted) session.answered(message, paired, ms(now + 0.1))
      }
    }
  }
  round(20_000)
  const pipelines = (MILLIONS * 1e6) / PIPELINE
  const started = process.cpuUsage()
  round(pipelines)
  return (process.cpuUsage(started).user * 1000) / (pipelines * PIPELINE)
}

for (let n = 0; n < 3; n++) {
  const [codec, both] = [measure(false), measure(true)]
  console.log(`codec ${codec.toFixed(0)} ns, codec and accounts ${both.toFixed(0)} ns, accounts ${(both - codec).toFixed(0)} ns an exchange`)
}
