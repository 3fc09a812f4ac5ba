/** What a command will find in its environment, and what it will read from `.env` besides: the environment wins. Pure. */

export interface Variables {
  readonly values: ReadonlyMap<string, string>
  /** Stands in the file alone. */
  inFile(name: string): boolean
}

/** `file` as it was parsed; `${NAME}` and `${NAME:-otherwise}` in its values are put in, as those who read such files do. Empty values of the environment win too. */
export function variablesOf(env: NodeJS.ProcessEnv, file: Readonly<Record<string, string>>): Variables {
  const given = (name: string): string | undefined => env[name] ?? file[name]
  const expanded = (text: string): string => text.replace(/\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g, (_whole, name: string, otherwise: string | undefined) => given(name) || (otherwise ?? ''))
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(file)) values.set(name, expanded(value))
  for (const [name, value] of Object.entries(env)) if (value !== undefined) values.set(name, value)
  return { values, inFile: (name) => env[name] === undefined && Object.hasOwn(file, name) }
}
