import assert from 'node:assert/strict'
import { BrownoutError } from '../../src/core/errors.ts'
import { COMMANDS, parseCommand, type Order } from '../../src/gameday/command.ts'
import { changeRequestOf, pairsOf } from '../../src/gameday/pairs.ts'
import { refuseBeyond, ROLES } from '../../src/gameday/roles.ts'
import { parseScript } from '../../src/gameday/script.ts'
import { quoted, wordsOf } from '../../src/gameday/words.ts'
import { vocabulary } from './words.ts'

const READ: Readonly<Record<string, Order | undefined>> = {
  '': undefined,
  '   # a comment': undefined,
  'inject latency cache delay=300ms for=30s chance=20%': { do: 'inject', requests: [{ fault: 'latency', on: 'cache', params: { delay: '300ms' }, for: '30s', chance: '20%' }] },
  'inject partition cache standing': { do: 'inject', requests: [{ fault: 'partition', on: 'cache', standing: true }] },
  'inject latency raw delay=0ms..500ms/20s for=1m id=slow direction=to_client': { do: 'inject', requests: [{ fault: 'latency', on: 'raw', params: { delay: { from: '0ms', to: '500ms', over: '20s' } }, for: '1m', id: 'slow', direction: 'to_client' }] },
  'inject latency raw delay="0ms to 500ms over 20s" for=1m': { do: 'inject', requests: [{ fault: 'latency', on: 'raw', params: { delay: { from: '0ms', to: '500ms', over: '20s' } }, for: '1m' }] },
  'inject redis.error cache error=LOADING for=5s where.command=GET,SET where.key=user:*': { do: 'inject', requests: [{ fault: 'redis.error', on: 'cache', params: { error: 'LOADING' }, for: '5s', where: { command: ['GET', 'SET'], key: 'user:*' } }] },
  'inject redis.error cache error=LOADING for=5s where.db=2 where.key="/^a{1,2} b/" skip=3 times=9 sequence=2/8': { do: 'inject', requests: [{ fault: 'redis.error', on: 'cache', params: { error: 'LOADING' }, for: '5s', where: { db: 2, key: '/^a{1,2} b/' }, skip: 3, times: 9, sequence: { fail: 2, pass: 8 } }] },
  'inject postgres.error db code=40001 for=5s where.in_transaction=true': { do: 'inject', requests: [{ fault: 'postgres.error', on: 'db', params: { code: '40001' }, for: '5s', where: { in_transaction: true } }] },
  'inject scenario redis.failover cache down=2s': { do: 'inject', requests: [{ scenario: 'redis.failover', on: 'cache', params: { down: '2s' } }] },
  'inject scenario rolling_partition cache db each=1s id=roll': { do: 'inject', requests: [{ scenario: 'rolling_partition', on: ['cache', 'db'], params: { each: '1s' }, id: 'roll' }] },
  'inject step cut': { do: 'step', step: 'cut' },
  'set latency-cache delay=500ms chance=50%': { do: 'set', id: 'latency-cache', pairs: [{ key: 'delay', value: '500ms' }, { key: 'chance', value: '50%' }] },
  'extend latency-cache 30s': { do: 'extend', id: 'latency-cache', change: { extend: '30s' } },
  clear: { do: 'clear', what: undefined },
  'clear cache': { do: 'clear', what: 'cache' },
  undo: { do: 'undo' }, pause: { do: 'pause' }, status: { do: 'status' }, timeline: { do: 'timeline' }, quit: { do: 'quit' },
  resume: { do: 'resume', reason: '' },
  'resume the queue is empty again': { do: 'resume', reason: 'the queue is empty again' },
  'halt it hurts': { do: 'halt', reason: 'it hurts' },
  'note  checkout is slow, "really"  ': { do: 'note', text: 'checkout is slow, "really"' },
  'mark detected': { do: 'mark', mark: 'detected', text: '' },
  'mark mitigated slow by a restart': { do: 'mark', mark: 'mitigated', text: 'slow by a restart' },
  'export friday.yaml': { do: 'export', file: 'friday.yaml' },
  'wait 5s': { do: 'wait', length: 5000 as never },
  'help latency': { do: 'help', about: 'latency' },
}

