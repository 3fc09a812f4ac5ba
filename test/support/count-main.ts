/** Counts in a slot of numbers in common: `FOLDER SLOT TIMES`. */

import { Ledger } from '../../src/proxy/cluster/ledger.ts'

const [folder, slot, times] = process.argv.slice(2)
const own = new Ledger(folder).slot(Number(slot))
for (let n = 0; n < Number(times); n++) own.alone((numbers) => { numbers[0] = (numbers[0] ?? 0) + 1 })
process.disconnect()
