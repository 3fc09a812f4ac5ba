/** brownout's engine alone, as it runs in every command. `node proxy-main.js PORT [RULE-JSON]` prints its own port. */

import { registry } from '../../faults/index.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import { ms } from '../../src/core/units.ts'

const plane = new LocalPlane({ registry, seed: 1 })
const [open] = await plane.open([{
  name: 'cache', protocol: 'redis', upstream: { host: '127.0.0.1', port: Number(process.argv[2]) },
  listen: [{ address: { host: '127.0.0.1', port: 0 } }], tls: { client: 'passthrough', upstream: 'off', verify: true }, dialTimeout: ms(5000),
}])
if (process.argv[3]) await plane.arm([JSON.parse(process.argv[3])])
const address = open?.listen[0]?.address
process.stdout.write(`${address && 'port' in address ? address.port : ''}\n`)
process.on('disconnect', () => process.exit())
