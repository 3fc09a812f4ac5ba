/** What stands before every arming of a plane, whoever asks: the halt, and the policy. */

import { BrownoutError } from '../core/errors.ts'
import type { Rule } from '../rule.ts'
import type { Halt } from './contract.ts'
import type { Policy } from './policy.ts'

export class Gate {
  readonly policy: Policy | undefined
  #halted: Halt | undefined

  constructor(policy?: Policy) { this.policy = policy }

  get halted(): Halt | undefined { return this.#halted }

  halt(halt: Halt): void { this.#halted = halt }

  resume(): void { this.#halted = undefined }

  /** HALTED, POLICY_DENIED. */
  readonly admit = (rule: Rule): void => {
    const { by, reason } = this.#halted ?? {}
    if (this.#halted) throw new BrownoutError('HALTED', { message: `halted by ${by}${reason ? `: ${reason}` : ''}` })
    this.policy?.check(rule)
  }
}
