import assert from 'node:assert/strict'
import { registry } from '../../faults/index.ts'
import { catalogueOf } from '../../src/control/catalogue.ts'
import { plainName, refusalIn } from '../../src/dashboard/api.ts'
import { injectionOf } from '../../src/gameday/inject.ts'
import { commandOf, conditionsIn, EMPTY, fieldOf, fits, grouped, requestOf } from '../../src/dashboard/form.ts'

const faults = catalogueOf(registry)
const latency = faults.find(({ name }) => name === 'latency') ?? assert.fail()

describe('the form of the dashboard', () => {
  it('offers a target what speaks its protocol, and nothing else', () => {
    const names = (protocol: 'redis' | 'tcp'): readonly string[] => grouped(faults, protocol).flatMap((group) => group.faults.map(({ name }) => name))
    assert.deepEqual(names('tcp').filter((name) => name.includes('.')), [])
    assert.ok(names('tcp').includes('latency'))
    assert.ok(names('redis').includes('redis.error'))
    assert.deepEqual(names('redis').filter((name) => name.startsWith('postgres.')), [])
    assert.deepEqual([...names('redis')].sort(), faults.filter((one) => fits(one, 'redis')).map(({ name }) => name).sort())
  })

  it('asks for what was written alone: what is empty is the server’s to choose', () => {
    assert.deepEqual(requestOf({ ...EMPTY, target: 'cache', fault: 'latency', params: { delay: ' 300ms ', jitter: '', other: '1' } }, latency), { fault: 'latency', on: 'cache', params: { delay: '300ms' }, for: '30s' })
    assert.deepEqual(requestOf({ ...EMPTY, target: 'cache', fault: 'latency', standing: true, chance: '20%', direction: 'to_client', times: '3', where: 'command: GET', corruption: true }, latency),
      { fault: 'latency', on: 'cache', standing: true, chance: '20%', direction: 'to_client', times: 3, where: { command: 'GET' } })
  })

  it('sends a switch as a switch', () => {
    const flagged = faults.find(({ params }) => params.some(({ kind }) => kind === 'boolean')) ?? assert.fail()
    const flag = flagged.params.find(({ kind }) => kind === 'boolean') ?? assert.fail()
    assert.deepEqual(requestOf({ ...EMPTY, target: 'a', fault: flagged.name, params: { [flag.name]: 'true' } }, flagged).params, { [flag.name]: true })
  })

  it('reads conditions a line', () => {
    assert.deepEqual(conditionsIn('command: [GET, MGET]\nkey = user:*\n\nstatus: 200\nquoted: "200"'), { command: ['GET', 'MGET'], key: 'user:*', status: 200, quoted: '200' })
    assert.deepEqual(conditionsIn('odd'), { odd: '' })
  })

  it('shows the command that does the same', () => {
    assert.equal(commandOf(requestOf({ ...EMPTY, target: 'cache', fault: 'latency', params: { delay: '300ms' }, where: 'key: user *' }, latency)), "brownout inject latency cache delay=300ms where.key='user *' for=30s")
    assert.equal(commandOf({ fault: 'down', on: 'db', standing: true }), 'brownout inject down db standing')
  })

  it('shows it in words that the prompt and the shell understand', () => {
    const vocabulary = { faults: registry, scenarios: new Map(), targets: new Map([['cache', 'redis' as const]]), steps: [], corruption: false }
    const falsifies = faults.find((one) => one.corruption && fits(one, 'redis') && one.params.every(({ initial }) => initial !== undefined)) ?? assert.fail()
    const requests = [
      requestOf({ ...EMPTY, target: 'cache', fault: 'latency', params: { delay: '300ms', distribution: 'normal' }, chance: '20%', lasts: '1m30s', direction: 'to_client' }, latency),
      requestOf({ ...EMPTY, target: 'cache', fault: 'redis.error', standing: true, times: '3', where: 'command: [GET, MGET]\nkey: user:1' }, faults.find(({ name }) => name === 'redis.error')),
      requestOf({ ...EMPTY, target: 'cache', fault: falsifies.name, corruption: true }, falsifies),
    ]
    for (const request of requests) assert.deepEqual(injectionOf(commandOf(request).split(' ').slice(2), vocabulary), request)
  })

  it('finds the field that a refusal speaks of', () => {
    assert.equal(fieldOf('delay: expected a duration such as 250ms, not "x"', latency), 'delay')
    assert.equal(fieldOf('for: expected a duration', latency), 'for')
    assert.equal(fieldOf('brownout is halted', latency), undefined)
  })

  it('says what the server says, and something where it says nothing', () => {
    assert.deepEqual(refusalIn('{"error":"no","code":"HALTED","hint":"resume"}'), { message: 'no', code: 'HALTED', hint: 'resume' })
    assert.deepEqual(refusalIn('plain words\n'), { message: 'plain words', code: undefined, hint: undefined })
    assert.equal(refusalIn('').message, 'refused without a word')
  })

  it('names its user so that a header can hold it', () => {
    assert.equal(plainName('Zoë\r\nX-Evil: 1'), 'ZoeX-Evil: 1')
    assert.equal(plainName('\u{1f600}'), 'dashboard')
  })
})
