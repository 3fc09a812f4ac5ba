/** How charts are painted behind their lines: faults are shaded and hatched, with their names above. */

import type uPlot from 'uplot'
import type { Span } from './spans.ts'
import { color } from './theme.ts'

const patterns = new Map<string, CanvasPattern | null>()

/** Slanted lines of that colour, so that a fault is seen without colours too. */
function hatch(context: CanvasRenderingContext2D, ink: string, pixel: number): CanvasPattern | null {
  const key = `${ink} ${pixel}`
  const found = patterns.get(key)
  if (found !== undefined) return found
  const tile = document.createElement('canvas')
  const size = 7 * pixel
  tile.width = tile.height = size
  const pen = tile.getContext('2d')
  if (!pen) return null
  pen.strokeStyle = ink
  pen.lineWidth = pixel
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size)
    pen.lineTo(shift + size, 0)
  }
  pen.stroke()
  const made = context.createPattern(tile, 'repeat')
  patterns.set(key, made)
  return made
}

/** `now` is where those that are armed still end. */
export function shade(u: uPlot, spans: readonly Span[], now: number): void {
  const { ctx, bbox } = u
  const pixel = devicePixelRatio
  const at = (time: number): number => Math.min(bbox.left + bbox.width, Math.max(bbox.left, u.valToPos(time, 'x', true)))
  ctx.save()
  for (const { from, to } of spans) {
    const [left, right] = [at(from), at(to ?? now)]
    const width = Math.max(pixel, right - left)
    ctx.fillStyle = color('shade')
    ctx.fillRect(left, bbox.top, width, bbox.height)
    ctx.fillStyle = hatch(ctx, color('hatch'), pixel) ?? color('shade')
    ctx.fillRect(left, bbox.top, width, bbox.height)
    ctx.fillStyle = color('vermillion')
    ctx.fillRect(left, bbox.top, width, 2 * pixel)
    if (left > bbox.left) ctx.fillRect(left, bbox.top, pixel, bbox.height)
  }
  ctx.restore()
}

/** The names of the faults, where they begin; one that has no room is left out. */
export function name(u: uPlot, spans: readonly Span[]): void {
  const { ctx, bbox } = u
  const pixel = devicePixelRatio
  const free = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  ctx.save()
  ctx.font = `600 ${10 * pixel}px system-ui, sans-serif`
  ctx.textBaseline = 'top'
  ctx.textAlign = 'left'
  for (const { from, label } of spans) {
    const x = Math.max(bbox.left, u.valToPos(from, 'x', true)) + 4 * pixel
    const width = ctx.measureText(label).width
    const row = free.findIndex((end) => x >= end)
    if (row < 0 || x + width > bbox.left + bbox.width + 2 * pixel) continue
    const y = bbox.top + (4 + 13 * row) * pixel
    ctx.fillStyle = color('panel')
    ctx.globalAlpha = 0.82
    ctx.fillRect(x - 2 * pixel, y - pixel, width + 4 * pixel, 13 * pixel)
    ctx.globalAlpha = 1
    ctx.fillStyle = color('bad-ink')
    ctx.fillText(label, x, y)
    free[row] = x + width + 8 * pixel
  }
  ctx.restore()
}
