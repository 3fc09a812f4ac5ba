/** The catalogue of faults as data, for forms and completion. */

import { describeParam, formatParam, type Param } from '../core/params.ts'
import type { AnyFault, Registry } from '../fault.ts'
import type { FaultEntry, ParamEntry } from './contract.ts'

export const catalogueOf = (registry: Registry): readonly FaultEntry[] => [...registry.values()].map((fault: AnyFault): FaultEntry => ({
  name: fault.name, summary: fault.summary, protocols: fault.protocols, corruption: fault.corruption === true, example: fault.example,
  params: Object.entries<Param<unknown>>(fault.params).map(([name, param]): ParamEntry => ({
    name, kind: param.kind, doc: param.doc, accepts: describeParam(param), choices: param.choices,
    ...(param.initial === undefined ? {} : { initial: formatParam(param.kind, param.initial) }),
  })),
}))
