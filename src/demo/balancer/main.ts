/**
 * Several shops behind one port. Environment: PORT, INSTANCES (at least so many), MAX (at most so many, INSTANCES unless given), and all that the shops read, which is passed on.
 * GET /balancer: how the instances are, and what was decided. Ends on SIGTERM within a second, and the shops with it, however it ends.
 */

import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { startWatchdog } from '../../watchdog/watchdog.ts'
import { serve } from '../service.ts'
import { Balancer } from './balancer.ts'

const { PORT = '3000', INSTANCES = '2', MAX = INSTANCES, ...env } = process.env
const log = (line: string): void => { process.stderr.write(`balancer: ${line}\n`) }
const [min, max] = [Number(INSTANCES), Number(MAX)]
if (!(Number.isInteger(min) && Number.isInteger(max) && min >= 1 && max >= min && max <= 64)) {
  log('INSTANCES and MAX are whole numbers from 1 to 64, and MAX is not the smaller')
  process.exit(2)
}

const server = createServer({ keepAliveTimeout: 60_000 })
const balancer = new Balancer({ command: [process.execPath, fileURLToPath(new URL('../shop/main.js', import.meta.url))], env, min, max, watchdog: startWatchdog(), log })
server.on('request', balancer.request).on('upgrade', balancer.upgrade)
await serve({
  server, port: Number(PORT), log, prepare: () => balancer.begin(), onReady: () => log('serves'), onStop: () => balancer.stop(), close: () => balancer.close(),
})
