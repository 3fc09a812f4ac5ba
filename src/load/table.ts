/** Tables in files: CSV, a JSON list of objects, or an object a line. */

export type Row = Readonly<Record<string, unknown>>

/** The rows, at least one. Throws a SyntaxError that says what is wrong, without quoting the file. */
export function readTable(text: string, csv: boolean): readonly Row[] {
  const whole = text.replace(/^\ufeff/, '')
  const rows = csv ? readCsv(whole) : readJson(whole)
  if (rows.length === 0) throw new SyntaxError('it has no rows')
  return rows
}

function readJson(text: string): readonly Row[] {
  const values: unknown = text.trimStart().startsWith('[') ? parsed(text, 'it') : text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [parsed(line, `line ${i + 1}`)]))
  if (!Array.isArray(values)) throw new SyntaxError('it is no list')
  return values.map((value: unknown, i): Row => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row
    throw new SyntaxError(`entry ${i + 1} is no object`)
  })
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new SyntaxError(`${what} is no JSON`)
    throw error
  }
}

/** The first record has the names. (RFC 4180) */
function readCsv(text: string): readonly Row[] {
  const [names = [], ...records] = recordsOf(text)
  if (new Set(names).size < names.length) throw new SyntaxError('two columns have one name')
  return records.map((record, i) => {
    if (record.length !== names.length) throw new SyntaxError(`record ${i + 2} has ${record.length} fields, and there are ${names.length} names`)
    return Object.fromEntries(names.map((name, column) => [name, record[column] ?? '']))
  })
}

/** Fields may stand in quotes, with commas, ends of lines and doubled quotes in them. Empty lines are none. */
function recordsOf(text: string): readonly (readonly string[])[] {
  const records: string[][] = []
  let record: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  while (field.lastIndex < text.length) {
    const found = field.exec(text)
    if (!found) throw new SyntaxError(`record ${records.length + 1} has a quote where none may be`)
    const [whole, quoted, plain = '', end = ''] = found
    record.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === ',') {
      // A last field that is empty has no text of its own.
      if (field.lastIndex === text.length) record.push('')
      else continue
    }
    if (!(record.length === 1 && record[0] === '' && quoted === undefined)) records.push(record)
    record = []
    if (whole === '') break
  }
  if (record.length > 0) records.push(record)
  return records
}
