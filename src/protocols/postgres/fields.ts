/** Reads the bodies of messages, when somebody asks. Total: of a message that is cut or malformed it reads what is there. */

import type { PostgresMessage } from './message.ts'

/** Where the body of a message with a type byte begins. */
const BODY = 5
/** Where the names and values of a StartupMessage begin. */
const PARAMETERS = 8
const SQLSTATE = 'C'
const NOTHING = Buffer.alloc(0)

/** The bytes from `at` up to the next zero, or to the end where there is none. */
function textAt(raw: Buffer, at: number): Buffer {
  if (at >= raw.length) return NOTHING
  const end = raw.indexOf(0, at)
  return raw.subarray(at, end < 0 ? raw.length : end)
}

/** Behind the text that begins at `at`. */
function afterText(raw: Buffer, at: number): number {
  const end = raw.indexOf(0, at)
  return end < 0 ? raw.length : end + 1
}

/** Names are kept as the bytes they are: one a character. */
const nameAt = (raw: Buffer, at: number): string => (raw[at] === 0 ? '' : textAt(raw, at).toString('latin1'))

/** Query: its SQL, a view. */
export const sqlOfQuery = ({ raw }: PostgresMessage): Buffer => textAt(raw, BODY)

/** Parse: the name of the statement, and its SQL, a view. */
export const nameOfParse = ({ raw }: PostgresMessage): string => nameAt(raw, BODY)
export const sqlOfParse = ({ raw }: PostgresMessage): Buffer => textAt(raw, afterText(raw, BODY))

/** Bind: the portal that is made, and the statement it is made from. */
export const portalOfBind = ({ raw }: PostgresMessage): string => nameAt(raw, BODY)
export const statementOfBind = ({ raw }: PostgresMessage): string => nameAt(raw, afterText(raw, BODY))

/** Where its parameters begin, formats included: what differs between two executions of one statement. */
export const parametersOfBind = ({ raw }: PostgresMessage): number => afterText(raw, afterText(raw, BODY))

/** Bind: its values, and the formats of values and result, as they are written. */
export const valuesOfBind = ({ raw }: PostgresMessage): Buffer => raw.subarray(afterText(raw, afterText(raw, BODY)))
/** Execute: of how many rows at the most; 0 is all. */
export function rowsOfExecute({ raw }: PostgresMessage): number {
  const at = afterText(raw, BODY)
  return at + 4 <= raw.length ? raw.readUInt32BE(at) : 0
}

export const portalOfExecute = ({ raw }: PostgresMessage): string => nameAt(raw, BODY)

/** Describe and Close: of a statement or of a portal. */
export const isOfStatement = ({ raw }: PostgresMessage): boolean => raw[BODY] === 'S'.charCodeAt(0)
export const nameOfObject = ({ raw }: PostgresMessage): string => nameAt(raw, BODY + 1)

/** CommandComplete: `INSERT 0 1`. */
export const tagOfCommandComplete = ({ raw }: PostgresMessage): string => textAt(raw, BODY).toString()

/** Without the counts behind it: `INSERT`, `CREATE TABLE`. */
export const commandOf = (tag: string): string => tag.replace(/[ 0-9]+$/, '')

/** I: idle. T: in a transaction. E: in one that failed. */
export type TransactionStatus = 'I' | 'T' | 'E'

export function statusOfReadyForQuery({ raw }: PostgresMessage): TransactionStatus {
  const status = String.fromCharCode(raw[BODY] ?? 0)
  return status === 'T' || status === 'E' ? status : 'I'
}

/** ErrorResponse and NoticeResponse: by field type, `C` for the SQLSTATE. (PostgreSQL 18, 54.8) */
export function errorFields({ raw }: Pick<PostgresMessage, 'raw'>): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (let at = BODY; at < raw.length && raw[at] !== 0; at = afterText(raw, at + 1)) {
    fields.set(String.fromCharCode(raw[at] ?? 0), textAt(raw, at + 1).toString())
  }
  return fields
}

/** The SQLSTATE of an ErrorResponse or a NoticeResponse; empty where it has none. */
export const codeOf = (message: Pick<PostgresMessage, 'raw'>): string => errorFields(message).get(SQLSTATE) ?? ''

/** The server closes the connection after this error. */
export function isFatal(message: PostgresMessage): boolean {
  const fields = errorFields(message)
  // V is never translated; S is all that there was before 9.6.
  const severity = fields.get('V') ?? fields.get('S') ?? ''
  return severity === 'FATAL' || severity === 'PANIC'
}

/** StartupMessage: user, database, application_name and whatever else was asked for. */
export function startupParameters(raw: Buffer): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (let at = PARAMETERS; at < raw.length && raw[at] !== 0;) {
    const name = textAt(raw, at).toString()
    at = afterText(raw, at)
    parameters.set(name, textAt(raw, at).toString())
    at = afterText(raw, at)
  }
  return parameters
}

/** ParameterStatus: a name and its value. */
export const parameterOf = ({ raw }: PostgresMessage): readonly [string, string] =>
  [textAt(raw, BODY).toString(), textAt(raw, afterText(raw, BODY)).toString()]

/** DataRow: where each value stands in it; one that is NULL ends where it begins. */
export function valuesOfRow({ raw }: PostgresMessage): readonly { readonly at: number; readonly end: number }[] {
  const values: { readonly at: number; readonly end: number }[] = []
  let at = BODY + 2
  for (let left = raw.length >= at ? raw.readUInt16BE(BODY) : 0; left > 0 && at + 4 <= raw.length; left--) {
    const length = Math.max(0, raw.readInt32BE(at))
    const end = Math.min(raw.length, at + 4 + length)
    values.push({ at: at + 4, end })
    at = end
  }
  return values
}

/** NotificationResponse: the channel, behind the process that notified. */
export const channelOf = ({ raw }: PostgresMessage): string => textAt(raw, BODY + 4).toString()

/** Authentication with a request of 0: the client is let in. */
export const isAuthenticationOk = ({ raw }: PostgresMessage): boolean => raw.length === BODY + 4 && raw.readUInt32BE(BODY) === 0
