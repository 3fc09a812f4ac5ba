/** What `make availability` has measured, as a table and as one picture. */

import type { Row } from './availability-run.ts'

export interface Pair {
  readonly fault: string
  /** The fault with its parameters. */
  readonly words: string
  readonly one: Row | undefined
  readonly naught: Row | undefined
}

/** What is asked of it. */
const TARGET = 0.9999

const share = ({ answered, operations }: Row): number => (operations === 0 ? 0 : answered / operations)

/** Never rounded up: 100 % means all. */
function percent(row: Row | undefined): string {
  if (row === undefined) return '-'
  if (row.answered === row.operations) return '100 %'
  const digits = share(row) > 0.99 ? 3 : 1
  return `${(Math.floor(share(row) * 100 * 10 ** digits) / 10 ** digits).toFixed(digits)} %`
}

/** What did not hold, for RESILIENT=1. */
export const broken = (pairs: readonly Pair[]): readonly Pair[] => pairs.filter(({ one }) => one !== undefined && share(one) < TARGET)

export const tableOf = (pairs: readonly Pair[]): string => [
  '| step | fault | operations | `RESILIENT=1` | not answered | `RESILIENT=0` |', '| --- | --- | --: | --: | --: | --: |',
  ...pairs.map(({ fault, words, one, naught }) => `| ${fault} | ${words} | ${(one ?? naught)?.operations ?? 0} | ${percent(one)} | ${one ? one.operations - one.answered : '-'} | ${percent(naught)} |`), '',
].join('\n')

/** The document: what was measured, what does not hold, and how it is measured. */
export function documentOf(pairs: readonly Pair[]): string {
  const below = broken(pairs)
  const least = Math.min(...pairs.flatMap(({ one }) => (one ? [one.operations] : [])))
  return `# Availability under faults

The [sample shop](demo.md) under one fault after another at 1,000 operations a second: 91 % product pages of 200 products by Zipf, 4 % lists, 5 % sales, each answered within a second or not at all.
200, 201, 202 and 203 count: ${'`203`'} is an older copy, ${'`202`'} a sale that is accepted and written later, or still to be charged. A 503 does not count.
With ${'`RESILIENT=1`'} faults follow one another in one run of one shop, with three seconds between them; at least ${least} operations were under each, from its arming until a second after its end. With ${'`RESILIENT=0`'} each has a run of its own, for such a shop does not always live to see the next.

![Share answered in time under each fault](availability.svg)

${below.length === 0 ? 'With `RESILIENT=1` each holds 99.99 %.' : `With ${'`RESILIENT=1`'} these do not hold 99.99 %: ${below.map(({ fault }) => fault).join(', ')}.`}

${tableOf(pairs)}
${'`make availability`'} measures it anew and writes this page; ${'`ONLY=redis FOR=10 make availability`'} measures some, ${'`FILES=availability-more`'} the other faults of the catalogue. The experiments are ${'`experiments/targets/availability.yaml` and `availability-more.yaml`'}.
`
}

const GROUPS: readonly (readonly [title: string, steps: RegExp])[] = [
  ['cache (Redis)', /^(cache|redis)-/], ['database (Postgres)', /^(db|postgres)-/], ['payment service (HTTP)', /^(payment|http)-/], ['order updates (WebSocket)', /^(live|websocket)-/],
]
const TICKS = [0, 0.9, 0.99, 0.999, TARGET, 1]
/** Of a column: its width, the part of it that has names, the distance of its rows. */
const [WIDTH, NAMES, ROW, HEAD, GAP] = [440, 158, 17, 52, 22]
/** Grey, blue and orange that are read on white and on black. */
const [GREY, BLUE, ORANGE] = ['#7d8590', '#2f81f7', '#db6d28']

/** Each nine as far from the last: 0 at the left, 90 %, 99 %, 99.9 %, 99.99 %, and all at the right. */
const placeOf = (value: number): number => NAMES + 10 + (WIDTH - NAMES - 40) * Math.min(5, value >= 1 ? 5 : -Math.log10(1 - value)) / 5

/** An SVG without a background, 900 wide at the most. */
export function pictureOf(pairs: readonly Pair[]): string {
  const groups = GROUPS.map(([title, steps]) => ({ title, rows: pairs.filter(({ fault }) => steps.test(fault)) })).filter(({ rows }) => rows.length > 0)
  const heights = [0, 0]
  const panels = groups.map(({ title, rows }) => {
    const column = (heights[0] ?? 0) <= (heights[1] ?? 0) ? 0 : 1
    const top = 40 + (heights[column] ?? 0)
    heights[column] = (heights[column] ?? 0) + HEAD + rows.length * ROW + GAP
    return `<g transform="translate(${column * (WIDTH + 20)} ${top})">${panel(title, rows)}</g>`
  })
  const [width, height] = [(heights[1] ?? 0) > 0 ? 2 * WIDTH + 20 : WIDTH, 40 + Math.max(...heights)]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Share of the operations answered in time under each fault, with RESILIENT=1 and RESILIENT=0" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="11.5" fill="${GREY}">
<title>Answered in time under each fault</title>
${dot(14, 14)}<text x="26" y="18" font-weight="600">RESILIENT=1</text>${square(124, 14)}<text x="136" y="18" font-weight="600">RESILIENT=0</text><text x="234" y="18">share of the operations that were answered in time; the green line is 99.99 %</text>
${panels.join('\n')}
</svg>
`
}

function panel(title: string, rows: readonly Pair[]): string {
  const bottom = HEAD + rows.length * ROW
  const ticks = TICKS.map((value) => {
    const [x, target] = [placeOf(value), value === TARGET]
    return `<line x1="${x}" x2="${x}" y1="${HEAD - 8}" y2="${bottom - 4}" stroke="${target ? '#3fb950' : GREY}" stroke-width="${target ? 1.5 : 1}" stroke-opacity="${target ? 1 : 0.3}"/><text x="${x}" y="${HEAD - 14}" text-anchor="middle" font-size="10">${value === 1 ? 'all' : `${Number((value * 100).toFixed(2))} %`}</text>`
  })
  return `<text x="4" y="16" font-weight="600" font-size="13">${title}</text>${ticks.join('')}${rows.map((pair, at) => row(pair, HEAD + at * ROW + 5)).join('')}`
}

function row({ fault, one, naught }: Pair, y: number): string {
  const [high, low] = [one && placeOf(share(one)), naught && placeOf(share(naught))]
  const line = high === undefined || low === undefined ? '' : `<line x1="${low}" x2="${high}" y1="${y}" y2="${y}" stroke="${GREY}" stroke-width="2" stroke-opacity="0.35"/>`
  return `<text x="${NAMES - 6}" y="${y + 4}" text-anchor="end">${fault.replace(/^(cache|db|live|payment)-/, '').replace('-', '.')}</text>${line}${low === undefined ? '' : square(low, y)}${high === undefined ? '' : dot(high, y)}`
}

const dot = (x: number, y: number): string => `<circle cx="${x}" cy="${y}" r="5" fill="${BLUE}"/>`
const square = (x: number, y: number): string => `<rect x="${x - 4}" y="${y - 4}" width="8" height="8" fill="${ORANGE}"/>`
