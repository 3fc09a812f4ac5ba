/** Commands on proxies. */

import { orFail, required, type Command } from './command.ts'

export const list: Command = {
  name: 'list', aliases: ['l', 'li', 'ls'], usage: '', about: 'lists all proxies', flags: {}, named: false,
  run: async ({ api, print }) => print.proxies(await orFail('Failed to retrieve proxies', api.proxies())),
}

export const inspect: Command = {
  name: 'inspect', aliases: ['i', 'ins'], usage: 'PROXY', about: 'shows a proxy and its toxics', flags: {}, named: true,
  run: async ({ api, print, name }) => print.toxics(await orFail(`Failed to retrieve proxy ${name}`, api.proxy(name))),
}

export const create: Command = {
  name: 'create', aliases: ['c', 'new'], usage: '-l LISTEN -u UPSTREAM PROXY', about: 'creates a proxy', named: true,
  flags: {
    listen: { kind: 'value', short: 'l', about: 'where the proxy listens, HOST:PORT' },
    upstream: { kind: 'value', short: 'u', about: 'where it leads, HOST:PORT' },
  },
  async run(given) {
    const { api, print, name } = given
    const proxy = { name, listen: required(given, 'listen'), upstream: required(given, 'upstream') }
    print.done(`Created new proxy ${name}`, await orFail('Failed to create proxy: create', api.create(proxy)))
  },
}

export const toggle: Command = {
  name: 'toggle', aliases: ['tog'], usage: 'PROXY', about: 'enables a proxy that is disabled, and the other way round', flags: {}, named: true,
  async run({ api, print, name }) {
    const before = await orFail(`Failed to retrieve proxy ${name}`, api.proxy(name))
    const after = await orFail(`Failed to toggle proxy ${name}`, api.enable(before, !before.enabled))
    print.done(`Proxy ${name} is now ${after.enabled ? 'enabled' : 'disabled'}`, after)
  },
}

export const remove: Command = {
  name: 'delete', aliases: ['d'], usage: 'PROXY', about: 'deletes a proxy', flags: {}, named: true,
  async run({ api, print, name }) {
    await orFail(`Failed to delete proxy ${name}`, api.delete(name))
    print.done(`Deleted proxy ${name}`, { deleted: name })
  },
}
