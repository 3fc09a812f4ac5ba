/** A socket on its way from one process to another. Node can send one by itself, but then keeps account of it in both, a list a server. */

import { Socket } from 'node:net'
import { UNSENT_MAX } from '../held.ts'

/** What Node takes beside a message. */
export type Handle = object

/** What a socket is underneath; undefined once it is closed. Nothing has been read of it where its server was told to pause. */
export const handleOf = (socket: Socket): Handle | undefined => (socket as unknown as { readonly _handle: Handle | null })._handle ?? undefined

/** As a server of this process would have accepted it. */
export const socketOn = (handle: Handle): Socket =>
  new Socket({ handle, allowHalfOpen: true, readable: true, writable: true, highWaterMark: UNSENT_MAX } as object)
