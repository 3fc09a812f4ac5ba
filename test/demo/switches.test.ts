import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { registry } from '../../faults/index.ts'
import { loadExperiment } from '../../src/experiment/load.ts'
import { SWITCHES } from '../bench/switches/list.ts'
import { ROOT } from '../support/paths.ts'

const FOLDER = join(ROOT, 'experiments/switches')
const SHIPPED = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')).map((name) => name.slice(0, -'.yaml'.length))

describe('experiments on switches', () => {
  it('are all run by make switches', () => { assert.deepEqual(SWITCHES.map(({ file }) => file).sort(), SHIPPED) })

  for (const { file, how, variable, off, on, figures } of SWITCHES) {
    it(`${file} opens with its question, says what is to move, and is another experiment off than on`, async () => {
      const path = join(FOLDER, `${file}.yaml`)
      const text = readFileSync(path, 'utf8')
      assert.match(text, /^# [^\n]*\?/)
      assert.match(text, /^# [^\n]*Expected to move: /m)
      for (const value of [off, on]) {
        assert.ok(text.includes(`${variable}=${value}: `), `${variable}=${value} is in the head`)
        const loaded = await loadExperiment(path, { registry, env: { ...process.env, [variable]: value }, vars: {}, seed: 7, cwd: FOLDER })
        assert.ok('plan' in loaded, 'problems' in loaded ? JSON.stringify(loaded.problems) : '')
        assert.deepEqual(loaded.plan.warnings, [])
        assert.deepEqual([loaded.plan.name, loaded.plan.apps.some(({ env }) => env[variable] === value)], [`${file}-${value}`, true])
        assert.equal(loaded.plan.method.length > 0, how === 'run')
      }
      for (const figure of figures) assert.ok(text.includes(`signal: ${figure},`), figure)
    })
  }
})
