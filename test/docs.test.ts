import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { faults } from '../faults/index.ts'
import { ERRORS } from '../src/core/errors.ts'
import type { AnyFault } from '../src/fault.ts'
import { pages } from './bench/pages.ts'
import { ROOT } from './support/paths.ts'

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith(join('core', 'errors.ts')))
  .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8')).join('\n')

describe('docs made from the source', () => {
  for (const [file, page] of Object.entries(pages())) {
    it(`${file} is in step: \`make docs\` writes it`, () => {
      assert.equal(readFileSync(join(ROOT, file), 'utf8'), page)
    })
  }

  it('has a section for each fault, with each of its parameters, its example and what a correct application does', () => {
    const page = pages()['docs/faults.md'] ?? ''
    for (const fault of faults as readonly AnyFault[]) {
      const section = page.split(/^## /m).find((part) => part.startsWith(`${fault.name}\n`))
      assert.ok(section, fault.name)
      for (const told of [fault.summary, fault.tests, fault.correct, fault.example, ...Object.keys(fault.params)]) assert.ok(section.includes(told), `${fault.name}: ${told}`)
    }
  })
})

describe('the table of errors', () => {
  for (const [code, { means, hint }] of Object.entries(ERRORS)) {
    it(`${code} is used, has a meaning and a hint`, () => {
      assert.ok(sources.includes(`'${code}'`), 'no source throws it')
      assert.match(means, /^[A-Za-z`].*\.$/)
      assert.ok(hint.length > 10)
    })
  }

  it('holds every code that the source throws', () => {
    const thrown = [...sources.matchAll(/new BrownoutError\(\s*'([A-Z_]+)'/g)].map(([, code]) => code ?? '')
    assert.ok(thrown.length > 5)
    assert.deepEqual([...new Set(thrown)].filter((code) => !Object.hasOwn(ERRORS, code)), [])
  })
})
