/** Addresses of nodes in lines of text: redirections, CLUSTER NODES, INFO, what Sentinels publish. Each returns its text where it names none. */

/** `host` is a name or an address, IPv6 without brackets; '' is the host of the node that answers. */
export interface NodeAddress { readonly host: string; readonly port: number }
/** What stands for a node; undefined where that is no address: a port of 0, a host that is not known. */
export type Swap = (host: string, port: string) => NodeAddress | undefined

/** `MOVED SLOT HOST:PORT`, `ASK SLOT HOST:PORT`; Valkey's `REDIRECT HOST:PORT`. An IPv6 address has no brackets: the last colon counts. */
export const redirected = (error: string, swap: Swap): string =>
  error.replace(/^((?:(?:MOVED|ASK) \d+|REDIRECT) )([^ ]*):(\d+)(?= |$)/, (all, head: string, host: string, port: string) => joined(swap(host, port), all, head))

/** `ID HOST:PORT@BUS,NAME,KEY=VALUE FLAGS …`, a line a node. The port of the bus stays: it is no client's. */
export const nodesText = (text: string, swap: Swap): string => text.replace(/^([^ \n]+ )([^ ,\n]*):(\d+)(@\d+)?(,[^ ,\n]*)?/gm, (all, id: string, host: string, port: string, bus = '', name = '') => {
  const node = swap(host, port)
  return node ? `${id}${node.host}:${node.port}${bus}${name.length > 1 ? `,${node.host}` : name}` : all
})

/** Of a replica its master, of a master its replicas, of a Sentinel its masters. */
export function infoText(text: string, swap: Swap): string {
  const [, host, port] = /^master_host:([^\r\n]*)\r?\nmaster_port:(\d+)\r?$/m.exec(text) ?? []
  const master = host !== undefined && port !== undefined ? swap(host, port) : undefined
  const named = master ? text.replace(/^(master_host:)[^\r\n]*(\r?\nmaster_port:)\d+/m, (_, first: string, second: string) => `${first}${master.host}${second}${master.port}`) : text
  return named
    .replace(/^(slave\d+:ip=)([^,\r\n]*)(,port=)(\d+)/gm, (all, head: string, ip: string, between: string, at: string) => joined(swap(ip, at), all, head, between))
    .replace(/^(master\d+:name=[^\r\n]*,address=)([^,\r\n]*):(\d+)/gm, (all, head: string, ip: string, at: string) => joined(swap(ip, at), all, head))
}

const EVENT = /^((?:master|slave|sentinel) )([^ ]+) ([^ ]+) (\d+)(?:( @ [^ ]+ )([^ ]+) (\d+))?(?= |$)/

/** `+switch-master`: NAME HOST PORT HOST PORT, the old and the new; the others: KIND NAME HOST PORT, and ` @ MASTER HOST PORT` of what is no master. */
export function sentinelEvent(channel: string, text: string, swap: Swap): string {
  if (!/^[+-][a-z]/.test(channel)) return text
  if (channel === '+switch-master') {
    return text.replace(/^([^ ]+ )([^ ]+) (\d+) ([^ ]+) (\d+)$/, (_, name: string, oldHost: string, oldPort: string, host: string, port: string) =>
      `${name}${joined(swap(oldHost, oldPort), `${oldHost} ${oldPort}`, '', ' ')} ${joined(swap(host, port), `${host} ${port}`, '', ' ')}`)
  }
  return text.replace(EVENT, (_, kind: string, name: string, host: string, port: string, at = '', masterHost = '', masterPort = '') => {
    const called = name === `${host}:${port}` ? joined(swap(host, port), name, '') : name
    const master = at === '' ? '' : `${at}${joined(swap(masterHost, masterPort), `${masterHost} ${masterPort}`, '', ' ')}`
    return `${kind}${called} ${joined(swap(host, port), `${host} ${port}`, '', ' ')}${master}`
  })
}

const joined = (node: NodeAddress | undefined, otherwise: string, head: string, between = ':'): string => (node ? `${head}${node.host}${between}${node.port}` : otherwise)
