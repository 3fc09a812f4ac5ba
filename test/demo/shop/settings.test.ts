import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { BadSetting, settingsOf } from '../../../src/demo/shop/settings.ts'

const MAIN = fileURLToPath(new URL('../../../src/demo/shop/main.js', import.meta.url))

describe('the settings of the shop', () => {
  it('are those of a shop on this machine where nothing is set, and empty is not set but for the cache', () => {
    const { redisUrl, ...rest } = settingsOf({ RESILIENT: '', POOL: '', SEED: '', REDIS_URL: '' })
    assert.equal(redisUrl, undefined)
    const { redisUrl: usual, ...same } = settingsOf({})
    assert.equal(usual, 'redis://127.0.0.1:6379')
    assert.deepEqual(rest, same)
    assert.deepEqual([same.seed, same.pool, same.resilient, same.coalesce, same.page, same.prepared], [undefined, undefined, true, true, 50, false])
  })

  it('follow the way it is written where they are not set', () => {
    assert.equal(settingsOf({ RESILIENT: '0' }).coalesce, false)
    assert.equal(settingsOf({ RESILIENT: '0', COALESCE: '1' }).coalesce, true)
  })

  it('read seed data as three numbers', () => {
    assert.deepEqual(settingsOf({ SEED: '20000,5000,200000' }).seed, { products: 20_000, customers: 5000, orders: 200_000 })
  })

  for (const [name, value, says] of [
    ['PORT', '80000', /^PORT is a whole number from 0 to 65535, not "80000"$/], ['POOL', '0', /^POOL is a whole number from 1 /], ['RESILIENT', 'yes', /^RESILIENT is 0 or 1, not "yes"$/],
    ['SEED', '1,2', /^SEED is products,customers,orders as in 20000,5000,200000, not "1,2"$/], ['SEED', '0,5,5', /^SEED is/], ['PAGE', '-1', /^PAGE is/], ['DATABASE_URL', 'mysql://u:secret@h', /^DATABASE_URL begins with postgres:\/\/ or postgresql:\/\/$/],
  ] as const) {
    it(`refuse ${name}=${value}`, () => { assert.throws(() => settingsOf({ [name]: value }), (error: unknown) => error instanceof BadSetting && says.test(error.message)) })
  }

  it('that make no sense end the shop with one line and exit code 2', () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [MAIN], { env: { ...process.env, POOL: 'many' }, encoding: 'utf8', timeout: 20_000 })
    assert.deepEqual([status, stdout, stderr], [2, '', 'shop: POOL is a whole number from 1 to 1000, not "many"\n'])
  })
})
