/** One stream, cut in every way: a decoder must not be able to tell. */

import assert from 'node:assert/strict'
import type { Decoder, Framed } from '../../src/protocols/codec.ts'

/** How the messages of a codec are compared. */
export interface Codec<M extends Framed> {
  make(): Decoder<M>
  /** What a message is, but for its bytes and its part. */
  label(message: M): string
  /** What comes after a decoder gave up: it is cut as the stream was. */
  isOpaque(message: M): boolean
}

/** A message as it would be had it come whole. */
export interface Joined { readonly label: string; readonly raw: string; readonly complete: boolean }

/** Feeds `chunks` and the end; checks that nothing is lost, and joins the parts of large messages. */
export function decode<M extends Framed>(codec: Codec<M>, chunks: readonly Buffer[]): Joined[] {
  const decoder = codec.make()
  const joined: { label: string; raws: Buffer[]; opaque: boolean; complete: boolean }[] = []
  let given = 0
  const take = (message: M): void => {
    given += message.raw.length
    const label = codec.label(message)
    const opaque = codec.isOpaque(message)
    const latest = joined.at(-1)
    const continues = message.part === 'middle' || message.part === 'last' || (opaque && latest?.opaque === true)
    if (!continues) {
      joined.push({ label, raws: [message.raw], opaque, complete: message.part === 'whole' })
      return
    }
    assert.ok(latest && latest.label === label, `${message.part} of ${label} after ${latest?.label}`)
    if (!opaque) assert.equal(latest.complete, false, `${message.part} of ${label} after its end`)
    latest.raws.push(message.raw)
    latest.complete = opaque || message.part === 'last'
  }
  let fed = 0
  for (const chunk of chunks) {
    for (const message of decoder.feed(chunk)) take(message)
    fed += chunk.length
    assert.equal(given + decoder.rest.length, fed, 'raws and rest are what was fed')
  }
  for (const message of decoder.end()) take(message)
  assert.equal(decoder.rest.length, 0, 'the end leaves no rest')
  assert.deepEqual(Buffer.concat(joined.flatMap(({ raws }) => raws)), Buffer.concat(chunks), 'the raws, joined, are the input')
  return joined.map(({ label, raws, complete }) => ({ label, raw: Buffer.concat(raws).toString('latin1'), complete }))
}

/** The messages of `input`, after checking that every single cut, and a byte at a time, gives the same. `cuts`: where, for an input too long to be cut everywhere. */
export function decodeEveryCut<M extends Framed>(codec: Codec<M>, input: Buffer, cuts: Iterable<number> = input.keys()): Joined[] {
  const whole = decode(codec, [input])
  for (const cut of cuts) assert.deepEqual(decode(codec, [input.subarray(0, cut), input.subarray(cut)]), whole, `cut at ${cut}`)
  if (input.length <= 4096) assert.deepEqual(decode(codec, Array.from(input, (byte) => Buffer.from([byte]))), whole, 'a byte at a time')
  return whole
}

/** `input` cut into pieces of these lengths, over and over. */
export function inPieces(input: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, n = 0; at < input.length; n++) {
    const length = Math.max(1, lengths[n % lengths.length] ?? 1)
    pieces.push(input.subarray(at, at + length))
    at += length
  }
  return pieces
}
