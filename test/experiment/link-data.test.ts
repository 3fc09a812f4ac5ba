// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
import assert from 'node:assert/strict'
import { summarise } from '../../src/experiment/summary.ts'
import { planOf, problemsOf } from './fake-faults.ts'

const files = { 'p.csv': 'sku,name\n1,shoe\n', 'odd.csv': 'a,b\n1\n' }
const DATA = `data:
  p: { file: p.csv, pick: random }
  sku: { zipf: { from: 1, to: 100 } }
  id: { uuid: true }
`

describe('data of loads', () => {
  it('stands where a load sends it, with its type where it is all of a JSON value', async () => {
    const plan = await planOf(`name: x
targets: { api: { upstream: "http://h" } }
${DATA}load:
  shop: { http: "POST \${targets.api.url}/p/\${data.p.sku}?q={n}", headers: { x: "\${data.id}" }, json: { sku: "\${data.sku}", name: "a \${data.p.name}", cost: "$\${5}" }, rate: 100/s }
  cache: { redis: [GET, "product:\${data.sku}"], url: "redis://h", rate: 100/s }
  db: { postgres: "select $1", params: ["\${data.sku}"], url: "postgres://h/d", rate: 100/s }
  live: { websocket: "ws://h/", send: '{"id":"{id}","sku":\${data.sku}}', rate: 100/s }
  plain: { http: "GET http://h/{n}", rate: 100/s }
  mix: { journeys: { look: { weight: 9, steps: [{ http: "GET http://h/\${data.sku}" }] }, buy: { steps: [{ http: "GET http://h/" , capture: { c: "json:c" } }, { http: "GET http://h/\${capture.c}" }] } }, rate: 100/s }
`, { files })
    const [shop, cache, db, live, plain, mix] = plan.loads
    assert.deepEqual(shop?.send.kind === 'http' ? [shop.send.url, shop.send.headers, shop.send.body] : [], [
      ['${targets.api.url}/p/', { data: 'p', column: 'sku', as: 'part' }, '?q={n}'], { 'content-type': 'application/json', x: [{ data: 'id', as: 'text' }] },
      ['{"sku":', { data: 'sku', as: 'json' }, ',"name":"a ', { data: 'p', column: 'name', as: 'string' }, '","cost":"$${5}"}'],
    ])
    assert.deepEqual(Object.keys(shop?.data ?? {}), ['p', 'sku', 'id'])
    assert.deepEqual(cache?.send.kind === 'redis' ? cache.send.command : [], ['GET', ['product:', { data: 'sku', as: 'text' }]])
    assert.deepEqual(db?.send.kind === 'postgres' ? db.send.params : [], [[{ data: 'sku', as: 'text' }]])
    assert.deepEqual(live?.send.kind === 'websocket' ? live.send.send : '', ['{"id":"{id}","sku":', { data: 'sku', as: 'string' }, '}'])
    assert.deepEqual([plain?.data, plain?.send.kind === 'http' ? plain.send.url : ''], [undefined, 'http://h/{n}'])
    assert.deepEqual(mix?.send.kind === 'journeys' ? mix.send.of.map(({ name, weight, journey }) => [name, weight, journey.steps.length]) : [], [['look', 9, 1], ['buy', 1, 2]])
    assert.match(summarise(plan), /shop: POST \$\{targets.api.url\}\/p\/\$\{data.p.sku\}\?q=\{n\} at 100\/s[\s\S]*mix: look \(9\), buy \(1\) at 100\/s/)
  })

  it('is refused where it leads to nothing or cannot stand, all of it at once', async () => {
    const problems = await problemsOf(`name: x
data:
  p: { file: p.csv }
  odd: { file: odd.csv }
  gone: { file: gone.csv }
  two: { uuid: true, choice: [a] }
  back: { uniform: { from: 5, to: 1 } }
load:
  a: { http: "GET http://h/\${data.skuu}", rate: 100/s }
  b: { http: "GET http://h/\${data.p.nme}", rate: 100/s }
  c: { http: "GET http://h/\${data.p}", rate: 100/s }
  d: { http: "GET http://\${data.p.sku}/", rate: 100/s }
  e: { postgres: "select \${data.p.sku}", url: "postgres://h/d", rate: 100/s }
probes: { q: { http: "http://h/\${data.p.sku}", at: end } }
`, { files })
    assert.deepEqual(problems.map(({ place, code, message }) => `${place.line} ${code} ${message.replace(/\S*\//, '')}`), [
      '4 FILE_UNREADABLE odd.csv: record 2 has 1 fields, and there are 2 names',
      '5 FILE_UNREADABLE gone.csv: ENOENT',
      '6 VALUE_INVALID two: choice and uuid cannot go together',
      '7 VALUE_INVALID uniform: `to` is below `from`',
      '9 VARIABLE_UNKNOWN ${data.skuu}: `data:` has no "skuu"',
      '10 VARIABLE_UNKNOWN ${data.p.nme}: there is no column "nme"',
      '11 VARIABLE_UNKNOWN ${data.p}: a file has columns',
      '12 VALUE_INVALID http: host and port cannot be data',
      '13 VARIABLE_UNKNOWN ${data.p.sku}: a statement is the same for all; values are its `params`',
      '14 VARIABLE_UNKNOWN ${data.p.sku} stands for nothing here',
    ])
  })
})
