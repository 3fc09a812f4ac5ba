import assert from 'node:assert/strict'
import { Sequence } from '../../src/load/sequence.ts'

/** What becomes of each id: `=` arrived, `+n` arrived after n that are lost, `d` doubled. */
const taken = (ids: readonly unknown[]): string => {
  const sequence = new Sequence()
  return ids.map((id) => {
    const { lost, doubled } = sequence.take(id)
    return doubled ? 'd' : lost > 0 ? `+${lost}` : '='
  }).join(' ')
}

describe('load: what a subscriber has seen of a stream', () => {
  it('begins wherever the stream is, and finds gaps and what comes twice', () => {
    assert.equal(taken([100, 101, 102]), '= = =')
    assert.equal(taken([7, 10, 11]), '= +2 =')
    assert.equal(taken([7, 8, 8, 7, 9]), '= = d d =')
    assert.equal(taken(['7', 8, '10']), '= = +1')
  })

  it('only goes on from ids that are no numbers', () => {
    assert.equal(taken(['1-0', '1-0', '5-3']), '= d =')
    assert.equal(taken([5, 'x', 9]), '= = =')
    const sequence = new Sequence()
    assert.equal(sequence.last, undefined)
    sequence.take('1-0')
    assert.equal(sequence.last, '1-0')
    sequence.take(41)
    assert.equal(sequence.last, '41')
    sequence.take(40)
    assert.equal(sequence.last, '41')
  })
})
