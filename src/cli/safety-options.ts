/** How commands are told what of faults is allowed. */

import type { Argv } from 'yargs'

export const POLICY_FILE = 'brownout.policy.yaml'
/** Options of commands that inject faults where somebody may have said what is allowed. */
export interface SafetyArgs { readonly policy: string | undefined; readonly 'allow-upstream': readonly string[] }
export const withSafety = <A>(yargs: Argv<A>): Argv<A & SafetyArgs> => yargs
  .option('policy', { type: 'string', describe: `what faults are allowed at all; BROWNOUT_POLICY, or ${POLICY_FILE} from here upwards` })
  .option('allow-upstream', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'HOST or HOST:PORT that faults may go to though it is another machine, with * for any text; BROWNOUT_ALLOW_UPSTREAM (with commas), or allow_upstreams of the policy' })
