/** Where a key lives: its slot in a cluster, and a place of its own from 0 to 1. */

const SLOTS = 16_384
const POLYNOMIAL = 0x1021

/** CRC-16 of XMODEM. (crc16.c) */
function crc16(bytes: Buffer): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? POLYNOMIAL : 0)) & 0xffff
  }
  return crc
}

/** The slot of a key; of one with a tag, `{user1}.cart`, that of the tag. (Redis Cluster specification) */
export function slotOf(key: string): number {
  const [, tag] = /^[^{]*\{([^}]+)\}/s.exec(key) ?? []
  return crc16(Buffer.from(tag ?? key)) % SLOTS
}

/** Below 1, and always the same for a key: which keys a share of them is. */
export const shareOf = (key: string): number => crc16(Buffer.from(key)) / 65_536
