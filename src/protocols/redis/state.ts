/** What a client's commands have made of its connection: database, name, version of RESP, whether it tracks keys. As it was asked, and as the server has confirmed. */

export type Resp = 2 | 3
/** Only what is given changes; a name of '' is none. */
export interface Change { readonly db?: number; readonly name?: string; readonly resp?: Resp; readonly tracking?: boolean }
type State = Required<Change>

const FRESH: State = { db: 0, name: '', resp: 2, tracking: false }

export class ConnectionState {
  #confirmed: State = FRESH
  #asked: State = FRESH
  #pending = 0
  /** Of a transaction: takes effect with its EXEC. */
  #queued: Change[] = []

  /** Once all that was sent has been answered: what the next command will find. */
  get asked(): State { return this.#asked }
  /** As of the latest reply. */
  get confirmed(): State { return this.#confirmed }

  ask(change: Change): void {
    this.#pending++
    this.#asked = { ...this.#asked, ...change }
  }

  /** The server has answered what was asked first. */
  answer(change: Change, outcome: 'done' | 'refused' | 'queued'): void {
    this.#pending--
    if (outcome === 'done') this.#confirm(change)
    else if (outcome === 'queued') this.#queued.push(change)
    this.#settle()
  }

  /** A transaction has ended, for better or worse. */
  endTransaction(executed: boolean): void {
    if (this.#queued.length === 0) return
    if (executed) for (const change of this.#queued) this.#confirm(change)
    this.#queued = []
    this.#settle()
  }

  reset(): void {
    this.#confirmed = FRESH
    this.#queued = []
    this.#settle()
  }

  #confirm(change: Change): void { this.#confirmed = { ...this.#confirmed, ...change } }

  #settle(): void { if (this.#pending === 0 && this.#queued.length === 0) this.#asked = this.#confirmed }
}
