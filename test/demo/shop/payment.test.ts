import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import pg from 'pg'
import { ManualClock } from '../../../src/core/clock.ts'
import { ms } from '../../../src/core/units.ts'
import { naivePayment } from '../../../src/demo/shop/payment.ts'
import { patientPayment } from '../../../src/demo/shop/patient-payment.ts'
import { Pause, retryAfter, RetryBudget } from '../../../src/demo/shop/retries.ts'
import { Gate } from '../../support/gate.ts'
import { postgres } from '../../support/servers.ts'
import { ServiceProcess } from '../service-process.ts'

/** A payment service that does what it is told with each request. */
class Bank {
  readonly keys: (string | undefined)[] = []
  readonly #server: Server
  #act: (response: ServerResponse, bill: string, nth: number) => void

  constructor(act: (response: ServerResponse, bill: string, nth: number) => void) {
    this.#act = act
    this.#server = createServer((request: IncomingMessage, response) => {
      const nth = this.keys.push(request.headers['idempotency-key']?.toString())
      let bill = ''
      request.setEncoding('utf8').on('data', (text: string) => { bill += text }).on('end', () => this.#act(response, bill, nth))
    })
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    assert.ok(address !== null && typeof address === 'object')
    return `http://127.0.0.1:${address.port}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

const charged = (response: ServerResponse, bill: string): void => { response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 1, ...JSON.parse(bill) })) }
/** The head promises more than comes. */
const cut = (response: ServerResponse, bill: string): void => {
  response.writeHead(201, { 'content-type': 'application/json', 'content-length': '500' })
  response.write(bill, () => response.destroy())
}

describe('the shop and its payment service', () => {
  const open: Bank[] = []
  afterEach(() => { for (const bank of open.splice(0)) bank.close() })
  const at = async (act: (response: ServerResponse, bill: string, nth: number) => void): Promise<{ bank: Bank; url: string }> => {
    const bank = new Bank(act)
    open.push(bank)
    return { bank, url: await bank.open() }
  }
  const quiet = (): void => undefined

  it('RESILIENT=1 asks again with the same key when an answer breaks off, is late, or is a 500', async () => {
    const { bank, url } = await at((response, bill, nth) => {
      if (nth === 1) cut(response, bill)
      else if (nth === 3) response.writeHead(500).end()
      else if (nth !== 5) charged(response, bill)
    })
    const payment = patientPayment(url, quiet)
    for (const sale of ['a', 'b', 'c']) await payment.charge(sale, 149)
    assert.deepEqual(bank.keys, ['a', 'a', 'b', 'b', 'c', 'c'])
    assert.equal(payment.state(), 'closed')
  })

  it('RESILIENT=1 believes no page of HTML, no half of an answer, and none to another question', async () => {
    const lies: readonly ((response: ServerResponse, bill: string) => void)[] = [
      (response) => { response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>') },
      (response, bill) => { response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end(bill.slice(0, 10)) },
      (response, bill) => { response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 1, ...JSON.parse(bill), amountCents: 1 })) },
    ]
    for (const lie of lies) {
      const { bank, url } = await at(lie)
      await assert.rejects(patientPayment(url, quiet).charge('a', 149), /payment: (200, and no JSON|an answer that is not to the question)/)
      assert.deepEqual(bank.keys, ['a', 'a', 'a'])
    }
  })

  it('RESILIENT=1 waits for no answer longer than a second, then asks nobody while it is given up', async () => {
    const { bank, url } = await at(() => undefined)
    const payment = patientPayment(url, quiet)
    const start = performance.now()
    const first = await Promise.allSettled([payment.charge('a', 149), payment.charge('b', 149)])
    const took = performance.now() - start
    assert.deepEqual(first.map(({ status }) => status), ['rejected', 'rejected'])
    assert.ok(took > 500 && took < 2500, `${took} ms`)
    assert.equal(payment.state(), 'open')
    const asked = bank.keys.length
    const before = performance.now()
    await assert.rejects(payment.charge('c', 149), /not tried/)
    assert.ok(performance.now() - before < 100)
    assert.equal(bank.keys.length, asked)
  })

  it('RESILIENT=1 leaves a service alone that has asked for it, for as long', async () => {
    const { bank, url } = await at((response, bill, nth) => {
      if (nth === 1) response.writeHead(503, { 'retry-after': '1' }).end()
      else charged(response, bill)
    })
    const payment = patientPayment(url, quiet)
    await assert.rejects(payment.charge('a', 149), /503, not before 1000 ms/)
    const start = performance.now()
    assert.equal(payment.state(), 'paused')
    await assert.rejects(payment.charge('b', 149), /a pause/)
    assert.deepEqual(bank.keys, ['a'])
    while (payment.state() === 'paused') await new Promise((resolve) => setTimeout(resolve, 20))
    assert.ok(performance.now() - start >= 900)
    await payment.charge('a', 149)
    assert.deepEqual(bank.keys, ['a', 'a'])
  })

  it('RESILIENT=1 does not repeat what was declined', async () => {
    const { bank, url } = await at((response) => { response.writeHead(422, { 'content-type': 'application/json' }).end('{"error":"no"}') })
    await assert.rejects(patientPayment(url, quiet).charge('a', 149), /422/)
    assert.equal(bank.keys.length, 1)
  })

  it('RESILIENT=0 asks again at once, without a key, for what had been charged', async () => {
    const { bank, url } = await at((response, bill, nth) => (nth < 3 ? cut : charged)(response, bill))
    await naivePayment(url).charge('a', 149)
    assert.deepEqual(bank.keys, [undefined, undefined, undefined])
  })

  it('retries a fifth of all calls at the most, once ten are spent', () => {
    const budget = new RetryBudget()
    let made = 0
    for (let call = 0; call < 1000; call++) {
      budget.earn()
      if (budget.spend()) made++
    }
    assert.ok(made >= 200 && made <= 210, `${made}`)
  })

  it('reads Retry-After in seconds and as a date, which counts from the date of the answer', () => {
    const wait = (headers: Record<string, string>): number | undefined => retryAfter(new Headers(headers))
    const date = 'Wed, 21 Oct 2015 07:28:00 GMT'
    assert.equal(wait({ 'retry-after': '2' }), 2000)
    assert.equal(wait({ 'retry-after': 'Wed, 21 Oct 2015 07:28:05 GMT', date }), 5000)
    assert.equal(wait({ 'retry-after': 'Wed, 21 Oct 2015 07:27:00 GMT', date }), 0)
    assert.equal(wait({ 'retry-after': '99999999' }), 30_000)
    for (const junk of [{}, { 'retry-after': 'soon' }, { 'retry-after': date }, { 'retry-after': '' }]) assert.equal(wait(junk), undefined)
  })

  it('pauses for the longest of what it was asked', () => {
    const clock = new ManualClock()
    const pause = new Pause(clock)
    assert.equal(pause.over, true)
    pause.extend(ms(1000))
    pause.extend(ms(200))
    clock.advance(ms(999))
    assert.equal(pause.over, false)
    clock.advance(ms(1))
    assert.equal(pause.over, true)
  })
})

describe('the sample shop with a payment service', () => {
  let payment: ServiceProcess
  let gate: Gate
  let shop: ServiceProcess
  before(async () => {
    payment = await ServiceProcess.start('payment', { DATABASE_URL: (await postgres()).url })
    gate = await new Gate(payment.port).open()
  })
  const start = async (resilient: '0' | '1', paymentUrl?: string): Promise<void> => {
    shop = await ServiceProcess.start('shop', { REDIS_URL: '', DATABASE_URL: (await postgres()).url, RESILIENT: resilient, PAYMENT_URL: paymentUrl ?? `http://127.0.0.1:${gate.port}/` })
  }
  afterEach(() => shop.stop())
  after(async () => {
    await gate.shut()
    await payment.stop()
  })
  const counts = async (): Promise<{ charges: number; double: number }> => (await payment.ask('/charges/count')).body as { charges: number; double: number }
  const unpaid = async (): Promise<number> => {
    const client = new pg.Client((await postgres()).url)
    await client.connect()
    const { rows } = await client.query<{ count: number }>('select count(*)::int as count from brownout_shop.orders where unpaid')
    await client.end()
    return rows[0]?.count ?? 0
  }
  const sell = () => shop.post('/checkout', { product: 7, quantity: 1 })

  it('RESILIENT=1 charges each sale once; what cannot be charged is sold all the same, and charged when the service is back', async () => {
    await start('1')
    const before = await counts()
    const sold = await sell()
    assert.deepEqual([sold.status, (sold.body as { paid: boolean }).paid], [201, true])
    assert.equal((await counts()).charges, before.charges + 1)
    gate.hold()
    const meanwhile = await Promise.all([sell(), sell()])
    assert.deepEqual(meanwhile.map(({ status, body }) => [status, (body as { paid: boolean }).paid]), [[202, false], [202, false]])
    assert.ok(meanwhile.every(({ took }) => took < 2500), `${meanwhile.map(({ took }) => took)}`)
    assert.equal(await unpaid(), 2)
    gate.release()
    const deadline = performance.now() + 10_000
    while (await unpaid() > 0) assert.ok(performance.now() < deadline, shop.said)
    // What had been held has arrived too, and the same keys again from the settling.
    assert.deepEqual(await counts(), { charges: before.charges + 3, double: before.double })
    assert.equal(((await shop.ask('/healthz')).body as { payment: string }).payment, 'closed')
  })

  it('RESILIENT=0 waits for it in mid-transaction, and sells nothing for as long', async () => {
    await start('0')
    assert.equal((await sell()).status, 201)
    gate.hold()
    const asked = sell()
    const first = await Promise.race([asked.then(() => 'answered'), new Promise((resolve) => setTimeout(() => resolve('silent'), 1500))])
    assert.equal(first, 'silent')
    gate.release()
    assert.equal((await asked).status, 201)
  })

  for (const [resilient, double] of [['1', 0], ['0', 1]] as const) {
    it(`RESILIENT=${resilient} charges ${double ? 'twice' : 'once'} when the first answer is lost`, async () => {
      let lost = 0
      const cutter = createServer((request, response) => {
        let bill = ''
        request.setEncoding('utf8').on('data', (text: string) => { bill += text }).on('end', () => {
          const key = request.headers['idempotency-key']?.toString()
          void payment.post('/charges', JSON.parse(bill), key === undefined ? {} : { 'idempotency-key': key }).then(({ status, body }) => {
            if (lost++ === 0) response.destroy()
            else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
          })
        })
      }).listen(0, '127.0.0.1')
      await once(cutter, 'listening')
      const address = cutter.address()
      assert.ok(address !== null && typeof address === 'object')
      await start(resilient, `http://127.0.0.1:${address.port}`)
      const before = await counts()
      assert.equal((await sell()).status, 201)
      const after = await counts()
      assert.deepEqual([lost, after.charges - before.charges, after.double - before.double], [2, 1 + double, double])
      cutter.close()
      cutter.closeAllConnections()
    })
  }
})
