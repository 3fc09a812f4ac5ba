/** What a status says of the server. */

/** The code of an error: the server has failed, or will not for now. Any other refusal is an answer, whatever it means to the client. (RFC 9110, 15.6; RFC 6585, 4) */
export const errorOfStatus = (status: number): string | undefined => (status >= 500 || status === TOO_MANY ? String(status) : undefined)

const TOO_MANY = 429
