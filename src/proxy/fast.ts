/**
 * The shortest way of a byte through Node, and the only file that knows Node's insides. With them all sockets read into one
 * buffer, and a write goes to the kernel past the stream, which hears of it only where the kernel does not take all of it at
 * once. Without them (another Node, TLS, or BROWNOUT_SOCKETS=plain) it is `data` events and `write`, with the same contract.
 *
 *   kernel ─> what all read into ─> onData ─> copied to where it may stay ─> kernel ─┬─ took it all: done
 *                                                                                    └─ waits: the stream's, as if it had written it
 */

import { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'
import type { Sink, Source } from './interpreter.ts'

/** As much as Node by itself reads at once. */
const READ_MAX = 65_536
/** A write up to this size that waits does not take more memory than this along. */
const SMALL_MAX = 4096

type Done = (error?: Error | null) => void
/** One write. Node's own class: under way it keeps itself alive, and what hangs on it. */
interface Request { oncomplete: (this: Request, status: number) => void; socket?: Socket; bytes?: Buffer; done?: Done }
interface Handle { useUserBuffer(memory: Buffer): void; writeBuffer(request: Request, bytes: Buffer): number }
/** A socket as it is inside. */
interface Inner { readonly _handle: Handle | null; readonly _writableState: { readonly pendingcb: number; readonly corked: number }; [property: symbol]: unknown }
const inner = (socket: Socket): Inner => socket as unknown as Inner

interface Insides {
  /** Properties of a socket: what it reads into, and who is told how much that was. */
  readonly into: symbol
  readonly told: symbol
  readonly newRequest: () => Request
  readonly state: ArrayLike<number>
  /** Where in `state` it says whether the last write is still under way. */
  readonly wasAsync: number
}

/** Memory, with views of its beginning; those asked for last need not be made again. */
class Memory {
  readonly #size: number
  #whole: Buffer
  #views: (Buffer | undefined)[] = []

  constructor(size: number) {
    this.#size = size
    this.#whole = Buffer.allocUnsafeSlow(size)
  }

  get whole(): Buffer { return this.#whole }

  first(length: number): Buffer {
    const cell = length & 0xff
    const view = this.#views[cell]
    if (view?.length === length) return view
    const made = this.#whole.subarray(0, length)
    this.#views[cell] = made
    return made
  }

  /** Others have what it was: it is new memory from here on. */
  giveAway(): void {
    this.#whole = Buffer.allocUnsafeSlow(this.#size)
    this.#views = []
  }
}

const read = new Memory(READ_MAX)
const borrowed = read.whole.buffer
const [small, large] = [new Memory(SMALL_MAX), new Memory(READ_MAX)]
const insides = process.env['BROWNOUT_SOCKETS'] === 'plain' ? undefined : discover()
/** For the next write; one that is done at once leaves no trace on it. */
let spare = insides?.newRequest()
/** A write under way that its stream is about to be told of. */
let untold: Request | undefined

/** Whether this Node's insides are those that are known here. */
export const shortcut = insides !== undefined

/**
 * Reads `source` to its end; pauses, FIN and errors are the socket's own, as ever. A chunk is only valid until `onData` returns:
 * the next is read into the same place. Whoever keeps it, or a view of it, keeps one of `kept(chunk)` instead.
 */
export function readInto(source: Source, onData: (chunk: Buffer) => void): void {
  if (!(source instanceof Socket)) return void source.on('data', onData)
  const socket = inner(source)
  if (!insides || !socket._handle || source.readableLength > 0 || !isPlain(source)) return void source.on('data', onData)
  socket[insides.into] = read.whole
  socket[insides.told] = (length: number) => onData(read.first(length))
  socket._handle.useUserBuffer(read.whole)
  source.resume()
}

/** The chunk itself where it is its owner's for good, a copy where its memory will be read into again. */
export const kept = (chunk: Buffer): Buffer => (chunk.buffer === borrowed ? Buffer.from(chunk) : chunk)

/** `write` of that socket, in order with all others, for chunks that are only valid until it returns. False: wait for `drain`. */
export function writer(target: Sink): (chunk: Buffer) => boolean {
  const byStream = (chunk: Buffer): boolean => target.write(kept(chunk))
  if (!(target instanceof Socket) || !insides || !isPlain(target)) return byStream
  const { state, wasAsync } = insides
  const socket = inner(target)
  return (chunk) => {
    const handle = socket._handle
    const { pendingcb, corked } = socket._writableState
    if (!handle || !spare || pendingcb > 0 || corked > 0 || target.connecting || target.writableEnded || target.errored) return byStream(chunk)
    const memory = chunk.buffer !== borrowed ? undefined : chunk.length > SMALL_MAX ? large : small
    const bytes = memory ? memory.first(chunk.length) : chunk
    if (memory) bytes.set(chunk)
    // Nothing is written where it fails: it fails again, and the stream does then as it always does.
    if (handle.writeBuffer(spare, bytes) !== 0) return byStream(chunk)
    if (state[wasAsync] === 0) return true
    memory?.giveAway()
    return adopt(target, spare, bytes)
  }
}

/** Has the stream believe that a write under way is its own: it buffers, ends and drains behind it. */
function adopt(socket: Socket, request: Request, bytes: Buffer): boolean {
  request.socket = socket
  request.bytes = bytes
  spare = insides?.newRequest()
  untold = request
  socket._write = writeUntold
  const goesOn = socket.write(bytes)
  untold = undefined
  return goesOn
}

function writeUntold(this: Socket, bytes: Buffer, encoding: BufferEncoding, done: Done): void {
  if (!untold) return Socket.prototype._write.call(this, bytes, encoding, done)
  untold.done = done
}

function settled(this: Request, status: number): void {
  const failed = status < 0 && this.socket?.destroyed === false
  this.done?.(failed ? writeError(status) : null)
}

const writeError = (errno: number): Error => {
  const code = getSystemErrorName(errno)
  return Object.assign(new Error(`write ${code}`), { errno, code, syscall: 'write' })
}

/** Not TLS, whose handle is another. */
const isPlain = (socket: Socket): boolean => Object.getPrototypeOf(socket) === Socket.prototype

interface StreamBinding { readonly WriteWrap: new () => Request; readonly streamBaseState: ArrayLike<number>; readonly kLastWriteWasAsync: number }
interface TcpBinding { readonly TCP: new (type: number) => Handle; readonly constants: { readonly SOCKET: number } }

/** Node's insides, found and tried on a socket that is not connected; undefined where they are not as they are known here. */
function discover(): Insides | undefined {
  try {
    const bindings = process as unknown as { binding(name: 'stream_wrap'): StreamBinding; binding(name: 'tcp_wrap'): TcpBinding }
    const { WriteWrap, streamBaseState: state, kLastWriteWasAsync: wasAsync } = bindings.binding('stream_wrap')
    const { TCP, constants } = bindings.binding('tcp_wrap')
    const newRequest = (): Request => Object.assign(new WriteWrap(), { oncomplete: settled })
    const handle = new TCP(constants.SOCKET)
    const socket = new Socket({ handle, manualStart: true } as object)
    const { _handle, _writableState: { pendingcb, corked } } = inner(socket)
    const [into, told] = ['kBuffer', 'kBufferCb'].map((name) => Object.getOwnPropertySymbols(socket).find(({ description }) => description === name))
    handle.useUserBuffer(read.whole)
    const works = _handle === handle && pendingcb === 0 && corked === 0 && handle.writeBuffer(newRequest(), read.whole) < 0 && state[wasAsync] === 0
    socket.destroy()
    return works && into && told ? { into, told, newRequest, state, wasAsync } : undefined
  } catch {
    return undefined
  }
}
