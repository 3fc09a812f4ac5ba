/** Server-sent events out of the text of a stream. (WHATWG HTML, 9.2.6) */

export interface ServerEvent { readonly name: string; readonly data: string }

/** An event that has no end after so many characters is none of ours. */
export const EVENT_CHARS_MAX = 8 * 1024 ** 2

/** Fed with the stream as it comes, cut anywhere: the events that are whole by then. Throws where one has no end. */
export class EventReader {
  #rest = ''
  #name = ''
  #data: string[] = []
  #held = 0

  feed(text: string): readonly ServerEvent[] {
    const whole = (this.#rest + text).split('\n')
    this.#rest = whole.pop() ?? ''
    const events: ServerEvent[] = []
    for (const line of whole) this.#line(line.endsWith('\r') ? line.slice(0, -1) : line, events)
    if (this.#rest.length + this.#held > EVENT_CHARS_MAX) throw new Error('an event without end')
    return events
  }

  #line(line: string, events: ServerEvent[]): void {
    if (line === '') {
      if (this.#data.length > 0) events.push({ name: this.#name || 'message', data: this.#data.join('\n') })
      this.#name = ''
      this.#data = []
      this.#held = 0
      return
    }
    const colon = line.indexOf(':')
    const [field, value] = colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)]
    if (field === 'event') this.#name = value
    if (field === 'data') { this.#data.push(value); this.#held += value.length }
  }
}
