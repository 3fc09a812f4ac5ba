// vitest run vitest.test.ts
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { brownout } from 'brownout'

test('a slow stock is not waited for', async () => {
  const server = createServer((request, response) => response.end('in stock'))
  await new Promise<void>((listening) => { server.listen(0, '127.0.0.1', listening) })
  const { port } = server.address() as AddressInfo
  await using stock = await brownout.target({ upstream: `http://127.0.0.1:${port}` })
  const ask = () => fetch(stock.url, { signal: AbortSignal.timeout(300) })
  {
    await using fault = await stock.inject('latency', { delay: '2s' })
    await expect(ask()).rejects.toThrow(/timeout/)
    expect((await fault.hits()).altered).toBeGreaterThan(0)
  }
  expect(await (await ask()).text()).toBe('in stock')
  server.close()
})
