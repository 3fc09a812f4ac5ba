/** Flame graphs as SVG: who called whom across the processor time, coloured by what changed, and readable without colour. Pure. */

import type { ProfiledFrame, ProfileRecord } from '../record/profiles.ts'
import { html, type Markup } from './markup.ts'
import { changeWords, nameOf } from './profiles.ts'
import { plain, shareWords } from './words.ts'

const WIDTH = 1160
const ROW = 19
/** Of a letter of the labels, and the least that is worth one. */
const LETTER = 6.7
const LABEL_LEAST = 26
const WIDTH_LEAST = 0.6
/** A change by this much of a core is told by a mark and a shade; by the second much, by a stronger one. */
const [CHANGED, CHANGED_MUCH] = [0.005, 0.04]

type Side = 'baseline' | 'fault'
interface Box { readonly frame: ProfiledFrame; readonly x: number; readonly depth: number; readonly width: number }

/** Both sides of one profile are drawn to one scale: what is wider took longer. The same calls stand in the same order. */
export function flameGraph(profile: ProfileRecord, side: Side): Markup {
  const scale = WIDTH / Math.max(profile.baseline, profile.fault, 1e-9)
  const boxes = layout(profile.calls, side, scale, 0, 0)
  const depth = Math.max(0, ...boxes.map((box) => box.depth)) + 1
  const about = `${side === 'fault' ? 'Under the fault' : 'Before'}: ${shareWords(profile[side])} of a core`
  return html`<svg class="flame" viewBox="0 0 ${WIDTH} ${depth * ROW}" role="img" aria-label="${about}">${boxes.map((box) => drawn(box, side))}</svg>`
}

function layout(frames: readonly ProfiledFrame[], side: Side, scale: number, from: number, depth: number): readonly Box[] {
  let x = from
  return [...frames].sort((a, b) => compareText(`${a.name} ${a.at}`, `${b.name} ${b.at}`)).flatMap((frame): readonly Box[] => {
    const width = frame[side] * scale
    const at = x
    x += width
    return width < WIDTH_LEAST ? [] : [{ frame, x: at, depth, width }, ...layout(frame.calls, side, scale, at, depth + 1)]
  })
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function drawn({ frame, x, depth, width }: Box, side: Side): Markup {
  const change = frame.fault - frame.baseline
  const tone = side === 'baseline' || Math.abs(change) < CHANGED ? 'same' : `${change > 0 ? 'more' : 'less'}${Math.abs(change) >= CHANGED_MUCH ? ' much' : ''}`
  const mark = tone.startsWith('more') ? '▲ ' : tone.startsWith('less') ? '▼ ' : ''
  const title = `${nameOf(frame)}${frame.at ? ` (${plain(frame.at)})` : ''}: ${shareWords(frame.baseline)} before, ${shareWords(frame.fault)} under it, ${changeWords(frame)} with all it calls`
  const room = Math.floor((width - 6) / LETTER)
  const text = `${mark}${nameOf(frame)}`
  const label = width < LABEL_LEAST ? '' : text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`
  return html`<g class="${tone}"><title>${title}</title><rect x="${places(x)}" y="${depth * ROW}" width="${places(Math.max(WIDTH_LEAST, width - 0.5))}" height="${ROW - 1}" rx="1.5"/>${label === '' ? [] : [html`<text x="${places(x + 4)}" y="${depth * ROW + 13}">${label}</text>`]}</g>`
}

const places = (value: number): string => String(Number(value.toFixed(1)))
