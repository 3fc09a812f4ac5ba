/** A request that is turned down: its status and the text that clients match on. */

export type RefusalStatus = 400 | 403 | 404 | 409 | 500 | 503

export class Refusal extends Error {
  readonly status: RefusalStatus

  constructor(status: RefusalStatus, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.status = status
  }
}
