/** What a Postgres said of itself. Counters are of all that used the database since its statistics began. */

export interface PostgresSurvey {
  readonly kind: 'postgres'
  /** 160004 is 16.4. */
  readonly version: number
  /** How long ago the statistics of this database began; null where the server does not say. */
  readonly statisticsMs: number | null
  /** Numbers as `show` has them, sizes in bytes. */
  readonly settings: Readonly<Record<string, number>>
  /** Those that were read most, first. */
  readonly tables: readonly SurveyedTable[]
  readonly indexes: readonly SurveyedIndex[]
  /** Of the statements of this run that took most time. */
  readonly plans: readonly SurveyedPlan[]
}

export interface SurveyedTable {
  /** With its schema where that is not `public`. */
  readonly name: string
  /** As the server estimates it. */
  readonly rows: number
  readonly sizeBytes: number
  readonly sequentialScans: number
  readonly sequentialRows: number
  readonly indexScans: number
  /** Rows inserted, updated and deleted. */
  readonly written: number
  readonly dead: number
  /** By ANALYZE or autovacuum. */
  readonly analysed: boolean
  /** Blocks found in shared_buffers, and not. */
  readonly blocksHit: number
  readonly blocksRead: number
  /** Of columns whose values have been counted. */
  readonly columns: readonly { readonly name: string; /** Negative: a share of the rows. */ readonly distinct: number }[]
}

export interface SurveyedIndex {
  readonly name: string
  readonly table: string
  /** As the server writes them: a column, or an expression in brackets. */
  readonly columns: readonly string[]
  readonly scans: number
  readonly sizeBytes: number
  /** It keeps rows apart or belongs to a constraint. */
  readonly needed: boolean
  readonly valid: boolean
  readonly partial: boolean
}

export interface SurveyedPlan {
  /** As the figures have it. */
  readonly statement: string
  readonly plan?: PlanNode
  readonly planningMs?: number
  /** Why there is no plan. */
  readonly problem?: string
}

/** A node of EXPLAIN (GENERIC_PLAN): parameters stand for all values. */
export interface PlanNode {
  readonly node: string
  readonly relation?: string
  readonly index?: string
  readonly condition?: string
  readonly filter?: string
  readonly sort?: readonly string[]
  /** Estimated by the planner. */
  readonly rows: number
  readonly cost: number
  readonly below: readonly PlanNode[]
}
