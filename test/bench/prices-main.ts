/** The prices of the sample shop alone, for bench/prices.ts: WS_BATCH, WS_DEFLATE, WS_TOPICS and PRICE_TICKS as the shop reads them. Tells its port, then its figures whenever it is told anything. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { admit } from '../../src/demo/shop/peers.ts'
import { PriceUpdates, tickPrices } from '../../src/demo/shop/price-updates.ts'
import { openPrices, PRICES_PATH } from '../../src/demo/shop/prices.ts'
import { settingsOf } from '../../src/demo/shop/settings.ts'

const settings = settingsOf(process.env)
const updates = new PriceUpdates()
const prices = openPrices({ ...settings, updates, log: (line) => { process.stderr.write(`${line}\n`) } })
const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send?.((server.address() as AddressInfo).port))
admit(server, { [PRICES_PATH]: prices.peers })
let changes = 0
updates.listen(() => { changes++ })
tickPrices(updates, { rate: settings.priceTicks, products: 200, seed: 1 })
process.on('message', () => process.send?.({ ...prices.figures(), changes, cpu: process.cpuUsage(), memory: process.memoryUsage.rss() }))
process.on('disconnect', () => process.exit())
