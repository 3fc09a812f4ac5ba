/** The kinds of survey: one file and one line each. */

import { surveyPostgres } from './postgres-survey.ts'
import { surveyRedis } from './redis-survey.ts'
import type { Survey } from './survey.ts'

/** By the target's protocol. */
export const SURVEYS: Readonly<Record<string, Survey>> = { postgres: surveyPostgres, redis: surveyRedis }
