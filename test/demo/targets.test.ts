import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { registry } from '../../faults/index.ts'
import { loadExperiment } from '../../src/experiment/load.ts'
import { TARGETS } from '../bench/targets/list.ts'
import { ROOT } from '../support/paths.ts'

const FOLDER = join(ROOT, 'experiments/targets')
const SHIPPED = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')).map((name) => name.slice(0, -'.yaml'.length))

describe('experiments on the targets', () => {
  for (const name of SHIPPED) {
    it(`${name} opens with its question and loads without a warning`, async () => {
      const file = join(FOLDER, `${name}.yaml`)
      assert.match(readFileSync(file, 'utf8'), /^# [^\n]*\?/)
      const loaded = await loadExperiment(file, { registry, env: process.env, vars: {}, seed: 7, cwd: FOLDER })
      assert.ok('plan' in loaded, 'problems' in loaded ? JSON.stringify(loaded.problems) : '')
      assert.deepEqual(loaded.plan.warnings, [])
    })
  }

  it('are all measured by make targets, each of whose figures has a name that is found', () => {
    assert.deepEqual([...new Set(TARGETS.map(({ file }) => file))].filter((file) => !SHIPPED.includes(file)), [])
    for (const { file, figures = {} } of TARGETS) {
      const text = readFileSync(join(FOLDER, `${file}.yaml`), 'utf8')
      for (const part of Object.keys(figures)) assert.ok(text.includes(part), `${file}: ${part}`)
    }
  })
})
