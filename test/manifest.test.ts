/** The laws for every fault in the manifest: a new one gets them free. */

import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { faults, registry } from '../faults/index.ts'
import { BrownoutError } from '../src/core/errors.ts'
import { randomStream } from '../src/core/random.ts'
import { readParam } from '../src/core/params.ts'
import { ms } from '../src/core/units.ts'
import type { AnyFault, Scene, Unit, Verdict } from '../src/fault.ts'
import type { Direction } from '../src/protocols/codec.ts'
import { checkRule, RULE_KEYS, withDefaults, type Rule } from '../src/rule.ts'
import { spokenIn } from './faults/spoken.ts'
import { planOf } from './experiment/fake-faults.ts'
import { ROOT } from './support/paths.ts'

const FAULTS: readonly AnyFault[] = faults
const fileName = (fault: AnyFault): string => (fault.name.split('.').at(-1) ?? '').replaceAll('_', '-')
interface Example { step: unknown; at: unknown; fault: unknown; on: unknown; params?: object; for: unknown }
const exampleOf = (fault: AnyFault): Example => parse(fault.example) as Example
const sentences = (text: string): number => text.split(/[.!?](?:\s|$)/).filter((part) => part.trim() !== '').length

/** The rule that a fault's example stands for. */
function ruleOf(fault: AnyFault): Rule {
  const written = exampleOf(fault).params ?? {}
  const given = Object.entries(written).map(([name, value]) => {
    const param = fault.params[name]
    assert.ok(param, `no parameter ${name}`)
    const read = readParam(param, value)
    assert.ok('value' in read, 'problem' in read ? `${name}: ${read.problem}` : '')
    return [name, read.value] as const
  })
  return { id: 'example', fault: fault.name, on: 'cache', standing: true, params: withDefaults(fault, Object.fromEntries(given)) }
}

/** Values in base units that are outside the bounds of a parameter, or of the wrong kind. */
function wrongValues({ kind, min, max, shape }: AnyFault['params'][string]): readonly unknown[] {
  switch (kind) {
    case 'choice': return ['no-such-choice', 1, null, {}]
    case 'boolean': return ['true', 1, null]
    case 'text': return [1, null, {}, ...(shape ? ['no such text\n'] : [])]
    default: return [min - 1, max * 2 + 1, -1e300, 1e300, Number.NaN, Number.POSITIVE_INFINITY, '1', null, {}, { from: min - 1, to: max, over: 1000 }]
  }
}

describe('the manifest', () => {
  it('lists every file under faults/, each fault under its own name', () => {
    const files = readdirSync(join(ROOT, 'faults'), { recursive: true, encoding: 'utf8' }).filter((file) => /[/\\].*\.ts$/.test(file))
    const named = FAULTS.map((fault) => join(fault.name.includes('.') ? fault.name.split('.')[0] ?? '' : 'tcp', `${fileName(fault)}.ts`))
    assert.deepEqual(files.sort(), named.sort())
  })

  it('names no fault twice', () => {
    assert.equal(registry.size, FAULTS.length)
  })

  for (const fault of FAULTS) {
    describe(fault.name, () => {
      it('has a name in snake_case and a summary, a test and a correct app in one sentence each', () => {
        assert.match(fault.name, /^([a-z]+\.)?[a-z]+(_[a-z]+)*$/)
        for (const text of [fault.summary, fault.tests, fault.correct]) {
          assert.match(text, /^[A-Z0-9].*\.$/)
          assert.equal(sentences(text), 1, text)
        }
      })

      it('documents and bounds each parameter, and takes none of a rule\'s keys for one', () => {
        for (const [name, { kind, doc, min, max, initial, choices }] of Object.entries<AnyFault['params'][string]>(fault.params)) {
          assert.match(name, /^[a-z]+(_[a-z]+)*$/)
          assert.ok(!(RULE_KEYS as readonly string[]).includes(name), `${name} is a key of rules`)
          assert.match(doc, /^[A-Z].*\.$/, name)
          if (kind === 'choice') assert.ok(choices.length > 1 && (initial === undefined || choices.includes(initial)), name)
          else if (kind !== 'boolean' && kind !== 'text') {
            assert.ok(Number.isFinite(min) && Number.isFinite(max) && min < max, name)
            assert.ok(initial === undefined || (initial >= min && initial <= max), name)
          }
        }
      })

      it('explains each choice that is not plain from its name', () => {
        for (const [name, { kind, doc, choices }] of Object.entries<AnyFault['params'][string]>(fault.params)) {
          const explained = choices.filter((one) => doc.includes(`${one}:`))
          if (kind === 'choice') assert.ok(explained.length === 0 || explained.length === choices.length, `${name} explains ${explained.join(', ')} only`)
        }
      })

      it('has an example that is a step on the target `cache`, with parameters that hold', () => {
        const { step, at, fault: name, on, params, for: length, ...rest } = exampleOf(fault)
        assert.deepEqual([name, on, at, rest], [fault.name, 'cache', '0s', {}])
        assert.match(String(step), /^[a-z_]+$/)
        assert.match(String(length), /^\d+s$/)
        assert.ok(params === undefined || Object.keys(params).length > 0)
        checkRule(registry, ruleOf(fault))
      })

      it('has an example that the loader takes as it stands, where corruption is allowed if it needs that', async () => {
        const experiment = (head: string): string => [
          'name: example', 'question: Does the example load?', head, `targets: { cache: { protocol: ${fault.protocols[0] ?? 'tcp'}, upstream: "127.0.0.1:6379" } }`,
          'load: { pings: { http: "GET http://127.0.0.1:8080/", rate: 100/s } }', 'method:', `  - ${fault.example}`, 'expect:', '  - { signal: pings.success, during: fault, at_least: 99% }', '',
        ].join('\n')
        const { method: [step] } = await planOf(experiment(fault.corruption ? 'corruption: allow' : ''), { registry })
        assert.ok(step?.kind === 'fault')
        assert.deepEqual([step.rule.fault, step.rule.on, step.rule.params], [fault.name, 'cache', ruleOf(fault).params])
        if (fault.corruption) await assert.rejects(planOf(experiment(''), { registry }), /CORRUPTION_REFUSED/)
      })

      it('has a test of its own', () => {
        const room = fault.name.includes('.') ? fault.name.split('.')[0] ?? '' : ''
        assert.ok(existsSync(join(ROOT, 'test', 'faults', room, `${fileName(fault)}.test.ts`)))
      })

      it('refuses parameters that are missing, unknown or out of range, with a message that names them', () => {
        const rule = ruleOf(fault)
        const refused = (params: Record<string, unknown>, code: RegExp, named: string): void => {
          assert.throws(() => { checkRule(registry, { ...rule, params }) }, (error) =>
            error instanceof BrownoutError && code.test(error.code) && error.message.includes(named) && error.hint !== '')
        }
        refused({ ...rule.params, no_such_parameter: 1 }, /^PARAM_UNKNOWN$/, 'no_such_parameter')
        for (const [name, param] of Object.entries<AnyFault['params'][string]>(fault.params)) {
          const { [name]: _taken, ...others } = rule.params
          refused(others, /^PARAM_MISSING$/, `${fault.name}.${name}`)
          for (const wrong of wrongValues(param)) refused({ ...rule.params, [name]: wrong }, /^PARAM_INVALID$/, `${fault.name}.${name}`)
        }
      })

      it('decides without a crash at every bound of its parameters', () => {
        const rule = ruleOf(fault)
        for (const [name, { kind, min, max, choices, initial, shape }] of Object.entries<AnyFault['params'][string]>(fault.params)) {
          for (const value of kind === 'choice' ? choices : kind === 'text' ? (shape ? [initial] : ['', 'a text']) : kind === 'boolean' ? [true, false] : [min, max]) {
            const params = { ...rule.params, [name]: value }
            checkRule(registry, { ...rule, params })
            showEverything(fault, params)
          }
        }
        showEverything(fault, rule.params)
      })

      it('decides the same from the same seed, and writes into no chunk that it is shown', () => {
        const { params } = ruleOf(fault)
        assert.deepEqual(showEverything(fault, params), showEverything(fault, params))
      })
    })
  }
})

