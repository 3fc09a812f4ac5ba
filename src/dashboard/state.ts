/** How a target is: said by a word and a sign, not by its colour alone. */

import type { Injection, TargetStatus, Tick } from '../control/contract.ts'

export type State = 'well' | 'fault' | 'failing' | 'unreachable' | 'idle'
export interface StateWords { readonly sign: string; readonly says: string }

export const STATES: Readonly<Record<State, StateWords>> = {
  well: { sign: '●', says: 'answers' }, fault: { sign: '▲', says: 'fault' }, failing: { sign: '◆', says: 'errors' }, unreachable: { sign: '✕', says: 'unreachable' }, idle: { sign: '○', says: 'quiet' },
}
/** Fewer answered well than this are trouble of their own. */
const WELL = 0.95

export function stateOf({ name }: Pick<TargetStatus, 'name'>, last: Tick | undefined, injections: readonly Injection[]): State {
  if (injections.some(({ on }) => on === name)) return 'fault'
  if (last === undefined) return 'idle'
  if (last.failedDials > 0) return 'unreachable'
  if (last.success !== null && last.success < WELL) return 'failing'
  return last.connections === 0 && !last.rate && !last.messages ? 'idle' : 'well'
}
