/** Lines that must not be wider than the terminal. */

/** Cut to `width` columns; colours take none of them. */
export function fitted(line: string, width: number): string {
  let columns = 0
  // biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours
  return line.replace(/(\u001b\[[0-9;]*m)|[\s\S]/gu, (one, color: string | undefined) => (color !== undefined || columns++ < width ? one : ''))
}
