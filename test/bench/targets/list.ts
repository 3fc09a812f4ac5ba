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
  { file: 'scale-out', how: 'load', asks: 'a second instance is there before anybody notices', figures: { 'catalogue.success': 'scaling from load: answers in time while it grows eightfold', 'catalogue.p95': 'scaling from load: 95th percentile', at_end: 'scaling from load: instances at the end' } },
  {
    file: 'instance-lost', how: 'run', asks: 'one of three instances is killed',
    figures: { recovery: 'one of three instances killed: pages back', 'products.success': 'one of three instances killed: pages served', 'checkout.success': 'one of three instances killed: sales made', 'products.p95': 'one of three instances killed: pages, 95th percentile against before', at_end: 'one of three instances killed: instances at the end' },
  },
  {
    file: 'replica-lag', how: 'run', asks: 'the stream to the replica is cut for 8 s',
    figures: { 'recovery: current': 'replica lag: prices shown are right again', 'recovery: used': 'replica lag: the replica is read again', 'products.success': 'replica lag: pages served', 'current.success': 'replica lag: prices shown that are right' },
  },
  {
    file: 'replica-failover', how: 'run', asks: 'the primary is lost and the replica promoted',
    figures: { recovery: 'failover to the replica: sales are back after the promotion', 'products.success': 'failover to the replica: pages served', written_to_the_old: 'failover to the replica: sales written to the old primary' },
  },
  {
    file: 'cluster-node-loss', how: 'run', asks: 'a server of the cache cluster dies',
    figures: { 'recovery: products.p95': 'a cluster server dies: pages as quick as before', 'recovery: products.success': 'a cluster server dies: pages served as before', 'products.success': 'a cluster server dies: pages served' },
  },
  { file: 'limit-api', how: 'sweep', args: ['--vary', 'load.pages.rate=500/s..8000/s', ...QUICK], asks: 'how many requests a second the API bears' },
  { file: 'limit-database', how: 'sweep', args: ['--vary', 'load.queries.rate=1000/s..16000/s', ...QUICK], asks: 'how many single statements a second the database bears' },
  { file: 'limit-cache', how: 'sweep', args: ['--vary', 'load.commands.rate=400/s..4000/s', ...QUICK], asks: 'how many pipelines of 100 commands a second the cache bears' },
  { file: 'limit-payment', how: 'sweep', args: ['--vary', 'load.charges.rate=200/s..4000/s', ...QUICK], asks: 'how many charges a second the payment service bears' },
  { file: 'limit-websockets', how: 'sweep', args: ['--vary', 'load.shoppers.connections=1000..10000', ...QUICK], asks: 'how many WebSockets are kept with pings answered within 50 ms' },
]
