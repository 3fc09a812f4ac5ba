import assert from 'node:assert/strict'
import { guard, limitOf, NODE_MAJOR, openStage, readMarks, type Marks, type Measured } from './bench/guard.ts'

const MARKS: Marks = { node: 20, ratios: { tcp: { ratio: 1, noise: 0.05 }, redis: { ratio: 1, noise: 0.05 }, http: { ratio: 2, noise: 0 } } }

describe('what brownout costs beside pipe', () => {
  it('is within 15 % of what was recorded, and what is slowed on purpose is not', async function () {
    const marks = readMarks()
    if (process.platform !== 'linux' || NODE_MAJOR !== marks.node) this.skip()
    // Opening, and three blocks of rounds, on a machine that does other things too.
    this.timeout(90_000)
    const stage = await openStage()
    try {
      const found = await guard(stage.block, marks)
      const told = found.map(({ name, ratio, limit }) => `${name}: CPU per request is ${ratio.toFixed(3)} x that of pipe, at most ${limit.toFixed(3)}`).join('\n')
      assert.deepEqual(found.filter(({ kept }) => kept).map(({ name }) => name), ['tcp', 'redis', 'http'], told)
    } finally {
      stage.stop()
    }
  })

  it('measures again what was over its limit, and that alone, three times at most', async () => {
    const asked: (readonly Measured[])[] = []
    const blocks: Record<Measured, number>[] = [{ tcp: 1.1, redis: 1.3, http: 2.5, slowed: 1.9 }, { tcp: 9, redis: 1.19, http: 2.4, slowed: 1.8 }, { tcp: 9, redis: 9, http: 2.6, slowed: 1.7 }]
    const found = await guard((of) => {
      asked.push(of)
      return Promise.resolve(new Map(of.map((name) => [name, blocks[asked.length - 1]?.[name] ?? Number.NaN])))
    }, MARKS)
    assert.deepEqual(asked, [['tcp', 'redis', 'http', 'slowed'], ['redis', 'http', 'slowed'], ['http', 'slowed']])
    assert.deepEqual(found.map(({ name, ratio, kept }) => [name, ratio, kept]), [['tcp', 1.1, true], ['redis', 1.19, true], ['http', 2.4, false], ['slowed', 1.7, false]])
  })

  it('is lost by more than 15 % beyond the noise', () => {
    assert.equal(limitOf({ ratio: 2, noise: 0.05 }), 2 * 1.2)
  })
})
