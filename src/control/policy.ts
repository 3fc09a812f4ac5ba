/** What faults are allowed at all, by a file that whoever injects them does not own: enforced where rules are armed. */

import { createHash } from 'node:crypto'
import * as z from 'zod'
import { parse } from 'yaml'
import { wallDate } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { fitsGlob } from '../core/glob.ts'
import { isRamp } from '../core/params.ts'
import { formatDuration, formatRatio, parseDuration, parseRatio, ratio, type Ms, type Ratio } from '../core/units.ts'
import type { Rule } from '../rule.ts'
import type { PolicyInEffect } from './contract.ts'
import { isWithin, readHours, type Hours } from './hours.ts'

const patterns = z.array(z.string().min(1).max(200)).max(200).optional()
const file = z.strictObject({
  largest_share: z.string().optional(),
  longest: z.string().optional(),
  hours: z.array(z.string()).max(50).optional(),
  timezone: z.string().optional(),
  targets: patterns,
  faults: patterns,
  allow_upstreams: patterns,
  deny_upstreams: patterns,
})
/** Texts longer than this are no policy. */
const TEXT_MAX = 64 * 1024

export interface PolicyLimits {
  readonly largestShare: Ratio | undefined
  readonly longest: Ms | undefined
  /** Any of them; empty: at any time. */
  readonly hours: readonly Hours[]
  readonly timezone: string | undefined
  /** Names with `*` for any text; absent: all. */
  readonly targets: readonly string[] | undefined
  readonly faults: readonly string[] | undefined
  readonly allowUpstreams: readonly string[]
  readonly denyUpstreams: readonly string[]
}

export class Policy {
  readonly limits: PolicyLimits
  readonly inEffect: PolicyInEffect
  readonly #wall: () => Date

  constructor(limits: PolicyLimits, about: Pick<PolicyInEffect, 'file' | 'hash'>, wall: () => Date = wallDate) {
    this.limits = limits
    this.inEffect = { ...about, limits: wordsOf(limits) }
    this.#wall = wall
  }

  /** POLICY_DENIED. */
  check(rule: Rule): void {
    const why = this.#why(rule)
    if (why !== undefined) throw new BrownoutError('POLICY_DENIED', { message: `${rule.id}: the policy ${this.inEffect.file} ${why}` })
  }

  #why({ fault, on, chance = ratio(1), for: length }: Rule): string | undefined {
    const { largestShare, longest, hours, timezone, targets, faults } = this.limits
    if (targets && !fits(targets, on)) return `allows no faults on ${on}: only on ${targets.join(', ')}`
    if (faults && !fits(faults, fault)) return `does not allow ${fault}: only ${faults.join(', ')}`
    const share = isRamp(chance) ? Math.max(chance.from, chance.to) : chance
    if (largestShare !== undefined && share > largestShare) return `allows a share of ${formatRatio(largestShare)} at most: give \`chance\``
    if (longest !== undefined && (length === undefined || length > longest)) return `allows ${formatDuration(longest)} at most${length === undefined ? ', nothing that stands' : ''}`
    if (hours.length > 0 && !hours.some((one) => isWithin(one, this.#wall(), timezone))) return `allows faults only ${hours.map(({ text }) => text).join(', ')}${timezone ? ` (${timezone})` : ''}`
    return undefined
  }
}

/** POLICY_INVALID with all that is wrong. */
export function parsePolicy(text: string, name: string, wall?: () => Date): Policy {
  const invalid = (message: string): never => { throw new BrownoutError('POLICY_INVALID', { message: `${name}: ${message}` }) }
  if (text.length > TEXT_MAX) invalid(`longer than ${TEXT_MAX} characters`)
  const found = file.safeParse(treeOf(text, invalid) ?? {})
  if (!found.success) return invalid(found.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`).join('; '))
  const { largest_share: share, longest, hours = [], timezone, targets, faults, allow_upstreams: allow = [], deny_upstreams: deny = [] } = found.data
  const largestShare = share === undefined ? undefined : parseRatio(share) ?? invalid(`largest_share: expected a share such as 25%, not "${share}"`)
  const most = longest === undefined ? undefined : parseDuration(longest) ?? invalid(`longest: expected a duration such as 5m, not "${longest}"`)
  if (timezone !== undefined && !isTimezone(timezone)) invalid(`timezone: "${timezone}" is none`)
  const limits = {
    largestShare, longest: most, timezone, targets, faults, allowUpstreams: allow, denyUpstreams: deny,
    hours: hours.map((one) => readHours(one) ?? invalid(`hours: expected days and times such as "Mon-Fri 09:00-17:00", not "${one}"`)),
  }
  return new Policy(limits, { file: name, hash: createHash('sha256').update(text).digest('hex').slice(0, 16) }, wall)
}

function treeOf(text: string, invalid: (message: string) => never): unknown {
  try {
    return parse(text, { maxAliasCount: 0, schema: 'core', uniqueKeys: true })
  } catch (error) {
    return invalid(error instanceof Error ? error.message.split('\n')[0] ?? error.message : String(error))
  }
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

const fits = (all: readonly string[], name: string): boolean => all.some((pattern) => fitsGlob(pattern, name))

function wordsOf({ largestShare, longest, hours, timezone, targets, faults, denyUpstreams }: PolicyLimits): readonly string[] {
  return [
    ...(largestShare === undefined ? [] : [`a share of ${formatRatio(largestShare)} at most`]),
    ...(longest === undefined ? [] : [`${formatDuration(longest)} at most`]),
    ...(hours.length === 0 ? [] : [`only ${hours.map(({ text }) => text).join(', ')}${timezone ? ` (${timezone})` : ''}`]),
    ...(targets ? [`only on ${targets.join(', ')}`] : []), ...(faults ? [`only ${faults.join(', ')}`] : []),
    ...(denyUpstreams.length === 0 ? [] : [`never to ${denyUpstreams.join(', ')}`]),
  ]
}
