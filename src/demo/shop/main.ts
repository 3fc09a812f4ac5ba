/** The sample shop, a program of its own. Environment: settings.ts. Ends on SIGTERM within a second. */

import { createServer } from 'node:http'
import { ms } from '../../core/units.ts'
import { serve } from '../service.ts'
import { Answers } from './answers.ts'
import { LIVE_PATH, openLive } from './live.ts'
import { admit } from './peers.ts'
import { PriceUpdates, tickPrices } from './price-updates.ts'
import { openPrices, PRICES_PATH } from './prices.ts'
import { naiveStore } from './naive.ts'
import { resilientStore } from './resilient.ts'
import { pages } from './routes.ts'
import { PRODUCTS } from './schema.ts'
import { BadSetting, type Settings, settingsOf } from './settings.ts'
import { shedding } from './shed.ts'
import { Updates } from './updates.ts'

const log = (line: string): void => { process.stderr.write(`shop: ${line}\n`) }
const settings = settingsFrom(process.env)
const { resilient, port } = settings
const updates = new Updates()
const store = (resilient ? resilientStore : naiveStore)({ ...settings, log, onSettled: (order) => updates.publish(order) })
let ready = false
const server = createServer()
const live = openLive({ updates, resilient, log })
const priceUpdates = new PriceUpdates()
const prices = openPrices({ ...settings, updates: priceUpdates, log })
admit(server, { [LIVE_PATH]: live.peers, [PRICES_PATH]: prices.peers })
if (settings.priceTicks > 0) tickPrices(priceUpdates, { rate: settings.priceTicks, products: settings.seed?.products ?? PRODUCTS, seed: 1 })
const answers = new Answers({ compress: settings.compress, keepFor: ms(settings.responseCacheMs) })
store.onPrice((price) => {
  if (settings.invalidate) answers.clear()
  priceUpdates.publish(price)
})
server.on('request', shedding(settings.shed, pages({ store, updates, live, prices, answers, isReady: () => ready, failure: resilient ? 503 : 500, log })))

log(resilient ? 'resilient' : 'naive')
await serve({ server, port, log, prepare: () => store.prepare(), onReady: () => { ready = true }, onStop: () => { live.close(); prices.close() }, close: () => store.close() })

/** Ends the process where it makes no sense. */
function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  try {
    return settingsOf(env)
  } catch (error) {
    if (!(error instanceof BadSetting)) throw error
    log(error.message)
    process.exit(2)
  }
}