const REFUSED: Readonly<Record<string, readonly [code: string, says: RegExp]>> = {
  injekt: ['USAGE', /no command "injekt"/],
  'inject latncy cache delay=1ms for=1s': ['FAULT_UNKNOWN', /latncy/],
  'inject latency cachee delay=1ms for=1s': ['TARGET_UNKNOWN', /cachee/],
  'inject latency': ['USAGE', /a fault and a target/],
  'inject latency cache delai=1ms for=1s': ['PARAM_UNKNOWN', /delai/],
  'inject latency cache delay=1 for=1s': ['PARAM_INVALID', /latency\.delay/],
  'inject latency cache delay=1ms': ['USAGE', /how long/],
  'inject latency cache delay=1ms for=1s standing': ['USAGE', /either/],
  'inject latency cache delay=1ms for=soon': ['VALUE_INVALID', /for/],
  'inject latency cache delay=1ms delay=2ms for=1s': ['USAGE', /twice/],
  'inject latency cache delay=1ms for=1s chance=120%': ['VALUE_INVALID', /chance/],
  'inject latency cache delay=1ms for=1s direction=up': ['VALUE_INVALID', /direction/],
  'inject latency cache delay=1ms for=1s where.key=a': ['VALUE_INVALID', /whole connections/],
  'inject redis.error cache error=LOADING for=1s where.table=a': ['VALUE_INVALID', /table/],
  'inject redis.error db error=LOADING for=1s': ['PROTOCOL_MISMATCH', /redis/],
  'inject scenario failover cache': ['SCENARIO_UNKNOWN', /failover/],
  'inject scenario redis.failover': ['USAGE', /needs a target/],
  'inject step cutt': ['STEP_UNKNOWN', /cutt/],
  'inject latency cache delay="1ms for=1s': ['USAGE', /not closed/],
  'set slow': ['USAGE', /otherwise/], 'set slow delay': ['USAGE', /NAME=VALUE/], 'extend slow': ['USAGE', /otherwise/], 'extend slow later': ['USAGE', /time/],
  'clear a b': ['USAGE', /otherwise/], 'undo it': ['USAGE', /otherwise/], 'mark seen': ['USAGE', /otherwise/], note: ['USAGE', /otherwise/], 'wait long': ['USAGE', /time/], wait: ['USAGE', /otherwise/],
}

describe('the command language of a game day', () => {
  for (const [line, order] of Object.entries(READ)) it(`reads ${line || 'an empty line'}`, () => assert.deepEqual(parseCommand(line, vocabulary), order))

  for (const [line, [code, says]] of Object.entries(REFUSED)) {
    it(`refuses ${line}: ${code}`, () => assert.throws(() => parseCommand(line, vocabulary), (error) => error instanceof BrownoutError && error.code === code && says.test(error.message) && error.hint !== ''))
  }

  it('needs a word for faults that falsify data', () => {
    assert.throws(() => parseCommand('inject redis.stale cache age=1s for=1s', vocabulary), { code: 'CORRUPTION_REFUSED' })
    assert.deepEqual(parseCommand('inject redis.stale cache age=1s for=1s corruption=allow', vocabulary), { do: 'inject', requests: [{ fault: 'redis.stale', on: 'cache', params: { age: '1s' }, for: '1s', corruption: 'allow' }] })
    assert.deepEqual(parseCommand('inject redis.stale cache age=1s for=1s', { ...vocabulary, corruption: true }), { do: 'inject', requests: [{ fault: 'redis.stale', on: 'cache', params: { age: '1s' }, for: '1s', corruption: 'allow' }] })
  })

  it('keeps together what stands between quotes, and gives back what it wrote', () => {
    assert.deepEqual(wordsOf(`a "b c" d\\ e 'f"g' ""`).words.map(({ text }) => text), ['a', 'b c', 'd e', 'f"g', ''])
    assert.deepEqual(wordsOf('  ab  cd').words, [{ text: 'ab', from: 2 }, { text: 'cd', from: 6 }])
    assert.equal(wordsOf('a "b').open, '"')
    for (const text of ['plain', 'two words', 'a "quote"', 'back\\slash', '']) assert.deepEqual(wordsOf(quoted(text)).words.map((word) => word.text), [text])
  })

  it('reads what `set` says by the fault that it changes', () => {
    const { params } = vocabulary.faults.get('latency') ?? { params: {} }
    assert.deepEqual(changeRequestOf('latency', params, pairsOf(['delay=500ms', 'chance=50%', 'for=1m'])), { params: { delay: '500ms' }, chance: '50%', for: '1m' })
    assert.throws(() => changeRequestOf('latency', params, pairsOf(['code=1'])), { code: 'PARAM_UNKNOWN' })
  })

  it('lets observers and scribes write down what they see, and nothing else', () => {
    const harmful = ['inject', 'set', 'extend', 'clear', 'undo', 'pause', 'resume', 'halt'] as const
    for (const command of harmful) {
      assert.throws(() => refuseBeyond('observer', command), { code: 'USAGE' })
      assert.throws(() => refuseBeyond('scribe', command), { code: 'USAGE' })
    }
    for (const role of ROLES) for (const command of ['note', 'mark', 'status', 'timeline', 'export', 'help', 'quit'] as const) refuseBeyond(role, command)
    for (const command of Object.keys(COMMANDS) as (keyof typeof COMMANDS)[]) refuseBeyond('commander', command)
  })

  it('says all that is wrong with a script, each at its line', () => {
    const script = parseScript('note begin\n\n  injekt x\nwait 1s\nset a\n', 'stdin', vocabulary)
    assert.ok('problems' in script)
    assert.deepEqual(script.problems.map(({ code, place }) => [code, place?.line, place?.column]), [['USAGE', 3, 3], ['USAGE', 5, 1]])
    const right = parseScript('note begin\r\n# comment\nquit', 'stdin', vocabulary)
    assert.ok('lines' in right)
    assert.deepEqual(right.lines.map(({ order, place }) => [order.do, place.line]), [['note', 1], ['quit', 3]])
  })
})
