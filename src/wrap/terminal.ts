/** Who it is that the terminal sends its signals to. */

import { readFileSync } from 'node:fs'

/** Whether this process is of the group that the terminal's keys signal. `otherwise`: where the system does not tell. (proc(5): of /proc/self/stat pgrp is field 5, tpgid 8) */
export function inForeground(otherwise: boolean): boolean {
  try {
    const text = readFileSync('/proc/self/stat', 'latin1')
    // The command in field 2 may hold blanks and parentheses.
    const [, , group, , , foreground] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return group === foreground
  } catch (error) {
    if (error instanceof Error) return otherwise
    throw error
  }
}
