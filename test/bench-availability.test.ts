import assert from 'node:assert/strict'
import { join } from 'node:path'
import { broken, type Pair, pictureOf, tableOf } from './bench/availability-page.ts'
import { stepsOf, wordsOf } from './bench/availability-run.ts'
import { ROOT } from './support/paths.ts'

const row = (fault: string, operations: number, answered: number): Pair['one'] => ({ fault, what: fault, operations, answered, altered: 1, failed: {} })
const pair = (fault: string, failed: number, naught = 0): Pair => ({ fault, words: fault, one: row(fault, 30_000, 30_000 - failed), naught: row(fault, 5000, naught) })

describe('the bench of availability', () => {
  it('never rounds up: all is 100 %, three of 30,000 are missing at 99.99 %, four are below it', () => {
    const pairs = [pair('cache-latency', 0), pair('cache-stall', 1), pair('db-latency', 3), pair('db-stall', 4), pair('http-hang', 15_000)]
    assert.deepEqual(broken(pairs).map(({ fault }) => fault), ['db-stall', 'http-hang'])
    assert.deepEqual(tableOf(pairs).trimEnd().split('\n').slice(2).map((line) => line.split(' | ')[3]), ['100 %', '99.996 %', '99.990 %', '99.986 %', '50.0 %'])
  })

  it('draws each fault in the panel of its target, the worse one to the left of the better', () => {
    const picture = pictureOf([pair('cache-latency', 0, 4000), pair('redis-error', 0), pair('db-stall', 3)])
    assert.equal(picture.match(/<circle /g)?.length, 4, 'three and the legend')
    assert.match(picture, />cache \(Redis\)<[\s\S]*>latency<[\s\S]*>redis\.error<[\s\S]*>database \(Postgres\)<[\s\S]*>stall</)
    assert.doesNotMatch(picture, /payment service/)
    const [, one = '', naught = ''] = /<rect x="[\d.]+" y="[\d.]+"[^>]*>.*?<circle cx="([\d.]+)"[\s\S]*?<rect x="([\d.]+)"/.exec(picture.slice(picture.indexOf('>latency<'))) ?? []
    assert.ok(Number(one) > Number(naught))
  })

  it('names the steps of the experiments without those that only cut connections before', () => {
    const file = join(ROOT, 'experiments/targets/availability.yaml')
    const steps = stepsOf(file)
    assert.ok(steps.length >= 40 && steps.every((step) => !step.endsWith('-cut')))
    assert.deepEqual(stepsOf(file, /^cache-re/), ['cache-refuse', 'cache-reset_peer'])
    assert.equal(wordsOf(file, 'cache-refuse'), 'refuse on cache, connections cut first')
    assert.equal(wordsOf(file, 'db-latency'), 'latency on db, delay 400ms, jitter 100ms')
  })
})
