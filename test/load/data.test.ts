import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomAt } from '../../src/core/random.ts'
import { ms, perSecond } from '../../src/core/units.ts'
import { openData, type DataSource } from '../../src/load/data.ts'
import type { Journey, LoadSpec } from '../../src/load/spec.ts'
import { readTable } from '../../src/load/table.ts'
import { ended, generated, served, type Served } from './generated.ts'

const many = (source: DataSource, count = 20_000): unknown[] => {
  const data = openData({ it: source }, 7)
  return Array.from({ length: count }, (_, n) => data('it', undefined, n))
}
const share = (values: readonly unknown[], wanted: unknown): number => values.filter((one) => one === wanted).length / values.length

describe('load: data', () => {
  it('reads CSV with quotes, commas and lines in fields, and JSON as a list or a line each', () => {
    assert.deepEqual(readTable('\ufeffsku,name\r\n1,"a ""b"", c"\r\n2,"two\nlines"\n\n3,\n', true), [{ sku: '1', name: 'a "b", c' }, { sku: '2', name: 'two\nlines' }, { sku: '3', name: '' }])
    assert.deepEqual(readTable('a,b\n1,', true), [{ a: '1', b: '' }])
    assert.deepEqual(readTable('a\n""\n', true), [{ a: '' }])
    assert.deepEqual(readTable('[{"sku": 1}, {"sku": 2}]', false), [{ sku: 1 }, { sku: 2 }])
    assert.deepEqual(readTable('{"sku": 1}\n\n{"sku": 2}\n', false), [{ sku: 1 }, { sku: 2 }])
    for (const [text, csv, why] of [['a,b\n1\n', true, /record 2 has 1 fields, and there are 2 names/], ['a,a\n1,2\n', true, /two columns/], ['a\n"x"y\n', true, /a quote where none may be/], ['a\n', true, /no rows/], ['{"a": 1}\nno\n', false, /line 2 is no JSON/], ['[1]', false, /entry 1 is no object/]] as const) {
      assert.throws(() => readTable(text, csv), { name: 'SyntaxError', message: why })
    }
  })

  it('gives each operation its value by its number: the same in any order, another for another seed', () => {
    const sources = { u: { kind: 'uniform', from: 1, to: 1000 }, id: { kind: 'uuid' } } as const
    const [one, other] = [openData(sources, 1), openData(sources, 2)]
    assert.deepEqual([5, 3, 5].map((n) => one('u', undefined, n)), [one('u', undefined, 5), one('u', undefined, 3), one('u', undefined, 5)])
    assert.notDeepEqual([1, 2, 3].map((n) => one('u', undefined, n)), [1, 2, 3].map((n) => other('u', undefined, n)))
    assert.match(String(one('id', undefined, 0)), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.equal(new Set(many({ kind: 'uuid' })).size, 20_000)
    assert.equal(one('nothing', undefined, 0), undefined)
  })

  it('draws as it says: evenly, by Zipf\'s law, in turn, or of a list', () => {
    const uniform = many({ kind: 'uniform', from: 3, to: 6 })
    for (const value of [3, 4, 5, 6]) assert.ok(Math.abs(share(uniform, value) - 0.25) < 0.02, `${value}`)
    assert.deepEqual([...new Set(uniform)].length, 4)
    const zipf = many({ kind: 'zipf', from: 1, to: 100, exponent: 1 })
    const sum = Array.from({ length: 100 }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b, 0)
    for (const value of [1, 2, 10]) assert.ok(Math.abs(share(zipf, value) - 1 / value / sum) < 0.01, `${value}`)
    assert.deepEqual(many({ kind: 'sequence', from: 5, to: 10, step: 2 }, 5), [5, 7, 9, 5, 7])
    assert.ok(Math.abs(share(many({ kind: 'choice', of: ['a', 'b'] }), 'a') - 0.5) < 0.02)
    const draw = randomAt(1, 'x')
    assert.ok(draw(2 ** 40) !== draw(0) && draw(2 ** 40) < 1)
  })

  describe('in what is sent', () => {
    let folder: string
    let at: Served
    beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'brownout-data-')) })
    afterEach(() => { at.close(); rmSync(folder, { recursive: true, force: true }) })

    it('stands in paths, headers and bodies: one row for one operation, numbers as numbers in JSON', async () => {
      writeFileSync(join(folder, 'p.csv'), 'sku,name\n1,red shoe\n2,"50% ""off"""\n')
      const seen: string[] = []
      at = await served((request, response) => {
        let body = ''
        request.on('data', (chunk) => { body += String(chunk) }).on('end', () => { seen.push(`${request.url} ${String(request.headers['x-sku'])} ${body}`); response.end() })
      })
      const spec: LoadSpec = {
        name: 'shop', rate: perSecond(100), timeout: ms(2000), ok: '2xx', inFlightMax: 500, connections: 1,
        data: { p: { kind: 'file', file: join(folder, 'p.csv'), pick: 'sequence' }, qty: { kind: 'sequence', from: 1, to: 3, step: 1 } },
        send: {
          kind: 'http', method: 'POST', url: [`http://127.0.0.1:${at.port}/`, { data: 'p', column: 'name', as: 'part' }, '?n={n}'], headers: { 'x-sku': [{ data: 'p', column: 'sku', as: 'text' }], 'x-same': 'x' },
          body: ['{"name":"', { data: 'p', column: 'name', as: 'string' }, '","qty":', { data: 'qty', as: 'json' }, '}'],
        },
      }
      await generated(spec, ended({ ok: 6 }))
      assert.deepEqual(seen.slice(0, 3), ['/red%20shoe?n=0 1 {"name":"red shoe","qty":1}', '/50%25%20%22off%22?n=1 2 {"name":"50% \\"off\\"","qty":2}', '/red%20shoe?n=2 1 {"name":"red shoe","qty":3}'])
    })

    it('is of journeys by their weight: each operation is one of them, and failures say which', async () => {
      const seen: string[] = []
      at = await served((request, response) => { seen.push(request.url ?? ''); response.writeHead(request.url === '/buy' ? 503 : 200).end() })
      const journey = (path: string): Journey => ({ kind: 'journey', steps: [{ kind: 'request', name: 'ask', method: 'GET', url: [`http://127.0.0.1:${at.port}${path}`], headers: {}, ok: '2xx', capture: {} }] })
      const spec: LoadSpec = {
        name: 'mix', rate: perSecond(200), timeout: ms(2000), ok: '2xx', inFlightMax: 500, connections: 1,
        send: { kind: 'journeys', of: [{ name: 'browse', weight: 3, journey: journey('/browse') }, { name: 'buy', weight: 1, journey: journey('/buy') }] },
      }
      const { verdict } = await generated(spec, ended({ ok: 100 }))
      const bought = seen.filter((path) => path === '/buy').length / seen.length
      assert.ok(bought > 0.1 && bought < 0.4, `${bought}`)
      assert.ok((verdict.errors['buy: ask: status 503'] ?? 0) > 10)
    })
  })
})
