/** Tables of a terminal. */

import Table from 'cli-table3'

/** Cells beside one another without lines; rows of equal length. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return []
  const none = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' }
  const table = new Table({ chars: none, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } })
  for (const row of rows) table.push([...row])
  return table.toString().split('\n').map((line) => `  ${line}`)
}
