/** `stalling-proxy.js UPSTREAM-PORT MS`: a proxy that stalls all its bytes for that long from the first message on; tells what happens over IPC. */

import { registry } from '../../faults/index.ts'
import { ms } from '../../src/core/units.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'

const plane = new LocalPlane({ registry, seed: 1 })
plane.on((event) => process.send?.(event))
const [open] = await plane.open([{
  name: 'cache', protocol: 'tcp', upstream: { host: '127.0.0.1', port: Number(process.argv[2]) }, listen: [{ address: { host: '127.0.0.1', port: 0 } }],
  tls: { client: 'passthrough', upstream: 'off', verify: true }, dialTimeout: ms(2000),
}])
await plane.arm([{ id: 'stall', fault: 'stall', on: 'cache', params: {}, for: ms(Number(process.argv[3])) }])
const address = open?.listen[0]?.address
process.send?.({ port: address && 'port' in address ? address.port : 0 })
process.on('disconnect', () => process.exit())
