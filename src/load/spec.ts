/** A load as the loader has linked it: what is sent, how often, and what counts as an answer. Plain JSON: it goes to the generator's process. */

import { ms, type Ms, type PerSecond } from '../core/units.ts'
import type { Stretch } from './curve.ts'
import type { DataSource } from './data.ts'

/** A text, or its pieces where values stand in it. */
export type Text = string | readonly Piece[]

/** `{n}` in the path, the body, an argument or a parameter stands for the operation's number, counted from 0. */
export interface HttpRequest {
  readonly kind: 'http'
  readonly method: string
  /** Its first piece is text and holds the host. */
  readonly url: Text
  readonly headers: Readonly<Record<string, Text>>
  readonly body?: Text | undefined
  /** Each request goes over a connection of its own. */
  readonly keepAlive?: false | undefined
}
/** So many, with numbers that follow one another, go together and are one operation: ok when all were answered well. Absent: one. */
interface Pipelined { readonly pipeline?: number | undefined }

/** A command and its arguments. */
export interface RedisCommand extends Pipelined { readonly kind: 'redis'; readonly url: string; readonly command: readonly Text[] }
export interface PostgresQuery extends Pipelined { readonly kind: 'postgres'; readonly url: string; readonly sql: string; readonly params: readonly Text[] }

/** A program that is started for each operation, without a shell; ok when it exits with 0. */
export interface ProgramRun { readonly kind: 'program'; readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>>; readonly cwd: string }

/**
 * What a captured value becomes where it is put in: as it is; percent-encoded for a part of a URL; a path with its query, which begins
 * the one of the URL; JSON of its own type; or the inside of a JSON string.
 */
export type Guise = 'text' | 'part' | 'path' | 'json' | 'string'
/** Text, what a step before has captured, or a value of a source of data. */
export type Piece = string | { readonly capture: string; readonly as: Guise } | { readonly data: string; readonly column?: string | undefined; readonly as: Guise }

export interface JourneyRequest {
  readonly kind: 'request'
  /** Stands before the reason of an error. */
  readonly name: string
  readonly method: string
  /** The first piece is text and holds the host. */
  readonly url: readonly Piece[]
  readonly headers: Readonly<Record<string, readonly Piece[]>>
  readonly body?: readonly Piece[] | undefined
  readonly ok: string
  /** By name, where in the answer it is found: `json:PATH`, `header:NAME`, `cookie:NAME` or a regular expression. */
  readonly capture: Readonly<Record<string, string>>
}
/** A user who reads: no part of the latency. */
export interface Think { readonly kind: 'think'; readonly length: Ms }
/** One operation of several requests, one after another; the first that fails ends it. */
export interface Journey { readonly kind: 'journey'; readonly steps: readonly (JourneyRequest | Think)[]; readonly keepAlive?: false | undefined }

/** One of several, drawn for each operation by its weight. */
export interface Journeys { readonly kind: 'journeys'; readonly of: readonly { readonly name: string; readonly weight: number; readonly journey: Journey }[] }

/** Connections that are made one after another and kept. `{n}` in the URL, a header, `open` and `resume` is the connection's number. */
export interface WebSocketTraffic {
  readonly kind: 'websocket'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The time in which all connections are begun. */
  readonly over: Ms
  /** echo: an operation is a message that comes back. messages: one is a message that arrives, and sending is not our part. */
  readonly expect: 'echo' | 'messages'
  /** Of echo: `{id}` stands for what the message is known by, `{n}` for its number. */
  readonly send: Text
  /** Sent whenever a connection opens. */
  readonly open?: string | undefined
  /** Sent in its place once a numbered message has arrived: `{last_id}` is its id. */
  readonly resume?: string | undefined
  /** Where the id of an arriving message stands, as in a capture; messages without one do not count then. */
  readonly id?: string | undefined
  /** permessage-deflate is offered. */
  readonly compression: boolean
  /** Each connection is pinged at this distance, and cut where the last ping has not been answered by then; absent: never. */
  readonly heartbeat?: Ms | undefined
  /** A connection that is lost, or cannot be made, is made anew; absent: never. */
  readonly reconnect?: Backoff | undefined
}
/** Before attempt i, counted from 0, anything from nothing up to backoff x 2^i is waited, `max` at the most. */
export interface Backoff { readonly backoff: Ms; readonly max: Ms }

/** A load that a program of others makes, which tells us of it. */
export interface DrivenLoad {
  readonly kind: 'driven'
  readonly driver: 'locust' | 'artillery' | 'k6' | 'command'
  /** The script, an absolute path; of a command its program as it is started. */
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Where the script is to send to, of those that can be told. */
  readonly host?: string | undefined
  /** Of locust. */
  readonly users?: number | undefined
  readonly spawnRate?: number | undefined
  readonly workers?: number | undefined
}

export interface LoadSpec {
  readonly name: string
  readonly send: DrivenLoad | ProgramRun | HttpRequest | Journey | Journeys | RedisCommand | PostgresQuery | WebSocketTraffic
  /** Open loop: operation i is due at start + i / rate, whatever became of those before it; with a profile the highest of it. 0: the system sends, not we, or users do. */
  readonly rate: PerSecond
  /** How the rate changes once the warm-up is over; then it stays where it is. Absent: it does not change. */
  readonly profile?: readonly Stretch[] | undefined
  /** As those of many who know nothing of one another; absent: evenly spread. */
  readonly arrivals?: 'poisson' | undefined
  /** Closed loop: each of them waits for an answer, thinks, and only then sends again. */
  readonly users?: { readonly count: number; readonly think: Ms } | undefined
  /** The sources of what stands in `send` as data. */
  readonly data?: Readonly<Record<string, DataSource>> | undefined
  /** So many processes make it together; absent: one. */
  readonly processes?: number | undefined
  /** An operation older than this counts as a timeout, at this value; a connection that takes longer to open is given up. */
  readonly timeout: Ms
  /** HTTP statuses that count as ok: `2xx`, `200`, `2xx,404`. */
  readonly ok: string
  /** Operations under way at once; those over it are `dropped`. */
  readonly inFlightMax: number
  /** Connections that a redis, postgres or websocket load keeps. */
  readonly connections: number
}

/** How much of an operation's time is thinking, which is in neither its latency nor its timeout. */
export function thinkTime(send: LoadSpec['send']): Ms {
  if (send.kind === 'journeys') return ms(Math.max(...send.of.map(({ journey }) => thinkTime(journey))))
  return ms(send.kind === 'journey' ? send.steps.reduce((sum, step) => sum + (step.kind === 'think' ? step.length : 0), 0) : 0)
}
