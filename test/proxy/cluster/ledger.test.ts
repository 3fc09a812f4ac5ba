import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ledger } from '../../../src/proxy/cluster/ledger.ts'
import { readNumbers, writeNumbers } from '../../../src/proxy/numbers.ts'

describe('numbers in common', () => {
  let ledger: Ledger
  beforeEach(() => { ledger = new Ledger() })
  afterEach(() => ledger.remove())

  it('are changed by one process at a time: three that count to 2,000 at once come to 6,000', async () => {
    const script = fileURLToPath(new URL('../../support/count-main.js', import.meta.url))
    const counting = [1, 2, 3].map(() => fork(script, [ledger.folder, '5', '2000']))
    assert.deepEqual(await Promise.all(counting.map((child) => once(child, 'exit'))), [[0, null], [0, null], [0, null]])
    assert.equal(ledger.slot(5).alone((numbers) => numbers[0]), 6000)
    assert.equal(ledger.slot(6).alone((numbers) => numbers[0]), 0, 'nobody else\'s')
    ledger.clear(5)
    assert.equal(ledger.slot(5).alone((numbers) => numbers[0]), 0)
  }).timeout(30_000)

  it('are had though somebody has died while he held them', () => {
    mkdirSync(join(ledger.folder, 'lock-1'))
    assert.equal(ledger.slot(1).alone((numbers) => { numbers[3] = 4; return numbers[3] }), 4)
    assert.equal(existsSync(join(ledger.folder, 'lock-1')), false)
  })

  it('say how many connections all workers have of a target', () => {
    ledger.count(7, 0, 10)
    ledger.count(7, 63, 5)
    ledger.count(8, 0, 1)
    const other = new Ledger(ledger.folder)
    other.count(7, 1, 2)
    other.close()
    assert.deepEqual([ledger.total(7), ledger.total(8), ledger.total(9)], [17, 1, 0])
  })

  it('are those of what a fault shares, however deep, and its own at first', () => {
    const shared = { a: 1, deep: { b: Number.NEGATIVE_INFINITY, c: 3 }, name: 'x', d: 4 }
    const numbers = new Float64Array(14)
    readNumbers(numbers, shared)
    assert.deepEqual(shared, { a: 1, deep: { b: Number.NEGATIVE_INFINITY, c: 3 }, name: 'x', d: 4 })
    writeNumbers(shared, numbers)
    const there = { a: 0, deep: { b: 0, c: 0 }, name: 'y', d: 0 }
    readNumbers(numbers, there)
    assert.deepEqual(there, { ...shared, name: 'y' })
  })
})
