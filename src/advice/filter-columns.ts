/** What an index could serve of a filter, as EXPLAIN writes it: `((customer_id = $1) AND (placed_at > $2))`. */

export interface FilterColumns {
  /** Compared for equality, in the order of the filter. */
  readonly equal: readonly string[]
  /** Compared by order. */
  readonly range: readonly string[]
}

/** Columns, and expressions of one in its own brackets: `(lower(name))`. What an index cannot serve is left out; OR serves none. */
export function filterColumns(filter: string): FilterColumns {
  const [equal, range]: [string[], string[]] = [[], []]
  for (const part of conjuncts(unbracketed(filter))) {
    const found = /^(.+?) (=|<=|>=|<|>) (?:ANY \()?(\$\d+|\(?'.*|\d.*|lower\(.*|upper\(.*)\)?$/.exec(unbracketed(part))
    const column = found && columnOf(found[1] ?? '')
    if (column === undefined || column === null) continue
    const list = found?.[2] === '=' ? equal : range
    if (!list.includes(column)) list.push(column)
  }
  return { equal, range }
}

/** Of a sort key: `placed_at DESC`. */
export function sortColumn(key: string): string | undefined {
  const [, written = '', order = ''] = /^(.+?)( DESC| DESC NULLS LAST| NULLS FIRST)?$/.exec(key) ?? []
  const column = columnOf(written.replace(/^[a-z_][\w$]*\./, ''))
  return column === undefined ? undefined : `${column}${order.toLowerCase()}`
}

const NAME = '(?:[a-z_][\\w$]*|"(?:[^"]|"")+")'

function columnOf(written: string): string | undefined {
  const plain = unbracketed(written.replace(/^\((.+)\)::[\w ]+$/, '$1'))
  if (new RegExp(`^${NAME}$`).test(plain)) return plain
  const called = new RegExp(`^(lower|upper)\\(\\(?(${NAME})\\)?(?:::[\\w ]+)?\\)$`).exec(plain)
  return called ? `${called[1] ?? ''}(${called[2] ?? ''})` : undefined
}

/** What AND joins at the top; the whole where OR does. */
function conjuncts(text: string): readonly string[] {
  const parts: string[] = []
  let [depth, from] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    const one = text[at]
    if (one === '(') depth++
    else if (one === ')') depth--
    else if (depth === 0 && text.startsWith(' OR ', at)) return [text]
    else if (depth === 0 && text.startsWith(' AND ', at)) {
      parts.push(text.slice(from, at))
      from = at + 5
    }
  }
  return [...parts, text.slice(from)]
}

/** Without a pair of brackets around the whole. */
function unbracketed(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++
    else if (text[at] === ')' && --depth === 0) return at === text.length - 1 ? unbracketed(text.slice(1, -1)) : text
  }
  return text
}
