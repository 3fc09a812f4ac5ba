import { share, size } from '../../src/core/params.ts'
import { ms, type Ratio } from '../../src/core/units.ts'
import type { Random } from '../../src/core/random.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { perDirection } from '../../src/protocols/codec.ts'

/** `seen` counts bytes of the direction; the byte at `next` is the next to suffer. */
interface Damage { seen: number; next: number | undefined }

/** Flips one bit in each byte that is hit. What TCP's checksum and TLS let nobody see, bad memory and bad middleboxes do. */
export const corrupt = defineFault({
  name: 'corrupt',
  summary: 'Flip bits in the stream.',
  tests: 'Whether damaged data is noticed, or believed and stored.',
  correct: 'Checks what it reads (TLS, checksums, strict parsing), closes a connection that makes no sense, and never stores what failed a check.',
  corruption: true,
  on: ['bytes'],
  protocols: [],
  direction: 'to-client',
  params: {
    rate: share('Share of bytes in which one bit is flipped.'),
    offset: size('Bytes of each direction that are spared at first: a handshake, say.', '0B'),
  },
  example: '{ step: bad_memory, at: 0s, fault: corrupt, on: cache, params: { rate: 10% }, for: 5s }',
  begin: () => perDirection((): Damage => ({ seen: 0, next: undefined })),
  decide: (unit, { rate, offset }, { direction, random }, state) => {
    if (unit.kind !== 'bytes') return PASS
    const damage = state[direction]
    const end = damage.seen + unit.raw.length
    let raw: Buffer | undefined
    let next = damage.next ?? offset + untilHit(rate, random)
    for (; next < end; next += 1 + untilHit(rate, random)) {
      raw ??= Buffer.from(unit.raw)
      const at = next - damage.seen
      raw[at] = (raw[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    }
    damage.seen = end
    damage.next = next
    return raw ? { kind: 'replace', parts: [{ raw, gap: ms(0) }] } : PASS
  },
})

/** Bytes that stay whole before the next that does not: one draw a hit, not one a byte. */
const untilHit = (rate: Ratio, random: Random): number =>
  rate === 0 ? Number.POSITIVE_INFINITY : Math.floor(Math.log(1 - random()) / Math.log(1 - rate))
