/** Commands on the toxics of a proxy. */

import { Failure, orFail, required, type Command, type Flag, type Given } from './command.ts'

const NAME: Flag = { kind: 'value', short: 'n', about: 'the name of the toxic' }
const TOXICITY: Flag = { kind: 'value', short: '', about: 'the share of connections that are hit, from 0 to 1 (also --tox)' }
const ATTRIBUTE: Flag = { kind: 'list', short: 'a', about: 'NAME=VALUE, as often as needed' }

export const add: Command = {
  name: 'add', aliases: ['a'], usage: '-t TYPE [-n NAME] [-a NAME=VALUE]... [-u | -d] PROXY', about: 'adds a toxic to a proxy', named: true,
  flags: {
    type: { kind: 'value', short: 't', about: 'latency, bandwidth, slow_close, timeout, reset_peer, slicer, limit_data' },
    toxicName: NAME, toxicity: TOXICITY, attribute: ATTRIBUTE,
    upstream: { kind: 'switch', short: 'u', about: 'on what the client sends' },
    downstream: { kind: 'switch', short: 'd', about: 'on what the server sends; so unless given' },
  },
  async run(given) {
    const { api, print, name: proxy } = given
    const type = required(given, 'type')
    if (given.on('upstream') && given.on('downstream')) throw new Failure('Only one should be specified: upstream or downstream.')
    const stream = given.on('upstream') ? 'upstream' : 'downstream'
    const asked = { name: given.value('toxicName') ?? '', type, stream, toxicity: toxicityOf(given) ?? 1, attributes: attributesOf(given) }
    const made = await orFail(`Failed to add toxic: failed to add toxic to proxy ${proxy}: AddToxic`, api.addToxic(proxy, asked))
    print.done(`Added ${made.stream} ${made.type} toxic '${made.name}' on proxy '${proxy}'`, made)
  },
}

export const update: Command = {
  name: 'update', aliases: ['u'], usage: '-n NAME [--toxicity SHARE] [-a NAME=VALUE]... PROXY', about: 'changes a toxic; what is not given stays as it is', named: true,
  flags: { toxicName: NAME, toxicity: TOXICITY, attribute: ATTRIBUTE },
  async run(given) {
    const { api, print, name: proxy } = given
    const name = required(given, 'toxicName')
    const toxicity = toxicityOf(given)
    const change = { attributes: attributesOf(given), ...(toxicity === undefined ? {} : { toxicity }) }
    const changed = await orFail(`Failed to update toxic: failed to update toxic ${name} of proxy ${proxy}: UpdateToxic`, api.updateToxic(proxy, name, change))
    print.done(`Updated toxic '${name}' on proxy '${proxy}'`, changed)
  },
}

export const remove: Command = {
  name: 'remove', aliases: ['r', 'delete', 'd'], usage: '-n NAME PROXY', about: 'removes a toxic from a proxy', flags: { toxicName: NAME }, named: true,
  async run(given) {
    const { api, print, name: proxy } = given
    const name = required(given, 'toxicName')
    await orFail(`Failed to remove toxic: failed to remove toxic ${name} from proxy ${proxy}: RemoveToxic`, api.removeToxic(proxy, name))
    print.done(`Removed toxic '${name}' on proxy '${proxy}'`, { removed: name, proxy })
  },
}

function toxicityOf(given: Given): number | undefined {
  const written = given.value('toxicity')
  if (written === undefined) return undefined
  const toxicity = numberOf(written)
  if (toxicity === undefined || toxicity < 0 || toxicity > 1) throw new Failure('toxicity should be a float between 0 and 1.')
  return toxicity
}

function attributesOf(given: Given): Readonly<Record<string, unknown>> {
  return Object.fromEntries(given.list('attribute').map((written) => {
    const at = written.indexOf('=')
    if (at < 1) throw new Failure(`attribute '${written}' has no value: write NAME=VALUE`)
    const value = written.slice(at + 1)
    return [written.slice(0, at), numberOf(value) ?? value]
  }))
}

const numberOf = (text: string): number | undefined => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined)
