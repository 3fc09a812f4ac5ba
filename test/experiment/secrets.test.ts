import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { redact } from '../../src/core/redact.ts'
import { describePlan } from '../../src/experiment/describe.ts'
import { summarise } from '../../src/experiment/summary.ts'
import { planOf } from './fake-faults.ts'

const marker = (): string => `s3cr3t-${randomBytes(6).toString('hex')}`

describe('secrets of an experiment', () => {
  const yaml = (literal: string): string => `name: x
vars: { redis: "\${REDIS_URL}", api_key: "\${vars_key:-k}", token: "${literal}" }
targets:
  cache: { upstream: "\${vars.redis}" }
  db: { upstream: "\${DATABASE_URL}" }
app: { command: [node, x.js, "--token=\${SHOP_TOKEN}"], env: { REDIS_URL: "\${targets.cache.url}", STRIPE_SECRET: "${literal}", PLAIN: visible } }
load:
  shop: { http: "GET http://user:${literal}@127.0.0.1:1/?token=${literal}", headers: { Authorization: "Bearer ${literal}" }, rate: 100/s }
  keys: { redis: [AUTH, "\${REDIS_PASSWORD}"], url: "\${vars.redis}", rate: 100/s }
probes: { p: { command: [check, "\${vars.token}"] } }
`

  it('are in no text of the described plan or the summary, and nothing else is lost', async () => {
    const [literal, ...others] = [marker(), marker(), marker(), marker(), marker()] as const
    const env = { REDIS_URL: `redis://:${others[0]}@cache:1/2`, DATABASE_URL: `postgres://u:${others[1]}%2F%40@db/shop?sslpassword=${others[1]}x`, SHOP_TOKEN: others[2], REDIS_PASSWORD: others[3] }
    const plan = await planOf(yaml(literal), { env })
    const shown = `${JSON.stringify(describePlan(plan))}\n${summarise(plan)}`
    assert.deepEqual(shown.match(/s3cr3t-[0-9a-f]+/g), null)
    for (const kept of ['redis://:***@cache:1/2', 'postgres://u:***@db/shop', 'visible', '--token=***', 'shop: GET http://user:***@127.0.0.1:1/']) assert.ok(shown.includes(kept), `${kept} in ${shown}`)
    assert.ok(plan.secrets.length >= 5)
  })

  it('are not what everybody knows: a password "postgres" hides no word of the report but the one in the URL', async () => {
    const plan = await planOf('name: x\ntargets: { db: { upstream: "postgres://postgres:postgres@h/postgres" } }')
    assert.deepEqual(plan.secrets, [])
    assert.match(JSON.stringify(describePlan(plan)), /postgres:\/\/postgres:\*\*\*@h\/postgres/)
  })

  it('are hidden by redact as they are, percent-encoded, and inside JSON', () => {
    const secret = 'pä"ss/w@rd'
    const text = `${secret} ${encodeURIComponent(secret)} ${JSON.stringify({ secret })}`
    assert.equal(redact(text, [secret]), '*** *** {"secret":"***"}')
  })
})
