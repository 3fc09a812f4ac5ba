/** The composition root of the library: hands it the faults. Its types are in types/brownout.d.ts. */

import { readFileSync } from 'node:fs'
import { registry } from '../faults/index.ts'
import { library } from '../src/library/library.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }

export { BrownoutError } from '../src/core/errors.ts'
export const brownout = library({ registry, version })
