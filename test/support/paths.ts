/** Where the project lies, whatever folder the tests were compiled to. */
import { fileURLToPath } from 'node:url'
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
