/** brownout's engine alone, as it runs in every command. `node proxy-main.js PORT PROTOCOL [RULE-JSON]` prints its own port. */

import { registry } from '../../faults/index.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import { monotonicNow } from '../../src/core/clock.ts'
import { ms } from '../../src/core/units.ts'
import { faultNamed, withDefaults, type Rule } from '../../src/rule.ts'
import type { Protocol } from '../../src/protocols/codec.ts'

const plane = new LocalPlane({ registry, seed: 1 })
const [open] = await plane.open([{
  name: 'cache', protocol: process.argv[3] as Protocol, upstream: { host: '127.0.0.1', port: Number(process.argv[2]) },
  listen: [{ address: { host: '127.0.0.1', port: 0 } }], tls: { client: 'passthrough', upstream: 'off', verify: true }, dialTimeout: ms(5000),
}])
// As in a run: what passes is counted by bucket and taken.
plane.measure(monotonicNow(), ms(250))
setInterval(() => { void plane.takeBuckets(); void plane.takeRecords() }, 250)
if (process.argv[4]) {
  const rule = JSON.parse(process.argv[4]) as Rule
  await plane.arm([{ ...rule, params: withDefaults(faultNamed(registry, rule.fault), rule.params) }])
}
const address = open?.listen[0]?.address
process.stdout.write(`${address && 'port' in address ? address.port : ''}\n`)
process.on('disconnect', () => process.exit())
