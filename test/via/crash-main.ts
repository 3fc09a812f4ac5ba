/** A brownout that is about to be killed: adopts the proxy `redis` of argv[2], arms two rules on it, prints `armed` and stays. */

import { parseArgs } from 'node:util'
import { registry } from '../../faults/index.ts'
import { ms } from '../../src/core/units.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import { withDefaults, faultNamed } from '../../src/rule.ts'
import { ViaPlane } from '../../src/via/plane.ts'
import { parseVia } from '../../src/via/route.ts'

const { positionals: [admin = '', upstream = '', path = ''] } = parseArgs({ allowPositionals: true })
const route = parseVia(`toxiproxy://127.0.0.1:${admin}${path}`)
if ('wrong' in route) throw new Error(route.wrong)
const plane = new ViaPlane({ routes: new Map([['cache', route]]), registry, local: (faults) => new LocalPlane({ registry: faults, seed: 1 }) })
await plane.open([{
  name: 'cache', protocol: 'tcp', upstream: { host: '127.0.0.1', port: Number(upstream) }, listen: [{ address: { host: '127.0.0.1', port: 0 } }],
  tls: { client: 'passthrough', upstream: 'off', verify: true }, dialTimeout: ms(1000),
}])
const rule = (id: string, fault: string, params: Record<string, unknown>) => ({ id, fault, on: 'cache', params: withDefaults(faultNamed(registry, fault), params), for: ms(600_000) })
await plane.arm([rule('slow', 'latency', { delay: ms(500) }), rule('off', 'partition', { how: 'reject' })])
process.stdout.write('armed\n')
