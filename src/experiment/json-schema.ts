/** The format as JSON Schema, for editors: the file's schema with each fault's own parameters. */

import * as z from 'zod'
import { paramSchema, type Param } from '../core/params.ts'
import type { Registry } from '../fault.ts'
import { scenarios as shipped, type Scenarios } from './scenarios.ts'
import { experiment } from './schema.ts'
import { isMap, type TreeMap } from './tree.ts'

/** JSON Schema (2020-12) of an experiment file in which these faults may be used. */
export function experimentSchema(registry: Registry, scenarios: Scenarios = shipped): TreeMap {
  const schema = plain(z.toJSONSchema(experiment, { io: 'input' }))
  const properties = mapAt(schema, 'properties')
  const step = mapAt(mapAt(properties, 'method'), 'items')
  const keys = mapAt(step, 'properties')
  mapAt(keys, 'fault')['enum'] = [...registry.keys()]
  mapAt(keys, 'scenario')['enum'] = [...scenarios.keys()]
  step['oneOf'] = ['fault', 'scenario', 'run', 'pause'].map((key) => ({ required: [key] }))
  step['allOf'] = [
    ...[...registry.values()].map(({ name, summary, params }) => paramsOf('fault', name, summary, params as Declared)),
    ...[...scenarios.values()].map(({ name, summary, params }) => paramsOf('scenario', name, summary, params as Declared)),
  ]
  return { ...schema, title: 'brownout experiment', required: ['name'] }
}

type Declared = Readonly<Record<string, Param<unknown>>>

/** Where `key` is `name`, `params` are those. */
function paramsOf(key: 'fault' | 'scenario', name: string, summary: string, declared: Declared): TreeMap {
  const required = Object.entries(declared).filter(([, { initial }]) => initial === undefined).map(([one]) => one)
  const params = {
    type: 'object', description: summary, additionalProperties: false,
    properties: plain(Object.fromEntries(Object.entries(declared).map(([one, param]) => [one, paramSchema(param)]))),
    ...(required.length ? { required } : {}),
  }
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema has that word
  return { if: { properties: { [key]: { const: name } }, required: [key] }, then: { properties: { params }, ...(required.length ? { required: ['params'] } : {}) } }
}

/** Only what JSON can hold. */
const plain = (value: unknown): TreeMap => JSON.parse(JSON.stringify(value)) as TreeMap

function mapAt(value: TreeMap, key: string): TreeMap {
  const found = value[key]
  if (!isMap(found)) throw new TypeError(`the schema has no "${key}"`)
  return found
}
