import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import * as z from 'zod'
import { registry } from '../../faults/index.ts'
import { experimentSchema } from '../../src/experiment/json-schema.ts'
import { EXPERIMENT_KEYS } from '../../src/experiment/schema.ts'
import { isMap, valueAt, type Tree, type TreeMap } from '../../src/experiment/tree.ts'
import { ROOT } from '../support/paths.ts'
import { registry as fakes } from './fake-faults.ts'

const STEP = ['properties', 'method', 'items']

/** The schema without its conditions, which the validator at hand cannot read. */
function validator(schema: TreeMap): (value: unknown) => boolean {
  const plain: TreeMap = structuredClone(schema)
  const step = valueAt(plain, STEP)
  assert.ok(isMap(step))
  delete step['allOf']
  delete step['oneOf']
  const type = z.fromJSONSchema(plain as Parameters<typeof z.fromJSONSchema>[0])
  return (value) => type.safeParse(value).success
}

describe('the JSON Schema of experiments', () => {
  it('is in step: schema/experiment.schema.json is what `brownout schema` prints', async () => {
    const shipped = await readFile(join(ROOT, 'schema/experiment.schema.json'), 'utf8')
    assert.equal(shipped, `${JSON.stringify(experimentSchema(registry), null, 2)}\n`, 'run `node dist/bin/brownout.js schema > schema/experiment.schema.json`')
  })

  it('knows every key and says what each means', () => {
    const schema = experimentSchema(registry)
    assert.deepEqual(Object.keys(schema['properties'] as TreeMap), [...EXPERIMENT_KEYS])
    const undocumented: string[] = []
    const visit = (value: Tree, path: string): void => {
      if (!isMap(value)) return
      const properties = valueAt(value, ['properties'])
      if (isMap(properties)) {
        for (const [key, one] of Object.entries(properties)) {
          if (isMap(one) && !('description' in one) && !('const' in one) && !/(from|to|over)$/.test(key)) undocumented.push(`${path}.${key}`)
          visit(one, `${path}.${key}`)
        }
      }
      for (const key of ['items', 'additionalProperties'] as const) visit(value[key] ?? null, path)
    }
    visit(schema, '')
    assert.deepEqual(undocumented, [])
  })

  it('takes the documented example and refuses a misspelt key, a bare number for a time and an unknown fault', async () => {
    const takes = validator(experimentSchema(registry))
    const example: unknown = parse(/^```yaml\n(.*?)^```/ms.exec(await readFile(join(ROOT, 'docs/experiments.md'), 'utf8'))?.[1] ?? '')
    assert.ok(isMap(example))
    assert.ok(takes(example))
    for (const change of [{ widows: {} }, { windows: { warmup: 5 } }, { method: [{ step: 'a', fault: 'latncy', on: 'cache' }] }, { repeat: true }, { targets: { c: {} } }]) {
      assert.ok(!takes({ ...example, ...change }), JSON.stringify(change))
    }
  })

  it('gives each fault its own parameters, and those that must be there', () => {
    const conditions = valueAt(experimentSchema(fakes), [...STEP, 'allOf'])
    assert.ok(Array.isArray(conditions))
    const latency = conditions.find((one) => valueAt(one, ['if', 'properties', 'fault', 'const']) === 'latency')
    assert.ok(latency)
    const params = valueAt(latency, ['then', 'properties', 'params'])
    assert.ok(isMap(params))
    assert.deepEqual([Object.keys(params['properties'] as TreeMap), params['required'], params['additionalProperties']], [['delay', 'jitter'], ['delay'], false])
    assert.deepEqual(valueAt(latency, ['then', 'required']), ['params'])
    assert.ok(conditions.some((one) => valueAt(one, ['if', 'properties', 'scenario', 'const']) === 'rolling_partition'))
  })
})
