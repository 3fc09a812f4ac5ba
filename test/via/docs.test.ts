import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registry } from '../../faults/index.ts'
import { TOXIC_TYPES } from '../../src/admin/toxics.ts'
import { readServeConfig } from '../../src/cli/serve-config.ts'
import { loadExperiment } from '../../src/experiment/load.ts'
import { withDefaults } from '../../src/rule.ts'
import { mapRule } from '../../src/via/mapping.ts'
import { ms } from '../../src/core/units.ts'
import { ROOT } from '../support/paths.ts'

const page = readFileSync(join(ROOT, 'docs/toxiproxy.md'), 'utf8')
const examples = [...page.matchAll(/^```(json|yaml)\n(.*?)^```/gms)].map(([, kind = '', text = '']) => ({ kind, text }))
const section = (title: string): string => page.split(/^#{2,3} /m).find((part) => part.startsWith(title)) ?? ''

describe('docs/toxiproxy.md', () => {
  let folder = ''
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'brownout-docs-')) })
  after(() => rm(folder, { recursive: true, force: true }))

  for (const [index, { kind, text }] of examples.entries()) {
    it(`example ${index + 1} (${kind}) is taken: ${text.split('\n')[0]}`, async () => {
      await writeFile(join(folder, 'x'), text.includes('method:') ? `name: x\n${text}` : text)
      const options = { registry, env: {}, cwd: folder }
      const problems = text.includes('method:') ? await loadExperiment('x', { ...options, vars: {} }) : await readServeConfig('x', options)
      assert.ok(!('problems' in problems), JSON.stringify(problems))
    })
  }

  it('lists every toxic with its attributes', () => {
    assert.equal(examples.length, 3)
    for (const [type, { attributes }] of TOXIC_TYPES) {
      const row = section('Toxics').split('\n').find((line) => line.startsWith(`| \`${type}\``)) ?? ''
      for (const { name } of attributes) assert.ok(row.includes(`\`${name}\``), `${type}: ${name}`)
    }
  })

  it('lists the faults that a Toxiproxy can do, and no other', () => {
    const table = section('What it can do').split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|')[1] ?? '').join()
    const told = new Set([...table.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name))
    const able = [...registry.values()].filter((fault) => !('reason' in mapRule({ id: 'r', fault: fault.name, on: 'x', for: ms(1), params: withDefaults(fault, {}) }, fault)))
    // Without its parameter a bandwidth has no whole rate.
    assert.deepEqual([...told].sort(), [...new Set([...able.map(({ name }) => name), 'bandwidth', 'latency'])].sort())
  })
})
