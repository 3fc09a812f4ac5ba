/** Writes the pages of docs/ that are made from the source: `make docs`. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../support/paths.ts'
import { pages } from './pages.ts'

for (const [file, page] of Object.entries(pages())) {
  mkdirSync(dirname(join(ROOT, file)), { recursive: true })
  writeFileSync(join(ROOT, file), page)
}
