/**
 * Several shops behind one port. Environment: PORT, INSTANCES (at least so many, 2), MAX (at most so many, INSTANCES unless given), BUSY (one more where they are busier than so many percent,
 * 70), IDLE (one less, 30; less than half of BUSY), and all that the shops read, which is passed on.
 * GET /balancer: how the instances are, and what was decided. Ends on SIGTERM within a second, and the shops with it, however it ends.
 */

import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { startWatchdog } from '../../watchdog/watchdog.ts'
import { serve } from '../service.ts'
import { Balancer } from './balancer.ts'

const { PORT = '3000', INSTANCES = '2', MAX = INSTANCES, BUSY = '70', IDLE = '30', ...env } = process.env
const log = (line: string): void => { process.stderr.write(`balancer: ${line}\n`) }
const [min = 0, max = 0, busy = 0, idle = 0] = [INSTANCES, MAX, BUSY, IDLE].map((text) => (/^\d{1,2}$/.test(text) ? Number(text) : Number.NaN))
if (!(min >= 1 && max >= min && busy > 2 * idle)) {
  log('INSTANCES and MAX are whole numbers from 1 to 99, and MAX is not the smaller; BUSY and IDLE are percentages, and BUSY is more than twice IDLE')
  process.exit(2)
}

const server = createServer({ keepAliveTimeout: 60_000 })
const balancer = new Balancer({ command: [process.execPath, fileURLToPath(new URL('../shop/main.js', import.meta.url))], env, min, max, busy: busy / 100, idle: idle / 100, watchdog: startWatchdog(), log })
server.on('request', balancer.request).on('upgrade', balancer.upgrade)
await serve({
  server, port: Number(PORT), log, prepare: () => balancer.begin(), onReady: () => log('serves'), onStop: () => balancer.stop(), close: () => balancer.close(),
})
