/** Apps and probes: what is started and what is read. */

import type { ProbeCheck, ProbeSpec } from '../probes/spec.ts'
import { nearest } from '../core/errors.ts'
import { ms } from '../core/units.ts'
import { checkUrl, oneKind, refuseKeys, storeRequest } from './link-requests.ts'
import { checkReferences, fromFile, type Linking } from './linking.ts'
import type { AppSpec } from './plan.ts'
import type { ProfileSpec } from './profile-spec.ts'
import { quoteHint, type Named } from './read.ts'
import type { AppInput, ProbeInput } from './schema.ts'
import type { Path } from './tree.ts'
import { parseHostPort } from './upstream.ts'

const READY_WITHIN = ms(15_000)
const PROFILE_INTERVAL = ms(1)
const PROBE_TIMEOUT = ms(5_000)
const PROBE_EVERY = ms(1_000)
const PROBE_KINDS = ['http', 'tcp', 'redis', 'postgres', 'command'] as const

export function linkApp(linking: Linking, { name, path, input }: Named<AppInput>): AppSpec | undefined {
  if (!input) return undefined
  const { reader, cwd } = linking
  const own = (text: string): string => (name === '' ? text : text.replaceAll(`\${app.port}`, `\${apps.${name}.port}`))
  const resolved = (key: Path, text: string): string => {
    checkReferences(linking, [...path, ...key], own(text))
    return own(text)
  }
  const env = Object.entries(input.env ?? {}).map(([key, value]) => {
    const entry = reader.entry([...path, 'env', key])
    if (typeof value === 'number' && entry.written !== undefined) reader.fail('VALUE_INVALID', [...path, 'env', key], `${key}: expected text`, quoteHint(value, entry))
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) reader.failKey('NAME_INVALID', [...path, 'env', key], `"${key}" is no name of a variable`, 'letters, digits and underscores, no digit first')
    return [key, resolved(['env', key], String(value))] as const
  })
  const { http, tcp, within } = input.ready ?? {}
  if (input.ready && (http === undefined) === (tcp === undefined)) reader.fail('VALUE_INVALID', [...path, 'ready'], 'ready: give one of `http` and `tcp`')
  if (http !== undefined) checkUrl(linking, [...path, 'ready', 'http'], own(http), 'http')
  if (tcp !== undefined) checkUrl(linking, [...path, 'ready', 'tcp'], own(tcp), 'tcp')
  return {
    name, command: input.command.map((word, index) => resolved(['command', index], word)), env: Object.fromEntries(env),
    cwd: input.cwd === undefined ? cwd : fromFile(linking, [...path, 'cwd'], input.cwd),
    ...(input.ready ? { ready: { http: http && own(http), tcp: tcp && own(tcp), within: within ?? READY_WITHIN } } : {}),
  }
}

/** `steps` are the names that `during` may bear besides `fault`. */
export function linkProfile({ reader, draft }: Linking, steps: readonly string[]): ProfileSpec | undefined {
  if (!draft.profile) return undefined
  const { target, during = 'fault', interval = PROFILE_INTERVAL } = draft.profile
  const apps = [...(draft.app ? ['app'] : []), ...draft.apps.map(({ name }) => name)]
  if (!apps.includes(target)) {
    const near = nearest(target, apps)
    reader.fail('VALUE_INVALID', ['profile', 'target'], `target: no application is named "${target}"`, near ? `did you mean "${near}"?` : apps.length ? `there is ${apps.join(', ')}` : 'declare it under `app:`; what brownout does not start it cannot profile')
  }
  if (during !== 'fault' && !steps.includes(during)) {
    const near = nearest(during, ['fault', ...steps])
    reader.fail('STEP_UNKNOWN', ['profile', 'during'], `no step is named "${during}"`, near ? `did you mean "${near}"?` : `known here: ${['fault', ...steps].join(', ')}`)
  }
  return { app: target, during, interval }
}

export function linkProbe(linking: Linking, { name, path, input }: Named<ProbeInput>): ProbeSpec | undefined {
  if (!input) return undefined
  const { reader } = linking
  const kind = oneKind(linking, path, input, PROBE_KINDS)
  if (!kind) return undefined
  if (kind !== 'redis' && kind !== 'postgres') refuseKeys(linking, path, input, ['url'], kind)
  if (input.at !== undefined && input.every !== undefined) reader.fail('VALUE_INVALID', path, `${name}: give either \`at\` or \`every\``)
  const check = probeCheck(linking, path, input, kind)
  return check && { name, check, when: input.at === undefined ? { every: input.every ?? PROBE_EVERY } : { at: input.at }, timeout: input.timeout ?? PROBE_TIMEOUT }
}

function probeCheck(linking: Linking, path: Path, input: ProbeInput, kind: (typeof PROBE_KINDS)[number]): ProbeCheck | undefined {
  switch (kind) {
    case 'http': return checkUrl(linking, [...path, 'http'], input.http ?? '', 'http') ? { kind, url: input.http ?? '' } : undefined
    case 'tcp': {
      const text = input.tcp ?? ''
      if (!checkUrl(linking, [...path, 'tcp'], text, 'tcp')) return undefined
      const at = parseHostPort(text)
      return 'wrong' in at ? { kind, host: '', port: 0, unresolved: text } : { kind, ...at }
    }
    case 'command': {
      const argv = input.command ?? []
      argv.forEach((word, index) => { checkReferences(linking, [...path, 'command', index], word) })
      return { kind, argv }
    }
    default: {
      const request = storeRequest(linking, path, input, kind)
      if (!request) return undefined
      if (request.kind === 'postgres') return { kind: 'postgres', url: request.url, sql: request.sql }
      // Data, which a text would be cut for, cannot stand in a probe.
      return { kind: 'redis', url: request.url, command: request.command.flatMap((word) => (typeof word === 'string' ? [word] : [])) }
    }
  }
}
