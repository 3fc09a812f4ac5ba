import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Fifo } from '../../src/protocols/fifo.ts'

describe('fifo', () => {
  it('does what an array does, whatever is asked of it, through growth, bursts and wrapping round', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ push: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant(3000)) }) },
      { weight: 4, arbitrary: fc.record({ pop: fc.integer({ min: 1, max: 40 }) }) },
      { weight: 1, arbitrary: fc.record({ retain: fc.integer({ min: 1, max: 4 }) }) }, { weight: 1, arbitrary: fc.constant({ all: true }) }, { weight: 1, arbitrary: fc.constant({ clear: true }) },
    )
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const fifo = new Fifo<number>()
      let like: number[] = []
      let next = 0
      for (const what of steps) {
        if ('push' in what) for (let n = 0; n < what.push; n++) { fifo.push(++next); like.push(next) }
        else if ('pop' in what) for (let n = 0; n < what.pop; n++) assert.equal(fifo.pop(), like.shift())
        else if ('retain' in what) {
          const keeps = (entry: number): boolean => entry % what.retain === 0
          fifo.retain(keeps)
          like = like.filter(keeps)
        } else if ('all' in what) while (fifo.size > 0) assert.equal(fifo.pop(), like.shift())
        else {
          fifo.clear()
          like = []
        }
        assert.deepEqual([fifo.size, fifo.head, fifo.tail], [like.length, like[0], like.at(-1)])
      }
    }), { numRuns: 200 })
  })
})
