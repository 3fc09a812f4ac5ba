/** Reads a compose file, and writes what is laid over it beside it. */

import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { BrownoutError } from '../core/errors.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { columns } from '../report/columns.ts'
import { dependenciesOf } from '../wrap/compose-dependencies.ts'
import { readCompose } from '../wrap/compose-file.ts'
import { composeOverride, type ComposeResult } from '../wrap/compose-override.ts'
import type { Context } from './command.ts'

export interface Args { readonly file: string; readonly service: readonly string[]; readonly name: string; readonly force: boolean }

const OVERRIDE = 'compose.brownout.yaml'

/** FILE_UNREADABLE, FILE_EXISTS, COMPOSE_INVALID, NOTHING_TO_WRAP, NAME_TAKEN, USAGE. */
export async function runCompose({ file, service, name, force }: Args, { cwd, version, stderr }: Context): Promise<Exit> {
  if (!/^[a-z0-9][a-z0-9_-]{0,40}$/.test(name)) throw new BrownoutError('NAME_INVALID', { message: `--name: "${name}" cannot be the name of a service` })
  const path = resolve(cwd, file)
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => { throw new BrownoutError('FILE_UNREADABLE', { message: `${file} cannot be read: ${cause.code ?? cause.message}`, cause }) })
  const services = readCompose(text, file)
  const result = composeOverride(services, dependenciesOf(services, service), { name, spec: `brownout@${version}`, file: basename(file), overrideFile: OVERRIDE })
  const folder = dirname(path)
  const files = [{ name: OVERRIDE, text: result.override }, ...result.configs]
  const there = force ? undefined : files.find((one) => existsSync(join(folder, one.name)))
  if (there) throw new BrownoutError('FILE_EXISTS', { message: `${relative(cwd, join(folder, there.name))} is there already`, hint: '--force writes over it' })
  for (const one of files) {
    await writeFile(join(folder, one.name), one.text, { flag: force ? 'w' : 'wx' }).catch((cause: NodeJS.ErrnoException) => {
      throw new BrownoutError('FILE_UNREADABLE', { message: `${one.name} cannot be written: ${cause.code ?? cause.message}`, hint: 'check the folder and its permissions', cause })
    })
  }
  stderr.write(told(result, files.map((one) => relative(cwd, join(folder, one.name))), file))
  return EXIT.pass
}

function told({ gateways, warnings }: ComposeResult, files: readonly string[], file: string): string {
  const rows = gateways.flatMap((gateway) => gateway.dependencies.map(({ service, protocol, port }) => [service.name, protocol, `${service.name}:${port} is ${gateway.name} now`, `behind it behind-${service.name}:${port}`]))
  return [
    `wrote ${files.join(', ')}`, ...columns(rows).map((line) => line.trimEnd()), ...warnings.map((warning) => `warning: ${warning}`), '',
    '  export BROWNOUT_TOKEN=$(openssl rand -hex 32)', `  docker compose -f ${file} -f ${files[0] ?? OVERRIDE} up -d`, '',
  ].join('\n')
}
