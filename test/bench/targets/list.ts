/** What is measured, file by file. A file's expectations are its figures. */

export interface Target {
  /** In experiments/targets. */
  readonly file: string
  readonly how: 'load' | 'run' | 'sweep'
  readonly args?: readonly string[]
  readonly asks: string
  /** What people call an expectation, by a part of its text; the first that fits. */
  readonly figures?: Readonly<Record<string, string>>
  /** Limit of the memory of all that the run has started, but for proxy and load, in MB. */
  readonly memory?: number
}

/** Where it breaks to within a tenth: a minute or two each. */
const QUICK = ['--steps', '5', '--repeats', '1', '--resolution', '10%', '--window', '3s', '--budget', '5m']

export const TARGETS: readonly Target[] = [
  {
    file: 'api', how: 'load', asks: 'every page of the shop at 1,000 requests a second', memory: 500,
    figures: {
      'api.p95': 'API response, 95th percentile', 'api.rate': 'API throughput', 'db.p95': 'database query, 95th percentile, under that load', 'cache.hit_ratio': 'cache hit rate, hot data',
      'shop.memory': 'memory of the shop', '.success': 'pages that are served',
    },
  },
  { file: 'journeys', how: 'load', asks: 'every critical journey under load', figures: { 'journeys.success': 'journeys that come to their end', 'journeys.p95': 'a journey of up to three pages, 95th percentile', delivered: 'orders that are told to who watches' } },
  { file: 'database', how: 'load', asks: '10,000 queries a second', figures: { 'db.rate': 'database, queries', 'db.p95': 'database query, 95th percentile, at that rate', success: 'queries that are answered' } },
  { file: 'cache', how: 'load', asks: '100,000 cache operations a second', figures: { 'cache.rate': 'cache, operations', success: 'operations that are answered' } },
  {
    file: 'websockets', how: 'load', args: ['--workers', '2'], asks: '10,000 WebSockets for five minutes',
    figures: { connections: 'WebSockets at once', setup: 'WebSocket set-up, 95th percentile', 'shoppers.errors': 'WebSockets lost or not made', 'watchers.errors': 'WebSockets lost or not made, of those that get every price' },
  },
  { file: 'scale-out', how: 'load', asks: 'a second instance is there before anybody notices', figures: { 'catalogue.success': 'scaling from load: answers in time while the load grows eightfold', 'catalogue.p95': 'the same, 95th percentile', at_end: 'instances at the end' } },
  {
    file: 'instance-lost', how: 'run', asks: 'one of three instances is killed',
    figures: { recovery: 'an instance is lost: pages are back', 'products.success': 'the same: pages served', 'checkout.success': 'the same: sales made', 'products.p95': 'the same: pages, 95th percentile against before', at_end: 'instances at the end' },
  },
  {
    file: 'replica-lag', how: 'run', asks: 'the stream to the replica is cut for 8 s',
    figures: { 'recovery: current': 'replica lag: prices shown are right again', 'recovery: used': 'the same: the replica is read again', 'products.success': 'the same: pages served', 'current.success': 'the same: prices shown that are right' },
  },
  {
    file: 'replica-failover', how: 'run', asks: 'the primary is lost and the replica promoted',
    figures: { recovery: 'failover to the replica: sales are back after the promotion', 'products.success': 'the same: pages served', written_to_the_old: 'the same: sales written to the old primary' },
  },
  {
    file: 'cluster-node-loss', how: 'run', asks: 'a server of the cache cluster dies',
    figures: { 'recovery: products.p95': 'a cluster server dies: pages are as quick as before', 'recovery: products.success': 'the same: pages are served as before', 'products.success': 'the same: pages served' },
  },
  { file: 'limit-api', how: 'sweep', args: ['--vary', 'load.pages.rate=500/s..8000/s', ...QUICK], asks: 'how many requests a second the API bears' },
  { file: 'limit-database', how: 'sweep', args: ['--vary', 'load.queries.rate=1000/s..16000/s', ...QUICK], asks: 'how many single statements a second the database bears' },
  { file: 'limit-cache', how: 'sweep', args: ['--vary', 'load.commands.rate=400/s..4000/s', ...QUICK], asks: 'how many pipelines of 100 commands a second the cache bears' },
  { file: 'limit-payment', how: 'sweep', args: ['--vary', 'load.charges.rate=200/s..4000/s', ...QUICK], asks: 'how many charges a second the payment service bears' },
  { file: 'limit-websockets', how: 'sweep', args: ['--vary', 'load.shoppers.connections=1000..10000', ...QUICK], asks: 'how many WebSockets can be set up within 10 s' },
]
