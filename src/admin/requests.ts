/** The bodies of requests, read as a Toxiproxy server reads them. Each throws GoJsonError for what is of the wrong type. */

import { goArray, goBool, goFloat, goInt, GoJsonError, goObject, goString, parseGoJson, shortestFloat32, type GoJson, type GoObject } from './go-json.ts'
import type { ProxyInput, ProxyPatch, ToxicPatch } from './kept.ts'
import { Refusal } from './refusal.ts'
import { checkToxic, directionOf, TOXIC_TYPES, type Attributes, type Toxic } from './toxics.ts'

/** Runs `read`; what is wrong with the body is a 400. */
export function readBody<T>(text: string, read: (value: GoJson) => T): T {
  try {
    return read(parseGoJson(text))
  } catch (error) {
    throw error instanceof GoJsonError ? new Refusal(400, `bad request body: ${error.message}`) : error
  }
}

/** `at` ends the message about a field that is missing. */
export function proxyInput(value: GoJson, at = ''): ProxyInput {
  const body = goObject(value, '', 'toxiproxy.Proxy')
  const input = {
    name: goString(body.get('name'), 'Proxy.name') ?? '',
    listen: goString(body.get('listen'), 'Proxy.listen') ?? '',
    upstream: goString(body.get('upstream'), 'Proxy.upstream') ?? '',
    enabled: goBool(body.get('enabled'), 'Proxy.enabled') ?? true,
  }
  for (const field of ['name', 'upstream'] as const) if (input[field] === '') throw new Refusal(400, `missing required field: ${field}${at}`)
  return { ...input, toxics: toxicInputs(body) }
}

function toxicInputs(body: GoObject): readonly Toxic[] {
  const toxics: Toxic[] = []
  for (const one of goArray(body.get('toxics') ?? null, '[]toxics.Toxic')) {
    const toxic = toxicInput(one)
    checkToxic(toxic)
    if (toxics.some(({ name }) => name === toxic.name)) throw new Refusal(409, 'toxic already exists')
    toxics.push(toxic)
  }
  return toxics
}

export const proxyInputs = (value: GoJson): readonly ProxyInput[] =>
  goArray(value, '[]toxiproxy.Proxy').map((one, index) => proxyInput(one, ` at proxy ${index + 1}`))

export function proxyPatch(value: GoJson): ProxyPatch {
  const body = goObject(value, '', 'toxiproxy.Proxy')
  return {
    listen: goString(body.get('listen'), 'Proxy.listen'),
    upstream: goString(body.get('upstream'), 'Proxy.upstream'),
    enabled: goBool(body.get('enabled'), 'Proxy.enabled'),
  }
}

/** Values are of their types; whether they make sense is for `checkToxic`. */
export function toxicInput(value: GoJson): Toxic {
  const body = goObject(value, '', 'toxics.ToxicWrapper')
  const [given, type, stream] = (['name', 'type', 'stream'] as const).map((field) => goString(body.get(field), `ToxicWrapper.${field}`))
  const toxicity = goFloat(body.get('toxicity'), 'ToxicWrapper.toxicity', 'float32') ?? 1
  const way = stream ?? 'downstream'
  if (directionOf(way) === undefined) throw new Refusal(400, 'stream was invalid, can be either upstream or downstream')
  const known = TOXIC_TYPES.get(type ?? '')
  if (type === undefined || !known) throw new Refusal(400, 'invalid toxic type')
  const zeros = Object.fromEntries(known.attributes.map(({ name }) => [name, 0]))
  return { attributes: { ...zeros, ...attributesOf(body, type) }, name: given || `${type}_${way}`, type, stream: way, toxicity: shortestFloat32(toxicity) }
}

export function toxicPatch(value: GoJson, type: string): ToxicPatch {
  const body = goObject(value, '', 'toxics.ToxicWrapper')
  const toxicity = goFloat(body.get('toxicity'), '.toxicity', 'float32')
  return { attributes: attributesOf(body, type), toxicity: toxicity === undefined ? undefined : shortestFloat32(toxicity) }
}

/** Those that are given and known. */
function attributesOf(body: GoObject, type: string): Attributes {
  const known = TOXIC_TYPES.get(type)
  const given = goObject(body.get('attributes') ?? null, 'ToxicWrapper.attributes', 'toxics.NoopToxic')
  const values = (known?.attributes ?? []).map(({ name, kind }) => {
    const field = `${known?.struct}.attributes.${name}`
    return [name, kind === 'int64' ? goInt(given.get(name), field) : goFloat(given.get(name), field, 'float64')] as const
  })
  return Object.fromEntries(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}
