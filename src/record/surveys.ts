/** What the server behind a target said of itself at the end of a run, as it is journalled. No values of anybody's data are in it. One kind for each protocol. */

import type { PostgresSurvey } from './postgres-survey.ts'
import type { RedisSurvey } from './redis-survey.ts'

export type SurveyRecord = PostgresSurvey | RedisSurvey
export type SurveyOf<K extends SurveyRecord['kind']> = Extract<SurveyRecord, { kind: K }>
