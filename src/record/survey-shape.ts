/** The shape of each kind of survey, as far as advice relies on it. */

import { allFit, fits, type Shape } from './fits.ts'
import { isRedisSurvey } from './redis-survey.ts'
import type { SurveyRecord } from './surveys.ts'

/** Whether it is a survey of a kind that this version knows. */
export function surveyFits(survey: unknown): boolean {
  const kind = typeof survey === 'object' && survey !== null && 'kind' in survey ? String(survey.kind) : ''
  return Object.hasOwn(KINDS, kind) && KINDS[kind as SurveyRecord['kind']](survey)
}

const KINDS: { readonly [K in SurveyRecord['kind']]: (survey: unknown) => boolean } = {
  redis: isRedisSurvey,
  postgres: (survey) => {
    if (!fits(survey, POSTGRES)) return false
    const { tables, indexes, plans }: { readonly tables?: unknown; readonly indexes?: unknown; readonly plans?: unknown } = survey
    return allFit(tables, TABLE) && each(tables, ({ columns }) => allFit(columns, COLUMN)) && allFit(indexes, INDEX) && each(indexes, ({ columns }) => each(columns, (one) => typeof one === 'string')) && allFit(plans, PLAN) && each(plans, ({ plan }) => plan === undefined || nodeFits(plan))
  },
}

interface Parts { readonly columns?: unknown; readonly plan?: unknown }
const each = (list: unknown, holds: (one: Parts) => boolean): boolean => Array.isArray(list) && list.every(holds)

const POSTGRES: Shape = { version: 'number', statisticsMs: 'any', settings: 'object', tables: 'array', indexes: 'array', plans: 'array' }
const TABLE: Shape = {
  name: 'string', rows: 'number', sizeBytes: 'number', sequentialScans: 'number', sequentialRows: 'number', indexScans: 'number', written: 'number', dead: 'number',
  analysed: 'boolean', blocksHit: 'number', blocksRead: 'number', columns: 'array',
}
const INDEX: Shape = { name: 'string', table: 'string', columns: 'array', scans: 'number', sizeBytes: 'number', needed: 'boolean', valid: 'boolean', partial: 'boolean' }
const COLUMN: Shape = { name: 'string', distinct: 'number' }
const PLAN: Shape = { statement: 'string' }
const NODE: Shape = { node: 'string', rows: 'number', cost: 'number', below: 'array' }

/** Depth is bounded by that of JSON itself. */
function nodeFits(node: unknown): boolean {
  if (!fits(node, NODE)) return false
  const { below }: { readonly below?: unknown } = node
  return Array.isArray(below) && below.every(nodeFits)
}
