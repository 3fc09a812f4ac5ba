/** The switches of the sample stack, each with its experiment and what it is expected to move. */

export interface Switch {
  /** In experiments/switches. */
  readonly file: string
  readonly how: 'load' | 'run'
  /** Of the environment. */
  readonly variable: string
  readonly off: string
  readonly on: string
  /** One or two, as the experiment's `expect` names them. */
  readonly figures: readonly string[]
  readonly asks: string
}

export const SWITCHES: readonly Switch[] = [
  { file: 'pool', how: 'run', variable: 'POOL', off: '2', on: '20', figures: ['history.rate', 'history.p95'], asks: 'connection pool, the database 5 ms away' },
  { file: 'prepared', how: 'load', variable: 'PREPARED', off: '0', on: '1', figures: ['db.server_cpu', 'history.p50'], asks: 'prepared statements' },
  { file: 'indexes', how: 'load', variable: 'INDEXES', off: '0', on: '1', figures: ['history.p95', 'db.server_cpu'], asks: 'secondary indexes' },
  { file: 'query-cache', how: 'load', variable: 'QUERY_CACHE', off: '0', on: '1', figures: ['db.rate', 'catalogue.p95'], asks: 'query cache' },
  { file: 'warm', how: 'load', variable: 'WARM', off: '0', on: '1000', figures: ['cache.hit_ratio', 'products.p95'], asks: 'cache warming' },
  { file: 'invalidate', how: 'load', variable: 'INVALIDATE', off: '0', on: '1', figures: ['change.success'], asks: 'invalidation: readers who see the new price' },
  { file: 'coalesce', how: 'run', variable: 'COALESCE', off: '0', on: '1', figures: ['db.rate', 'search.p99'], asks: 'stampede protection, the database 25 ms away' },
  { file: 'compress', how: 'load', variable: 'COMPRESS', off: '0', on: '1', figures: ['site.bytes_to_client', 'shop.cpu'], asks: 'compression of answers' },
  { file: 'page', how: 'load', variable: 'PAGE', off: '0', on: '50', figures: ['catalogue.p95', 'site.bytes_to_client'], asks: 'pagination' },
  { file: 'response-cache', how: 'load', variable: 'RESPONSE_CACHE', off: '0', on: '1000', figures: ['shop.cpu', 'cache.rate'], asks: 'response cache' },
  { file: 'batch', how: 'load', variable: 'BATCH', off: '0', on: '1', figures: ['db.rate', 'history.p95'], asks: 'batching of reads' },
  { file: 'replica', how: 'load', variable: 'REPLICA', off: '0', on: '1', figures: ['db.server_cpu', 'history.p95'], asks: 'read replica' },
  { file: 'ws-batch', how: 'load', variable: 'WS_BATCH', off: '0', on: '200', figures: ['shop.cpu', 'prices.bytes_to_client'], asks: 'batches over WebSocket' },
  { file: 'ws-deflate', how: 'load', variable: 'WS_DEFLATE', off: '0', on: '1', figures: ['prices.bytes_to_client', 'shop.cpu'], asks: 'compression over WebSocket' },
  { file: 'ws-topics', how: 'load', variable: 'WS_TOPICS', off: '0', on: '1', figures: ['shop.cpu', 'prices.bytes_to_client'], asks: 'subscriptions over WebSocket' },
]
