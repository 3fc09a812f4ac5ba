/** Signals to a process group that we have made. */

/** To all of the group that `pid` leads; nothing where none of it is left. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // Nothing of the group is left, which is what was asked for (EPERM: only what a wait has not collected yet, on macOS).
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error
  }
}
