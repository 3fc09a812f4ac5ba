import assert from 'node:assert/strict'
import { registry } from '../../faults/index.ts'
import type { Plan } from '../../src/experiment/plan.ts'
import type { Rule } from '../../src/rule.ts'
import { closeAll, redisStage, until } from '../faults/redis/stage.ts'
import { hasRedis } from '../support/servers.ts'
import { planOf, problemsOf } from './fake-faults.ts'

const yaml = (step: string, protocol = 'redis'): string => `
name: failover
question: Does it?
targets: { cache: { protocol: ${protocol}, upstream: "127.0.0.1:6379" }, other: { protocol: ${protocol}, upstream: "127.0.0.1:6380" } }
load: { pings: { http: "GET http://127.0.0.1:8080/", rate: 100/s } }
method:
  - ${step}
expect:
  - { signal: pings.success, during: fault, at_least: 0% }
`
const plan = (step: string): Promise<Plan> => planOf(yaml(step), { registry })
const rulesOf = ({ method }: Plan): readonly (readonly [name: string, at: number, rule: Rule])[] =>
  method.flatMap((step) => (step.kind === 'fault' ? [[step.step, step.start.at, step.rule] as const] : []))

describe('redis.failover', () => {
  afterEach(closeAll)

  it('breaks and refuses, loads, then takes no writes on a share of the connections', async () => {
    const steps = rulesOf(await plan('{ step: failover, at: 2s, scenario: redis.failover, on: cache, params: { down: 3s, loading: 4s, read_only: 5s, share: 30% } }'))
    assert.deepEqual(steps.map(([name, at, { fault, params, for: length, chance, scope, on }]) => [name, at, length, fault, params, chance, scope, on]), [
      ['failover-reset', 2000, 3000, 'reset_peer', { timeout: 0 }, undefined, undefined, 'cache'],
      ['failover-refused', 2000, 3000, 'refuse', { how: 'closed' }, undefined, undefined, 'cache'],
      ['failover-loading', 5000, 4000, 'redis.error', { error: 'LOADING', text: '' }, undefined, undefined, 'cache'],
      ['failover-read-only', 9000, 5000, 'redis.error', { error: 'READONLY', text: '' }, 0.3, 'connection', 'cache'],
    ])
  })

  it('leaves out what takes no time, and names its steps after the target where it has several', async () => {
    const steps = rulesOf(await plan('{ step: failover, scenario: redis.failover, on: [cache, other], params: { down: 1s, loading: 0ms, read_only: 0ms } }'))
    assert.deepEqual(steps.map(([name]) => name), ['failover-cache-reset', 'failover-cache-refused', 'failover-other-reset', 'failover-other-refused'])
  })

  it('is refused on a target that does not speak Redis', async () => {
    const problems = await problemsOf(yaml('{ step: failover, scenario: redis.failover, on: cache }', 'tcp'), { registry })
    assert.deepEqual(problems.map(({ code }) => code), ['PROTOCOL_MISMATCH'])
    assert.match(problems[0]?.message ?? '', /redis\.error acts on redis, and "cache" speaks tcp/)
  })

  it('looks like one to a client that comes again: refused, LOADING, READONLY or not, healthy', async function () {
    if (!hasRedis) return this.skip()
    const [reset, refused, loading, readOnly] = rulesOf(await plan('{ step: failover, scenario: redis.failover, on: cache, params: { down: 1s, loading: 1s, read_only: 1s, share: 50% } }')).map(([, , rule]) => rule)
    assert.ok(reset && refused && loading && readOnly)
    const stage = await redisStage()
    const client = await stage.client()
    await stage.direct.set('k', 'v')
    await stage.plane.arm([reset, refused])
    await until(() => client.status !== 'ready', 'the end of the connection')
    await assert.rejects(stage.client(), /clos|ECONNREFUSED/i)
    await stage.plane.disarm()
    await stage.plane.arm([loading])
    const second = await stage.client()
    await assert.rejects(second.get('k'), /^ReplyError: LOADING Redis is loading the dataset in memory$/)
    assert.match(await second.info('persistence'), /^loading:1\r$/m)
    await stage.plane.disarm()
    await stage.plane.arm([readOnly])
    const clients = await Promise.all(Array.from({ length: 24 }, () => stage.client()))
    const writes = async (): Promise<readonly string[]> => Promise.all(clients.map((one) => one.set('k', 'w').catch((thrown: Error) => thrown.message)))
    const first = await writes()
    assert.deepEqual(await writes(), first, 'a connection leads to one of the two, and stays with it')
    const wrong = first.filter((said) => /^READONLY/.test(said)).length
    assert.ok(wrong >= 5 && wrong <= 19, `${wrong} of 24`)
    assert.equal(first.filter((said) => said === 'OK').length, 24 - wrong)
    await stage.plane.disarm()
    assert.deepEqual(new Set(await writes()), new Set(['OK']))
  })
})
