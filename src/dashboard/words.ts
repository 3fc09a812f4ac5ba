/** Figures as the page shows them: short, of the same width where that can be. */

import { bytes, formatDuration, formatSize, ms } from '../core/units.ts'

export type Unit = 'ms' | '/s' | 'share' | 'count' | 'bytes' | 'bytes/s' | 'cores' | 'ms/s'
export const NONE = '–'

export function words(unit: Unit, value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return NONE
  switch (unit) {
    case 'ms': return formatDuration(ms(value))
    case '/s': return `${countWords(value)}/s`
    case 'share': return `${Number((value * 100).toFixed(value > 0.999 ? 2 : 1))}%`
    case 'count': return countWords(value)
    case 'bytes': return formatSize(bytes(value))
    case 'bytes/s': return `${formatSize(bytes(value))}/s`
    case 'cores': return `${Number(value.toFixed(2))}`
    case 'ms/s': return `${formatDuration(ms(value))}/s`
  }
}

/** Where there is little room: two places that count, and no `/s`. */
export function tightWords(unit: Unit, value: number | null | undefined): string {
  if (value === 0) return '0'
  const short = value === null || value === undefined || unit === 'share' || unit === 'count' ? value : Number(value.toPrecision(Math.max(2, Math.ceil(Math.log10(Math.abs(value) || 1)))))
  return words(unit, short).replace(/\/s$/, '')
}

/** `7.5`, `42`, `1,204`, `1.2M`. */
export function countWords(value: number): string {
  if (Math.abs(value) >= 1e6) return `${Number((value / 1e6).toFixed(2))}M`
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 10 ? 1 : 0 })
}

/** `42s`, `3m05s`, `2h10m`: how long is left, or ago. */
export function spanWords(time: number): string {
  const seconds = Math.max(0, Math.round(time / 1000))
  if (seconds < 60) return `${seconds}s`
  const two = (value: number): string => String(value).padStart(2, '0')
  return seconds < 3600 ? `${Math.floor(seconds / 60)}m${two(seconds % 60)}s` : `${Math.floor(seconds / 3600)}h${two(Math.floor((seconds % 3600) / 60))}m`
}

const TWO = (value: number): string => String(value).padStart(2, '0')
/** By the clock of who looks: `14:03:07`. */
export function clockWords(wall: number): string {
  const date = new Date(wall)
  return `${TWO(date.getHours())}:${TWO(date.getMinutes())}:${TWO(date.getSeconds())}`
}
export function dayWords(wall: string): string {
  const date = new Date(wall)
  return Number.isNaN(date.getTime()) ? wall : `${date.getFullYear()}-${TWO(date.getMonth() + 1)}-${TWO(date.getDate())} ${TWO(date.getHours())}:${TWO(date.getMinutes())}`
}