const sceneOf = (direction: Direction): Scene =>
  ({ session: 1, direction, address: '127.0.0.1:1', random: randomStream(1, direction), conversation: undefined, now: () => ms(1000), armedAt: ms(500), connections: () => 3 })

/** Every kind of unit that the fault is shown, in both directions; delays and gaps must be times. */
function showEverything(fault: AnyFault, params: Readonly<Record<string, unknown>>): readonly unknown[] {
  const shared = fault.open?.(params)
  const state = fault.begin?.(params)
  const scenes = [sceneOf('to-server'), sceneOf('to-client')]
  const units: readonly Unit[] = [
    { kind: 'connect' }, { kind: 'tick', why: 'armed' }, { kind: 'bytes', raw: Buffer.from('PING\r\n') }, { kind: 'bytes', raw: Buffer.alloc(500) },
    { kind: 'tick', why: 'due' }, { kind: 'end' }, { kind: 'tick', why: 'disarm' }, { kind: 'listen' },
  ]
  return units.filter(({ kind }) => fault.on.includes(kind)).flatMap((unit) => scenes.map((scene) => {
    const before = unit.kind === 'bytes' ? Buffer.from(unit.raw) : undefined
    const verdict: Verdict = fault.decide(unit, params, scene, state, shared)
    if (unit.kind === 'bytes') assert.deepEqual(unit.raw, before, 'the chunk was written into')
    if (verdict.kind === 'delay') assert.ok(verdict.by >= 0 && Number.isFinite(verdict.by), `${unit.kind}: ${verdict.by}`)
    if (verdict.kind === 'replace') assert.ok(verdict.parts.every(({ gap }) => gap >= 0 && Number.isFinite(gap)), unit.kind)
    if (unit.kind === 'listen') assert.ok(verdict.kind === 'pass' || verdict.kind === 'refuse')
    return verdict
  })).concat(fault.on.includes('message') ? showMessages(fault, params) : [])
}

/** Every message of a conversation in each protocol that the fault speaks. */
function showMessages(fault: AnyFault, params: Readonly<Record<string, unknown>>): Verdict[] {
  return (['redis', 'postgres', 'http'] as const).filter((protocol) => fault.protocols.includes(protocol)).flatMap((protocol) => {
    const shared = fault.open?.(params)
    const state = fault.begin?.(params)
    return spokenIn(protocol).map((unit) => {
      const scene = { ...sceneOf(unit.direction), conversation: unit.conversation }
      const before = Buffer.from(unit.raw)
      fault.observe?.(unit, shared, scene)
      fault.concerns?.(unit, params)
      const verdict = fault.decide(unit, params, scene, state, shared)
      assert.deepEqual(unit.raw, before, 'the message was written into')
      if (verdict.kind === 'answer') assert.equal(unit.direction, 'to-server', 'only a request is answered')
      return verdict
    })
  })
}
