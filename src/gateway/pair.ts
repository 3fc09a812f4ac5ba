/** A connection within the process: two sockets, each the other's peer, as over TCP but without the kernel. */

import { Socket } from 'node:net'
import type { Bytes } from '../core/units.ts'

type Done = (error?: Error | null) => void

/** What one end says, on its way to the other. */
interface Lane {
  to: Socket | undefined
  /** Of what `to` has not read yet. */
  untaken: Done | undefined
  ended: boolean
}

/**
 * Bytes, FIN, RST and backpressure go both ways, in order, and arrive after the call that sends them has returned. Whoever is
 * destroyed before it has ended resets the other (ECONNRESET); a write to one that is gone fails (EPIPE). Each end keeps up to
 * `unread` that was not read before it lets the other wait.
 */
export function socketPair(unread: Bytes): readonly [Socket, Socket] {
  const [there, back] = [emptyLane(), emptyLane()]
  const ends = [endOf(there, back, unread), endOf(back, there, unread)] as const
  there.to = ends[1]
  back.to = ends[0]
  return ends
}

const emptyLane = (): Lane => ({ to: undefined, untaken: undefined, ended: false })

/** Node's own socket, but for what it would ask of a handle. */
function endOf(says: Lane, hears: Lane, highWaterMark: Bytes): Socket {
  const put = (chunk: Buffer, done: Done): void => process.nextTick(() => {
    const { to } = says
    if (chunk.length === 0) return done()
    if (!to || to.destroyed) return done(broken('write', 'EPIPE'))
    if (to.push(chunk)) done()
    else says.untaken = done
  })
  const socket = new Socket({
    allowHalfOpen: true,
    highWaterMark,
    read() {
      const done = hears.untaken
      hears.untaken = undefined
      done?.()
    },
    write: (chunk: Buffer | string, encoding: BufferEncoding, done: Done) => put(bytesOf({ chunk, encoding }), done),
    writev: (chunks: readonly Written[], done: Done) => put(Buffer.concat(chunks.map(bytesOf)), done),
    final(done: Done) {
      says.ended = true
      process.nextTick(() => {
        if (says.to?.destroyed === false) says.to.push(null)
        done()
      })
    },
    destroy(error: Error | null, done: Done) {
      const { ended } = says
      Socket.prototype._destroy.call(socket, error, done)
      process.nextTick(() => {
        if (!ended) says.to?.destroy(broken('read', 'ECONNRESET'))
        hears.untaken?.(broken('write', 'EPIPE'))
      })
    },
  } as object)
  socket.resetAndDestroy = () => socket.destroy()
  return socket
}

interface Written { readonly chunk: Buffer | string; readonly encoding: BufferEncoding }
const bytesOf = ({ chunk, encoding }: Written): Buffer => (typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk)

const broken = (syscall: 'read' | 'write', code: 'ECONNRESET' | 'EPIPE'): Error => Object.assign(new Error(`${syscall} ${code}`), { code, syscall })
