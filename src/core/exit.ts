/** Exit codes: the contract with shells and CI. */
export const EXIT = {
  pass: 0, fail: 1, inconclusive: 2, aborted: 3, baselineRefused: 4, healUnverified: 5, systemError: 6,
  usage: 64, internal: 70, interrupted: 130, terminated: 143,
} as const
export type Exit = (typeof EXIT)[keyof typeof EXIT]

const WORST_FIRST: readonly Exit[] = [5, 70, 143, 130, 6, 3, 1, 4, 2, 64, 0]

/** The one that a command with several results exits with. */
export const worstExit = (exits: readonly Exit[]): Exit => WORST_FIRST.find((exit) => exits.includes(exit)) ?? EXIT.pass

/** Of `wrap`, which otherwise exits as the command does: as env, nohup and timeout have it. */
export const WRAP_EXIT = { failed: 125, unusable: 126, missing: 127 } as const
