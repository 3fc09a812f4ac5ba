/** Hours of a week: `Mon-Fri 09:00-17:00`. */

const DAYS: readonly string[] = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** Minutes of a day, `to` not included; past midnight where it is not above `from`. */
export interface Hours { readonly days: ReadonlySet<string>; readonly from: number; readonly to: number; readonly text: string }

/** `Mon-Fri 09:00-17:00`, `Sat 10:00-12:00`, `09:00-17:00` for every day; undefined of anything else. */
export function readHours(text: string): Hours | undefined {
  const found = /^(?:([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))? )?(\d{2}):(\d{2})-(\d{2}):(\d{2})$/.exec(text.trim())
  if (!found) return undefined
  const [, first = 'Mon', last = found[1] === undefined ? 'Sun' : first, fromHour, fromMinute, toHour, toMinute] = found
  const [begin, end] = [first, last].map((day) => DAYS.indexOf(day))
  const [from, to] = [minutes(fromHour, fromMinute), minutes(toHour, toMinute)]
  if (begin === undefined || end === undefined || begin < 0 || end < 0 || from === undefined || to === undefined || from === to) return undefined
  const length = ((end - begin + 7) % 7) + 1
  return { days: new Set(Array.from({ length }, (_, i) => DAYS[(begin + i) % 7] ?? '')), from, to, text: text.trim() }
}

function minutes(hour = '', minute = ''): number | undefined {
  const all = Number(hour) * 60 + Number(minute)
  return Number(minute) < 60 && all <= 24 * 60 ? all : undefined
}

/** In that time zone, the machine's unless given. What goes past midnight belongs to the day on which it began. */
export function isWithin({ days, from, to }: Hours, now: Date, timezone?: string): boolean {
  const parts = new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(timezone === undefined ? {} : { timeZone: timezone }) }).formatToParts(now)
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? ''
  const [day, at] = [part('weekday'), Number(part('hour')) * 60 + Number(part('minute'))]
  if (from < to) return days.has(day) && at >= from && at < to
  const before = DAYS[(DAYS.indexOf(day) + 6) % 7] ?? ''
  return (days.has(day) && at >= from) || (days.has(before) && at < to)
}
