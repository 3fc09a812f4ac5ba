/** Numbers that carry their unit in their type, and the text people write for them. */

declare const unit: unique symbol
type Unit<Name extends string> = number & { readonly [unit]: Name }

/** Milliseconds, with a fraction where the clock gives one. */
export type Ms = Unit<'ms'>
/** A count of bytes. */
export type Bytes = Unit<'bytes'>
/** Bytes a second. */
export type ByteRate = Unit<'bytes/s'>
/** Things a second. */
export type PerSecond = Unit<'/s'>
/** A share from 0 to 1. */
export type Ratio = Unit<'ratio'>

export const ms = (value: number): Ms => value as Ms
export const bytes = (value: number): Bytes => value as Bytes
export const byteRate = (value: number): ByteRate => value as ByteRate
export const perSecond = (value: number): PerSecond => value as PerSecond
export const ratio = (value: number): Ratio => value as Ratio

const DURATION: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const SIZE: Readonly<Record<string, number>> = {
  B: 1, kB: 1000, KB: 1000, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3,
}

/** `250ms`, `10s`, `1.5s`, `1m30s`; undefined for anything else, a bare number included. */
export function parseDuration(text: string): Ms | undefined {
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h))+$/.test(text)) return undefined
  let total = 0
  for (const [, count, name] of text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)) {
    total += Number(count) * (DURATION[name ?? ''] ?? Number.NaN)
  }
  return Number.isFinite(total) ? ms(total) : undefined
}

/** `64KiB`, `1MB`, `512B`; undefined for anything else. KiB is 1024 bytes, KB is 1000. */
export function parseSize(text: string): Bytes | undefined {
  const found = /^(\d+(?:\.\d+)?)(B|kB|KB|MB|GB|KiB|MiB|GiB)$/.exec(text)
  const size = found ? Math.round(Number(found[1]) * (SIZE[found[2] ?? ''] ?? Number.NaN)) : Number.NaN
  return Number.isSafeInteger(size) ? bytes(size) : undefined
}

/** `64KiB/s`, `1MB/s`; undefined for anything else. */
export function parseByteRate(text: string): ByteRate | undefined {
  const size = text.endsWith('/s') ? parseSize(text.slice(0, -2)) : undefined
  return size === undefined ? undefined : byteRate(size)
}

/** `100/s`, `0.5/s`, `600/m`; undefined for anything else. */
export function parseRate(text: string): PerSecond | undefined {
  const found = /^(\d+(?:\.\d+)?)\/(s|m|h)$/.exec(text)
  const rate = found ? (Number(found[1]) * 1000) / (DURATION[found[2] ?? ''] ?? Number.NaN) : Number.NaN
  return Number.isFinite(rate) ? perSecond(rate) : undefined
}

/** `20%`, `99.9%`, `0.5`; undefined for anything else and outside 0 to 1. */
export function parseRatio(text: string): Ratio | undefined {
  const found = /^(\d+(?:\.\d+)?)(%?)$/.exec(text)
  // 99.9 / 100 is not 0.999: a share that is met exactly would count as missed.
  const share = found ? Number(`${found[1]}${found[2] === '%' ? 'e-2' : ''}`) : Number.NaN
  return share >= 0 && share <= 1 ? ratio(share) : undefined
}

const digits = (value: number, most: number): string => String(Number(value.toFixed(most)))

/** As people write it: `250us`, `12.3ms`, `1.25s`, `1m30s`. Three significant places at the most below a minute. */
export function formatDuration(duration: Ms): string {
  if (!Number.isFinite(duration)) return String(duration)
  const size = Math.abs(duration)
  const sign = duration < 0 ? '-' : ''
  if (size === 0) return '0ms'
  if (size < 1) return `${sign}${digits(size * 1000, 0)}us`
  if (size < 1000) return `${sign}${digits(size, size < 10 ? 2 : size < 100 ? 1 : 0)}ms`
  if (size < 60_000) return `${sign}${digits(size / 1000, size < 10_000 ? 2 : 1)}s`
  const seconds = Math.round(size / 1000)
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  return `${sign}${hours ? `${hours}h` : ''}${minutes ? `${minutes}m` : ''}${rest ? `${rest}s` : ''}`
}

export function formatSize(size: Bytes): string {
  const steps = [['GiB', 1024 ** 3], ['MiB', 1024 ** 2], ['KiB', 1024]] as const
  const step = steps.find(([, one]) => Math.abs(size) >= one)
  return step ? `${digits(size / step[1], 1)}${step[0]}` : `${digits(size, 0)}B`
}

export const formatByteRate = (rate: ByteRate): string => `${formatSize(bytes(rate))}/s`
export const formatRate = (rate: PerSecond): string => `${digits(rate, rate < 10 ? 2 : 0)}/s`
/** Up to three places, so that 99.99 % is not rounded to 100 %. */
export const formatRatio = (share: Ratio): string => `${digits(share * 100, 3)}%`

/** Makes a switch over a closed union complete at compile time. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
