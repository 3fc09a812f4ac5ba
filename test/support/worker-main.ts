/** A worker for tests: the shipped faults, and the odd ones of tests. */

import { faults } from '../../faults/index.ts'
import type { AnyFault } from '../../src/fault.ts'
import { work } from '../../src/proxy/cluster/worker.ts'
import { delays, engineFaults, holds } from '../proxy/odd-faults.ts'

const all: readonly AnyFault[] = [...faults as readonly AnyFault[], ...engineFaults, ...delays, ...holds]
work({ registry: new Map(all.map((fault) => [fault.name, fault])) }, process)
