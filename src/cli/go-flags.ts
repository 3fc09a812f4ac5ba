/** Flags as Go programs take them: one dash is as good as two. */

const FLAGS: ReadonlySet<string> = new Set(['host', 'port', 'config', 'seed', 'proxy-metrics', 'runtime-metrics', 'version', 'help'])

/** `-port 8474` and `-port=8474` become `--port 8474` and `--port=8474`. */
export const goSpelled = (argv: readonly string[]): readonly string[] => argv.map((word) => {
  const name = /^-([a-z][a-z-]+)(=.*)?$/.exec(word)?.[1]
  return name !== undefined && FLAGS.has(name) ? `-${word}` : word
})
