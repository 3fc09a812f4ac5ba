/** What Node's sockets do that a proxy must not: each trap behind one function, each tested on the wire. */

import type { Socket } from 'node:net'

/** How many turns of the loop a socket that cannot be written to is still read. */
const DRAIN_TURNS_MAX = 64

/**
 * A write to a peer that has closed fails, and Node then throws away what that peer had said before: its last words, already
 * received. From here on such a socket is read to the end of what the kernel holds before it is destroyed; `onData` gets it.
 */
export function keepLastWords(socket: Socket, onData: (chunk: Buffer) => void): void {
  const destroy = socket.destroy
  let draining = false
  socket.destroy = function lastWords(error?: Error): Socket {
    if (draining || (error as NodeJS.ErrnoException | undefined)?.syscall !== 'write') return destroy.call(socket, error)
    draining = true
    for (let chunk = socket.read(); chunk; chunk = socket.read()) onData(chunk)
    socket.push = (chunk: Buffer | null) => { if (chunk) onData(chunk); return true }
    socket.resume()
    let seen = -1
    let turns = 0
    const turn = (): void => {
      if (socket.bytesRead === seen || ++turns > DRAIN_TURNS_MAX) return void destroy.call(socket, error)
      seen = socket.bytesRead
      setImmediate(turn)
    }
    setImmediate(turn)
    return socket
  }
}

const NOTHING = Buffer.alloc(0)

/** Sends a RST once what was written before has left. In Node a reset with a write pending goes out as a FIN. */
export function resetAfterWrites(socket: Socket): void {
  if (!socket.writable || socket.writableLength === 0 || socket.connecting) return destroyHard(socket)
  socket.write(NOTHING, () => setImmediate(() => destroyHard(socket)))
}

/** A RST where the connection is one that can still send it; a plain close otherwise (a unix socket knows no RST). */
function destroyHard(socket: Socket): void {
  if (socket.destroyed) return
  // Node would wait for the connection before it resets one that is still being made, and it loses the descriptor of one whose
  // FIN is on its way: libuv refuses to reset that, and nobody closes it.
  if (socket.connecting || (socket.writableEnded && !socket.writableFinished)) return void socket.destroy()
  try {
    socket.resetAndDestroy()
  } catch (cause) {
    socket.destroy(cause instanceof Error ? cause : undefined)
  }
}

/**
 * Runs `action` at the peer's FIN. Where data and a RST come together Node reports an end too; writing nothing tells them apart,
 * for it fails on a connection that was reset, and the socket's `error` says so instead.
 */
export function onFin(socket: Socket, action: () => void): void {
  socket.on('end', () => {
    if (!socket.writable || socket.writableLength > 0) return action()
    socket.write(NOTHING, (error) => { if (!error) action() })
  })
}

/** Whether a socket's error says that its peer has reset the connection. */
export const isReset = (error: NodeJS.ErrnoException): boolean => error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'ECONNABORTED'
