/** How commands that speak to a running brownout are told which. */

import type { Argv } from 'yargs'

export interface DoorArgs { readonly url: string | undefined; readonly pid: number | undefined }

export const withDoor = <A>(yargs: Argv<A>): Argv<A & DoorArgs> => yargs
  .option('url', { type: 'string', describe: 'of its admin API, where it runs elsewhere or as somebody else; BROWNOUT_URL, and its token in BROWNOUT_TOKEN' })
  .option('pid', { type: 'number', describe: 'its process, where several run here' })
