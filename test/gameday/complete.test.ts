import assert from 'node:assert/strict'
import { COMMANDS } from '../../src/gameday/command.ts'
import { commonStart, complete } from '../../src/gameday/complete.ts'
import { vocabulary } from './words.ts'

const armed = [{ id: 'latency-cache', fault: 'latency', on: 'cache' }, { id: 'cut', fault: 'partition', on: 'db' }]
const of = (line: string): readonly string[] => complete(line, vocabulary, armed).candidates

describe('completion at the prompt', () => {
  it('begins with the commands', () => {
    assert.deepEqual(of(''), Object.keys(COMMANDS))
    assert.deepEqual(of('ti'), ['timeline'])
    assert.deepEqual(complete('ti', vocabulary, armed).word, 'ti')
    assert.deepEqual(of('zz'), [])
  })

  it('names faults that act on any target here, then targets that the fault acts on', () => {
    assert.ok(of('inject ').includes('latency') && of('inject ').includes('scenario') && of('inject ').includes('step'))
    assert.ok(of('inject redis.').length > 3)
    assert.ok(of('inject redis.').every((name) => name.startsWith('redis.')))
    assert.deepEqual(of('inject redis.error '), ['cache'])
    assert.deepEqual(of('inject latency '), ['cache', 'db', 'api', 'raw'])
    assert.deepEqual(complete('inject redis.', { ...vocabulary, targets: new Map([['db', 'postgres']]) }, armed).candidates, [])
    assert.deepEqual(of('inject scenario r'), ['redis.failover', 'rolling_partition'])
    assert.ok(of('inject scenario redis.failover cache ').includes('down='))
    assert.deepEqual(of('inject step '), ['cut', 'slow'])
  })

  it('names parameters that are not given yet, and then values for them', () => {
    const first = of('inject latency cache ')
    assert.ok(['delay=', 'for=', 'chance=', 'standing', 'where.'].every((one) => first.includes(one)), first.join(' '))
    assert.ok(!of('inject latency cache delay=1ms for=1s ').some((one) => ['delay=', 'for=', 'standing'].includes(one)))
    assert.deepEqual(of('inject latency cache delay=1ms for='), ['for=10s', 'for=30s', 'for=1m', 'for=5m'])
    assert.deepEqual(of('inject latency cache direction=to_s'), ['direction=to_server'])
    assert.ok(of('inject redis.error cache error=').includes('error=LOADING'))
    assert.ok(of('inject redis.error cache where.').includes('where.command='))
    assert.deepEqual(of('inject latency cache where.'), ['where.client=', 'where.from='])
  })

  it('knows what is armed', () => {
    assert.deepEqual(of('set '), ['latency-cache', 'cut'])
    assert.ok(of('set latency-cache ').includes('delay='))
    assert.deepEqual(of('clear '), ['latency-cache', 'cut', 'cache', 'db'])
    assert.deepEqual(of('extend cut '), ['10s', '30s', '1m', '5m'])
    assert.deepEqual(of('mark m'), ['mitigated'])
    assert.deepEqual(of('mark detected '), ['latency-cache', 'cut'])
    assert.ok(of('help lat').includes('latency'))
  })

  it('finds what several have in common', () => {
    assert.equal(commonStart(['delay=', 'delta=']), 'del')
    assert.equal(commonStart(['a']), 'a')
    assert.equal(commonStart(['a', 'b']), '')
    assert.equal(commonStart([]), '')
  })
})
