import { integer, share } from '../../src/core/params.ts'
import type { Random } from '../../src/core/random.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { executes } from '../../src/protocols/postgres/execution.ts'
import { valuesOfRow } from '../../src/protocols/postgres/fields.ts'

/** A digit becomes another digit and a letter another letter: what is read stays readable, and is wrong. */
export const corruptValue = defineFault({
  name: 'postgres.corrupt_value',
  summary: 'Change one character of one value in a row.',
  tests: 'Whether anything notices that a value is not the one that was stored.',
  correct: 'Keeps a checksum with what must not be wrong, checks what it reads against what is possible, and writes nothing back that failed a check.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'to-client',
  corruption: true,
  params: {
    rows: share('Share of the rows that are hit.', '100%'),
    column: integer('Which column, from 1; 0 for any.', '0', { min: '0', max: '1664' }),
  },
  example: '{ step: falsified, at: 0s, fault: postgres.corrupt_value, on: cache, params: { rows: 10% }, for: 10s }',
  concerns: executes,
  decide: (unit, { rows, column }, { random }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || unit.message.type !== 'DataRow' || unit.message.part !== 'whole') return PASS
    const hit = random() < rows
    const places = valuesOfRow(unit.message).flatMap(({ at, end }, i) => (column === 0 || column === i + 1 ? placesIn(unit.raw, at, end) : []))
    const place = places[Math.floor(random() * places.length)]
    if (!hit || place === undefined) return PASS
    const raw = Buffer.from(unit.raw)
    raw[place] = another(raw[place] ?? 0, random)
    return inPlace(raw)
  },
})

/** Where a character can be changed for another of its kind. */
function placesIn(raw: Buffer, at: number, end: number): number[] {
  const places: number[] = []
  for (let i = at; i < end; i++) if (kindOf(raw[i] ?? 0)) places.push(i)
  return places
}

/** Digits, capitals and small letters: the first of each, and how many there are. */
const KINDS = [[48, 10], [65, 26], [97, 26]] as const
const kindOf = (byte: number): (typeof KINDS)[number] | undefined => KINDS.find(([first, count]) => byte >= first && byte < first + count)

function another(byte: number, random: Random): number {
  const [first, count] = kindOf(byte) ?? [byte, 2]
  return first + ((byte - first + 1 + Math.floor(random() * (count - 1))) % count)
}
