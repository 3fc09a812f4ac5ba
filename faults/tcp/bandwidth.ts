import { choice, size, throughput } from '../../src/core/params.ts'
import { ms, type ByteRate, type Bytes, type Ms } from '../../src/core/units.ts'
import { defineFault, PASS, STALL, type Part } from '../../src/fault.ts'
import { perDirection } from '../../src/protocols/codec.ts'

/** When the bytes let through so far will have drained; before now by the credit that is left. Void once the rule was changed: what it held has gone. */
interface Bucket { drainedAt: number; armedAt: Ms }
const newBuckets = () => perDirection((): Bucket => ({ drainedAt: Number.NEGATIVE_INFINITY, armedAt: ms(0) }))

/** A chunk is cut into pieces of this much time, and of at least this many bytes: the flow is smooth and the pieces stay few. */
const PIECE_MS = 20
const PIECE_BYTES_MIN = 64

/** A token bucket for each direction: a piece leaves when it would have come through at that rate. */
export const bandwidth = defineFault({
  name: 'bandwidth',
  summary: 'Limit throughput, for each connection or for the target as a whole.',
  tests: 'Whether large answers, bulk loads and fan-out survive a thin link, and small calls behind them too.',
  correct: 'Bounds the size of what it asks for, keeps bulk traffic off the connections that people wait for, and sets deadlines by size.',
  on: ['bytes'],
  protocols: [],
  direction: 'to-client',
  params: {
    rate: throughput('Bytes a second, each way; 0B/s holds everything.'),
    per: choice('What the rate is for: each connection, or all connections of the target together.', ['connection', 'target'], 'connection'),
    burst: size('Bytes that go through at once after a quiet time.', '0B', { max: '1GiB' }),
  },
  example: '{ step: thin, at: 0s, fault: bandwidth, on: cache, params: { rate: 64KiB/s }, for: 10s }',
  open: newBuckets,
  limits: ({ per }) => per === 'target',
  begin: newBuckets,
  decide: (unit, { rate, per, burst }, { direction, now, armedAt }, own, shared) => {
    if (unit.kind !== 'bytes') return PASS
    if (rate === 0) return STALL
    const bucket = (per === 'target' ? shared : own)[direction]
    if (bucket.armedAt !== armedAt) Object.assign(bucket, { drainedAt: Number.NEGATIVE_INFINITY, armedAt })
    const parts = pace(unit.raw, rate, burst, now(), bucket)
    return parts.length === 1 && parts[0]?.gap === 0 ? PASS : { kind: 'replace', parts }
  },
})

function pace(raw: Buffer, rate: ByteRate, burst: Bytes, now: Ms, bucket: Bucket): Part[] {
  const took = (length: number): number => (length * 1000) / rate
  const piece = Math.max(PIECE_BYTES_MIN, Math.floor((rate * PIECE_MS) / 1000))
  const parts: Part[] = []
  let due: number = now
  for (let at = 0; at < raw.length;) {
    const from = Math.max(bucket.drainedAt, now - took(burst))
    const credit = Math.floor(((now - from) * rate) / 1000)
    const end = Math.min(raw.length, at + Math.max(piece, credit))
    bucket.drainedAt = from + took(end - at)
    const next = Math.max(due, bucket.drainedAt)
    parts.push({ raw: raw.subarray(at, end), gap: ms(next - due) })
    at = end
    due = next
  }
  return parts
}
