import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monotonicNow } from '../../src/core/clock.ts'
import { ms, type Ms } from '../../src/core/units.ts'
import type { ActionResult } from '../../src/experiment/action.ts'
import { Arming } from '../../src/control/arming.ts'
import { Method } from '../../src/experiment/method.ts'
import type { Step } from '../../src/experiment/plan.ts'
import { Recorder } from '../../src/experiment/recorder.ts'
import { Stop, Stopped } from '../../src/experiment/stop.ts'
import { NO_RECORDS, type Cleared, type Plane, type PlaneEvent, type TakenRecords } from '../../src/proxy/plane.ts'
import type { ClearReason } from '../../src/record/events.ts'
import { Journal } from '../../src/record/journal.ts'
import type { Rule } from '../../src/rule.ts'
import { fault, place } from './run-plan.ts'

/** A plane without proxies: rules are armed `lag` after they are told to, and clear at their time. */
class FakePlane implements Plane {
  readonly armed = new Map<string, NodeJS.Timeout>()
  readonly #lag: number
  #listener: (event: PlaneEvent) => void = () => undefined
  constructor(lag = 0) { this.#lag = lag }
  open(): Promise<never[]> { return Promise.resolve([]) }
  async arm(rules: readonly Rule[]): Promise<Ms> {
    await new Promise((resolve) => { setTimeout(resolve, this.#lag) })
    for (const { id, for: length } of rules) this.armed.set(id, setTimeout(() => this.#clear([id], 'deadline'), length))
    return monotonicNow()
  }
  disarm(ids: readonly string[] = [...this.armed.keys()], reason: ClearReason = 'request'): Promise<readonly Cleared[]> { return Promise.resolve(this.#clear(ids, reason)) }
  async snapshot(): ReturnType<Plane['snapshot']> { return { targets: {}, armed: [...this.armed.keys()] } }
  measure(): undefined { return undefined }
  async takeBuckets(): Promise<never[]> { return [] }
  async takeRecords(): Promise<TakenRecords> { return NO_RECORDS }
  on(listener: (event: PlaneEvent) => void): void { this.#listener = listener }
  close(): Promise<void> { return Promise.resolve() }
  #clear(ids: readonly string[], reason: ClearReason): readonly Cleared[] {
    const cleared = ids.filter((id) => this.armed.has(id)).map((rule) => ({ rule, reason, at: monotonicNow(), matched: 1, altered: 1 }))
    for (const { rule } of cleared) {
      clearTimeout(this.armed.get(rule))
      this.armed.delete(rule)
    }
    for (const one of cleared) this.#listener({ kind: 'cleared', ...one })
    return cleared
  }
}

const action = (step: string, run: string, undo?: string, length = 30): Step =>
  ({ kind: 'action', step, place, start: { at: ms(0) }, run: [run], undo: undo === undefined ? undefined : [undo], timeout: ms(1000), for: ms(length) })

describe('carrying out a method', () => {
  let folder: string
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'brownout-method-')) })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function carry(steps: readonly Step[], { plane = new FakePlane(), act = async (): Promise<ActionResult> => ({ ok: true, exit: 0, tookMs: 1 }), pause = (): Promise<void> => Promise.resolve() } = {}) {
    const acts: string[] = []
    const journal = Journal.create(join(folder, 'run'))
    const stop = new Stop((reason) => method.heal(reason))
    const recorder = new Recorder(journal, (error) => stop.trip({ why: 'journal', error }))
    const method: Method = new Method({
      steps, arming: new Arming({ plane, recorder, stop }), recorder, stop, pause,
      act: (argv) => { acts.push(argv.join(' ')); return act() },
    })
    const told = (): readonly string[] => recorder.events.map((event) => ('rule' in event && 'step' in event ? `${event.kind} ${event.rule}` : event.kind === 'action' ? `${event.event} ${event.step}` : event.kind))
    return { method, stop, acts, told, plane, recorder, close: () => journal.close() }
  }

  it('journals an arming before it is applied, and a clearing once', async () => {
    const { method, told, close } = carry([fault('a', 'latency', { delay: ms(1) }, 30), fault('b', 'latency', { delay: ms(1) }, 20, { after: 'a' })])
    await method.run()
    assert.deepEqual(await method.settle('method-end'), [])
    assert.deepEqual(told(), ['rule.arming a', 'rule.armed a', 'rule.cleared a', 'rule.arming b', 'rule.armed b', 'rule.cleared b'])
    close()
  })

  it('disarms in the very tick in which it is told to heal', async () => {
    const { method, stop, told, plane, close } = carry([fault('a', 'latency', { delay: ms(1) }, 5000)])
    const running = method.run()
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    assert.equal(plane.armed.size, 1)
    stop.trip({ why: 'signal', signal: 'SIGINT' })
    assert.equal(plane.armed.size, 0)
    await assert.rejects(running, Stopped)
    assert.equal(told().at(-1), 'rule.cleared a')
    close()
  })

  it('takes away a fault whose arming was under way when it was healed', async () => {
    const { method, plane, close } = carry([fault('a', 'latency', { delay: ms(1) }, 5000)], { plane: new FakePlane(60) })
    const running = method.run()
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    method.heal('abort')
    await running
    await method.settle('abort')
    assert.equal(plane.armed.size, 0)
    close()
  })

  it('tells what could not be disarmed instead of throwing', async () => {
    const plane = new FakePlane()
    const { method, close } = carry([fault('a', 'latency', { delay: ms(1) }, 5000)], { plane })
    const running = method.run()
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    const disarm = plane.disarm.bind(plane)
    plane.disarm = (...args) => { void disarm(...args); return Promise.reject(new Error('the port is taken')) }
    method.heal('abort')
    await running
    assert.ok((await method.settle('abort')).includes('disarm: the port is taken'))
    close()
  })

  it('runs an action, holds it for its time, and undoes it', async () => {
    const { method, acts, told, close } = carry([action('stop', 'kill', 'start')])
    await method.run()
    assert.deepEqual(acts, ['kill', 'start'])
    assert.deepEqual(told(), ['run stop', 'undo stop'])
    close()
  })

  it('undoes an action that is under way when the method is healed, once', async () => {
    const { method, acts, close } = carry([action('stop', 'kill', 'start', 60_000)])
    const running = method.run()
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    method.heal('abort')
    await running
    assert.deepEqual(await method.settle('abort'), [])
    assert.deepEqual(await method.settle('abort'), [])
    assert.deepEqual(acts, ['kill', 'start'])
    close()
  })

  it('undoes an action whose command failed, and stops the run', async () => {
    const { method, stop, acts, close } = carry([action('stop', 'kill', 'start')], { act: () => Promise.resolve({ ok: false, exit: 1, tookMs: 1, problem: 'kill: exit 1' }) })
    await assert.rejects(method.run(), Stopped)
    assert.deepEqual(stop.reason?.why === 'error' ? stop.reason.error.code : '', 'ACTION_FAILED')
    assert.deepEqual(await method.settle('error'), ['stop: undo: kill: exit 1'])
    assert.deepEqual(acts, ['kill', 'start'])
    close()
  })

  it('waits at a pause, with a note of it', async () => {
    let answer: () => void = () => undefined
    const pause: Step = { kind: 'pause', step: 'look', place, start: { at: ms(0) }, text: 'look at it' }
    const { method, told, close } = carry([pause, fault('a', 'latency', { delay: ms(1) }, 10, { after: 'look' })], { pause: () => new Promise((resolve) => { answer = resolve }) })
    const running = method.run()
    await new Promise((resolve) => { setTimeout(resolve, 40) })
    assert.deepEqual(told(), ['note'])
    answer()
    await running
    assert.deepEqual(told(), ['note', 'rule.arming a', 'rule.armed a', 'rule.cleared a'])
    close()
  })

  it('is over at once when there is nothing to do', async () => {
    const { method, close } = carry([])
    await method.run()
    close()
  })
})
