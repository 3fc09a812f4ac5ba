/** Faults and their parameters by name, and the codes of errors. Made by `make docs` from the catalogue; do not edit. */

/** "250ms", "10s", "1m30s", or a number of milliseconds. */
export type Time = string | number
/** "512B", "64KiB", or a number of bytes. */
export type Size = string | number
/** "64KiB/s", or a number of bytes a second. */
export type Throughput = string | number
/** "100/s", or a number a second. */
export type Rate = string | number
/** "20%" or 0.2. */
export type Share = string | number
/** A value that moves over time from when the fault is armed, then stays. */
export interface Ramp<Value> { readonly from: Value; readonly to: Value; readonly over: Time }

export interface FaultParams {
  /** Be slow to take new connections, or give up on them. */
  readonly 'accept_delay': {
    /** How long the server is not dialled. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly delay: Time | Ramp<Time>
    /** What comes then. connect: the dial goes through; timeout: the connection is closed, as when the server cannot be reached. One of connect, timeout. */
    readonly outcome?: "connect" | "timeout"
  }
  /** Limit throughput, for each connection or for the target as a whole. */
  readonly 'bandwidth': {
    /** Bytes a second, each way; 0B/s holds everything. A rate such as 64KiB/s, from 0B/s to 1024GiB/s. */
    readonly rate: Throughput | Ramp<Throughput>
    /** What the rate is for: each connection, or all connections of the target together. One of connection, target. */
    readonly per?: "connection" | "target"
    /** Bytes that go through at once after a quiet time. A size such as 512B, 64KiB or 1MB, from 0B to 1GiB. */
    readonly burst?: Size | Ramp<Size>
  }
  /** Kill a share of the live connections at every interval. */
  readonly 'churn': {
    /** Time between one killing and the next. A duration such as 250ms, 10s or 1m30s, from 10ms to 1h. */
    readonly interval?: Time | Ramp<Time>
    /** Share of the live connections that dies each time. A share such as 20% or 0.2, from 0% to 100%. */
    readonly share?: Share | Ramp<Share>
    /** How they die. reset: RST; end: an orderly FIN. One of reset, end. */
    readonly how?: "reset" | "end"
  }
  /** Turn away connections beyond a number. */
  readonly 'connection_limit': {
    /** How many connections may be live on the target at once. A whole number, from 0 to 1000000. */
    readonly limit: number | Ramp<number>
    /** What those beyond get. refuse: accepted, then RST; hang: connected, never served; close: accepted, then closed. One of refuse, hang, close. */
    readonly beyond?: "refuse" | "hang" | "close"
  }
  /** Flip bits in the stream. */
  readonly 'corrupt': {
    /** Share of bytes in which one bit is flipped. A share such as 20% or 0.2, from 0% to 100%. */
    readonly rate: Share | Ramp<Share>
    /** Bytes of each direction that are spared at first: a handshake, say. A size such as 512B, 64KiB or 1MB, from 0B to 1024GiB. */
    readonly offset?: Size | Ramp<Size>
  }
  /** Lose chunks of the stream for good, and go on behind them. */
  readonly 'drop_chunks': {
    /** Share of chunks that are lost. A share such as 20% or 0.2, from 0% to 100%. */
    readonly loss: Share | Ramp<Share>
    /** How much more likely a chunk is lost when the one before it was. A share such as 20% or 0.2, from 0% to 100%. */
    readonly correlation?: Share | Ramp<Share>
  }
  /** Take the server away without telling the client. */
  readonly 'half_open': {
    /** Which connections it hits. all: those that come later are dead as well; live: only those that were there at the arming. One of all, live. */
    readonly which?: "all" | "live"
  }
  /** Break the connection of a request: before it is sent on, before the answer, behind its head, or in its body. */
  readonly 'http.abort': {
    /** Where it breaks. request: the server never hears of it; before_headers: executed, nothing of the answer arrives; after_headers: of the answer the head arrives; in_body: the head and half of what comes first of the body. One of request, before_headers, after_headers, in_body. */
    readonly when?: "request" | "before_headers" | "after_headers" | "in_body"
    /** How it ends. end: FIN; reset: RST. One of end, reset. */
    readonly how?: "end" | "reset"
  }
  /** Change bytes in the body of answers, or say that it is compressed when it is not. */
  readonly 'http.corrupt_body': {
    /** What is wrong. bytes: some of them are others than were sent; encoding: Content-Encoding says gzip of a body that is not, and nothing of one that is encoded. One of bytes, encoding. */
    readonly how?: "bytes" | "encoding"
    /** How many are changed, of each piece of the body as it comes. A whole number, from 1 to 65536. */
    readonly bytes?: number | Ramp<number>
  }
  /** Let connections run out: answers say that they are the last, then comes the end, and connections that rest are closed. */
  readonly 'http.drain': {
    /** The so-manieth answer of a connection, counted from the arming, is its last. A whole number, from 1 to 1000000. */
    readonly requests?: number | Ramp<number>
    /** Whether connections that rest are closed, without a word. True or false. */
    readonly idle?: boolean
  }
  /** Send requests twice, as a client, a gateway or a queue does that has given up on the first. */
  readonly 'http.duplicate': {
    /** Which answer the client gets; the other is lost. One of first, second. */
    readonly answer?: "first" | "second"
    /** How long after the first the second is sent. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly delay?: Time | Ramp<Time>
  }
  /** Answer a request and break its connection while the client still sends the body. */
  readonly 'http.early_close': {
    /** The status. A status from 400 to 599. */
    readonly code?: number | string
    /** Bytes of the body that are read before. A size such as 512B, 64KiB or 1MB, from 0B to 1GiB. */
    readonly read?: Size | Ramp<Size>
    /** How it ends. end: FIN, and what still comes is read and thrown away; reset: RST. One of end, reset. */
    readonly how?: "end" | "reset"
  }
  /** Take requests and never answer them. */
  readonly 'http.hang': {
    /** Whether the server executes the request meanwhile. One of before, after. */
    readonly when?: "before" | "after"
  }
  /** Set, remove or double a field of requests or of answers, as a proxy on the way does. */
  readonly 'http.headers': {
    /** Whose field. One of request, answer. */
    readonly of?: "request" | "answer"
    /** What becomes of it. set: it says `value`, once; remove: it is taken out; duplicate: it stands there once more, with `value` or with what it said. One of set, remove, duplicate. */
    readonly change?: "set" | "remove" | "duplicate"
    /** Of the field, whatever its capitals. The name of a field, other than Content-Length and Transfer-Encoding. */
    readonly name?: string
    /** What it says. Text. */
    readonly value?: string
  }
  /** Answer with a page of HTML where something else is due, with an error status or with 200. */
  readonly 'http.html_error': {
    /** The status. A status from 200 to 599. */
    readonly code?: number | string
    /** Whether the server executes the request. One of before, after. */
    readonly when?: "before" | "after"
  }
  /** Close a kept-alive connection just as the next request comes on it. */
  readonly 'http.keepalive_race': {
    /** How it is closed. end: FIN; reset: RST. One of end, reset. */
    readonly how?: "end" | "reset"
  }
  /** Delay the answers to some requests: their first byte, or every piece of them. */
  readonly 'http.latency': {
    /** Time to hold an answer back, from when it comes; with `direction: to-server` the request. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly delay: Time | Ramp<Time>
    /** How far the delay scatters: the largest change either way for uniform, the standard deviation for normal, the scale of the tail for the others. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly jitter?: Time | Ramp<Time>
    /** How the jitter is drawn. One of uniform, normal, lognormal, pareto, exponential. */
    readonly distribution?: "uniform" | "normal" | "lognormal" | "pareto" | "exponential"
    /** What is late. first_byte: the head, and all of the body that has come by then with it; each_piece: the head and every piece of the body as it comes, each so long after the one before. One of first_byte, each_piece. */
    readonly phase?: "first_byte" | "each_piece"
  }
  /** Answer requests that were executed with something that is not HTTP, and close. */
  readonly 'http.malformed': {
    /** What is wrong. status_line: it has no status; chunk_size: no number; nul: a field with a byte of zero; two_lengths: which differ; two_framings: a length and chunks; version: HTTP/4.2. One of status_line, chunk_size, nul, two_lengths, two_framings, version. */
    readonly what?: "status_line" | "chunk_size" | "nul" | "two_lengths" | "two_framings" | "version"
  }
  /** Lose the 100 Continue that a client waits for, or send interim answers that nobody asked for. */
  readonly 'http.no_continue': {
    /** What goes wrong. never: the 100 is lost; unsolicited_100: one comes before an answer though the request did not ask for it; unsolicited_103: the same with early hints. One of never, unsolicited_100, unsolicited_103. */
    readonly how?: "never" | "unsolicited_100" | "unsolicited_103"
  }
  /** Answer 304 to those who ask whether something has changed, whether it has or not. */
  readonly 'http.not_modified': {
    /** Whether those are answered so too who have not asked for it, and may have no copy. True or false. */
    readonly unconditional?: boolean
  }
  /** Pad the head of requests or answers with a field that makes it very large. */
  readonly 'http.oversize': {
    /** Whose head. One of request, answer. */
    readonly of?: "request" | "answer"
    /** Bytes that it then has. A size such as 512B, 64KiB or 1MB, from 1KiB to 60KiB. */
    readonly size?: Size | Ramp<Size>
  }
  /** Answer 429 to requests past a rate, with a Retry-After that is true. */
  readonly 'http.rate_limit': {
    /** Requests a second that are let through, of all connections together. A rate such as 100/s, from 0.01/s to 100000/s. */
    readonly rate?: Rate | Ramp<Rate>
    /** Requests that are let through at once after a quiet time. A whole number, from 1 to 1000000. */
    readonly burst?: number | Ramp<number>
    /** The status of the others. A status from 400 to 599. */
    readonly code?: number | string
    /** Whether they are told when to come again, in whole seconds. True or false. */
    readonly retry_after?: boolean
  }
  /** Redirect requests to where they came from, over and over, or to another place. */
  readonly 'http.redirect_loop': {
    /** The status. One of 301, 302, 303, 307, 308. */
    readonly code?: "301" | "302" | "303" | "307" | "308"
    /** Where to; empty for the very target that was asked for. Text. */
    readonly location?: string
  }
  /** Let the body of answers arrive in drips, at a rate. */
  readonly 'http.slow_body': {
    /** Bytes of body a second, on each connection. A rate such as 64KiB/s, from 1B/s to 1024GiB/s. */
    readonly rate?: Throughput | Ramp<Throughput>
    /** Bytes that come at a time. A size such as 512B, 64KiB or 1MB, from 1B to 64KiB. */
    readonly piece?: Size | Ramp<Size>
  }
  /** Read the body of requests slowly, or not at all, so that the client cannot write. */
  readonly 'http.slow_upload': {
    /** Bytes of body a second, on each connection; 0B/s: none. A rate such as 64KiB/s, from 0B/s to 1024GiB/s. */
    readonly rate?: Throughput | Ramp<Throughput>
  }
  /** Send the head and a part of the body, then nothing for a while. */
  readonly 'http.stall_body': {
    /** Share of the body that arrives, less than all of it; where its length is not declared, of its first piece. With 100% chunks lack nothing but their end. A share such as 20% or 0.2, from 0% to 100%. */
    readonly keep?: Share | Ramp<Share>
    /** How long nothing comes, unless the fault ends before that. A duration such as 250ms, 10s or 1m30s, from 1ms to 1h. */
    readonly pause?: Time | Ramp<Time>
  }
  /** Answer requests with an error status, before the server has seen them or after it has executed them. */
  readonly 'http.status': {
    /** The status. A status from 400 to 599. */
    readonly code?: number | string
    /** Whether the server executes the request. One of before, after. */
    readonly when?: "before" | "after"
    /** What Retry-After says, in whole seconds; 0 leaves it out. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly retry_after?: Time | Ramp<Time>
    /** How Retry-After says it. seconds: how long to wait; date: until when, by the clock of this machine. One of seconds, date. */
    readonly retry_as?: "seconds" | "date"
    /** That of the body. Text. */
    readonly content_type?: string
    /** More fields, one a line. Lines of `Name: value`, none of them Content-Length or Transfer-Encoding. */
    readonly headers?: string
    /** What it says. Text. */
    readonly body?: string
  }
  /** Break the connection in the middle of an answer's body. */
  readonly 'http.truncate': {
    /** Share of the body that arrives, less than all of it; where its length is not declared, of its first piece. With 100% chunks lack nothing but their end. A share such as 20% or 0.2, from 0% to 100%. */
    readonly keep?: Share | Ramp<Share>
    /** Whether a client can tell. as_sent: the answer says how long it is, if the server did; until_close: it ends with its connection, and half looks like all. One of as_sent, until_close. */
    readonly framing?: "as_sent" | "until_close"
    /** How the connection ends. end: FIN; reset: RST. One of end, reset. */
    readonly how?: "end" | "reset"
  }
  /** Forget idle connections silently, so that the next packet meets a reset. */
  readonly 'idle_reaper': {
    /** How long a connection may rest before it is forgotten. A duration such as 250ms, 10s or 1m30s, from 0ms to 168h. */
    readonly idle: Time | Ramp<Time>
  }
  /** Delay everything by a time that may scatter and swing. */
  readonly 'latency': {
    /** Time to hold each chunk back, from its arrival. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly delay: Time | Ramp<Time>
    /** How far the delay scatters: the largest change either way for uniform, the standard deviation for normal, the scale of the tail for the others. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly jitter?: Time | Ramp<Time>
    /** How the jitter is drawn. One of uniform, normal, lognormal, pareto, exponential. */
    readonly distribution?: "uniform" | "normal" | "lognormal" | "pareto" | "exponential"
    /** Share of chunks that repeat the jitter of the one before. A share such as 20% or 0.2, from 0% to 100%. */
    readonly correlation?: Share | Ramp<Share>
    /** How the delay moves over time, from the arming on. One of constant, ramp, sine, square, sawtooth. */
    readonly shape?: "constant" | "ramp" | "sine" | "square" | "sawtooth"
    /** Length of one swing of the shape; of the whole rise for a ramp. A duration such as 250ms, 10s or 1m30s, from 1ms to 168h. */
    readonly period?: Time | Ramp<Time>
    /** What the shape adds to the delay at its height. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly amplitude?: Time | Ramp<Time>
  }
  /** Close each connection after exactly that many bytes. */
  readonly 'limit_data': {
    /** How many bytes pass, each way; the last of them is the last of the connection. A size such as 512B, 64KiB or 1MB, from 0B to 1024GiB. */
    readonly bytes: Size | Ramp<Size>
  }
  /** Stall as TCP does when packets are lost; every byte still arrives. */
  readonly 'packet_loss': {
    /** Share of chunks that are lost, each retransmission too. A share such as 20% or 0.2, from 0% to 100%. */
    readonly loss: Share | Ramp<Share>
    /** First retransmission timeout; it doubles with every loss in a row, six at most. A duration such as 250ms, 10s or 1m30s, from 1ms to 1m. */
    readonly rto?: Time | Ramp<Time>
  }
  /** Cut the network to the target, one way or both. */
  readonly 'partition': {
    /** What becomes of the traffic. stall: held and delivered at heal, as TCP would; discard: read and thrown away, what lost bytes is reset at heal; reject: RST to all. One of stall, discard, reject. */
    readonly how?: "stall" | "discard" | "reject"
  }
  /** Let requests to cancel a statement go nowhere, or arrive late. */
  readonly 'postgres.cancel_loss': {
    /** How late it arrives; 0 for never. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly delay?: Time | Ramp<Time>
  }
  /** Break the connection at a COMMIT, or at a write outside of a transaction, so that the client cannot know whether it was done. */
  readonly 'postgres.commit_loss': {
    /** The truth, which the journal notes each time. yes: it was done and the answer is lost; no: it was never sent; random: one or the other, which the client cannot tell. One of yes, no, random. */
    readonly executed?: "yes" | "no" | "random"
    /** How the connection breaks. end: FIN, as when a server is shut down; reset: RST, as when it dies. One of end, reset. */
    readonly how?: "end" | "reset"
  }
  /** Stop a COPY half-way, in or out. */
  readonly 'postgres.copy_stall': {
    /** How much of the data passes. A size such as 512B, 64KiB or 1MB, from 0B to 1024GiB. */
    readonly data?: Size | Ramp<Size>
    /** What then. stall: nothing, until it is healed; fail: the server gives up with 57014, a COPY in only; reset: RST. One of stall, fail, reset. */
    readonly how?: "stall" | "fail" | "reset"
  }
  /** Change one character of one value in a row. */
  readonly 'postgres.corrupt_value': {
    /** Share of the rows that are hit. A share such as 20% or 0.2, from 0% to 100%. */
    readonly rows?: Share | Ramp<Share>
    /** Which column, from 1; 0 for any. A whole number, from 0 to 1664. */
    readonly column?: number | Ramp<number>
  }
  /** Break the connection in the middle of a result, after so many rows. */
  readonly 'postgres.cut_rows': {
    /** Rows of a result that arrive whole. A whole number, from 0 to 1000000000. */
    readonly rows?: number | Ramp<number>
    /** Where it breaks. between: behind the last whole row; within: in the middle of the next one. One of between, within. */
    readonly cut?: "between" | "within"
    /** How it ends. end: FIN, as when a server process dies; reset: RST. One of end, reset. */
    readonly how?: "end" | "reset"
  }
  /** Lose, delay or double what NOTIFY sends to those who LISTEN. */
  readonly 'postgres.drop_notify': {
    /** What becomes of a notification. drop: it is lost; delay: it comes later, and what the server says after it too; double: it comes twice. One of drop, delay, double. */
    readonly how?: "drop" | "delay" | "double"
    /** How much later. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly delay?: Time | Ramp<Time>
  }
  /** Fail statements with an SQLSTATE, in transactions and in extended queries too, so that client and server agree on what is left. */
  readonly 'postgres.error': {
    /** Which error; it hits the statements that a server in that trouble refuses: read_only and disk_full writes, deadlock and lock_not_available what touches data, serialization_failure COMMIT too, undefined_prepared and cached_plan_changed the binding of statements prepared under a name, the others all but ROLLBACK. One of serialization_failure, deadlock, query_canceled, statement_timeout, lock_not_available, read_only, disk_full, out_of_memory, undefined_prepared, cached_plan_changed. */
    readonly error?: "serialization_failure" | "deadlock" | "query_canceled" | "statement_timeout" | "lock_not_available" | "read_only" | "disk_full" | "out_of_memory" | "undefined_prepared" | "cached_plan_changed"
    /** Another SQLSTATE in its place; it hits every statement but ROLLBACK, unless `where` says which. An SQLSTATE in quotes, five digits and capitals such as "40001". */
    readonly code?: string
    /** The message, in place of what Postgres says. Text. */
    readonly text?: string
    /** Where an extended query fails; a COMMIT fails when it is executed. One of parse, bind, execute. */
    readonly phase?: "parse" | "bind" | "execute"
    /** How long the statement seems to run before it fails. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly delay?: Time | Ramp<Time>
  }
  /** Answer statements in full but for the last word, that the server is ready for the next. */
  readonly 'postgres.hold_ready': {
    /** How long it is held; 0ms: until the fault ends. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly hold?: Time | Ramp<Time>
  }
  /** End live sessions as a server does: it says why, and closes. */
  readonly 'postgres.kill': {
    /** What is said. admin_shutdown: 57P01, by an administrator; crash_shutdown: the warning 57P02, another process has crashed; idle_in_transaction: 25P03, only to who rests within a transaction; idle_session: 57P05, only to who rests outside of one; none: nothing, as when a pooler ends what is old; half_open: nothing, and the client is not even told that it is closed. One of admin_shutdown, crash_shutdown, idle_in_transaction, idle_session, none, half_open. */
    readonly error?: "admin_shutdown" | "crash_shutdown" | "idle_in_transaction" | "idle_session" | "none" | "half_open"
    /** Whom it hits. any: all that are logged in; idle: those that rest outside of a transaction; in_transaction: those that rest within one; in_flight: those that wait for an answer; listening: those that LISTEN. One of any, idle, in_transaction, in_flight, listening. */
    readonly who?: "any" | "idle" | "in_transaction" | "in_flight" | "listening"
    /** Share of them that dies each time. A share such as 20% or 0.2, from 0% to 100%. */
    readonly share?: Share | Ramp<Share>
    /** Time between one killing and the next. A duration such as 250ms, 10s or 1m30s, from 10ms to 1h. */
    readonly interval?: Time | Ramp<Time>
  }
  /** Delay the answers to some statements, or one part of them. */
  readonly 'postgres.latency': {
    /** Time to hold an answer back, from when it comes. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly delay: Time | Ramp<Time>
    /** How far the delay scatters: the largest change either way for uniform, the standard deviation for normal, the scale of the tail for the others. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly jitter?: Time | Ramp<Time>
    /** How the jitter is drawn. One of uniform, normal, lognormal, pareto, exponential. */
    readonly distribution?: "uniform" | "normal" | "lognormal" | "pareto" | "exponential"
    /** Which answer. parse: that the statement is prepared; bind: that it is bound; execute: the first word of the result, or of an error; commit: the same of a COMMIT; first_row: the first row; each_row: every row, each so long after the one before. One of parse, bind, execute, commit, first_row, each_row. */
    readonly phase?: "parse" | "bind" | "execute" | "commit" | "first_row" | "each_row"
  }
  /** Send a flood of notices with the answer of each statement. */
  readonly 'postgres.notices': {
    /** How many for each statement. A whole number, from 1 to 10000. */
    readonly count?: number | Ramp<number>
    /** Characters in each of them. A whole number, from 1 to 8000. */
    readonly length?: number | Ramp<number>
  }
  /** Report a parameter of the session with another value than the server has. */
  readonly 'postgres.parameter': {
    /** Which. A name such as TimeZone. */
    readonly parameter?: string
    /** What it is said to be. Text. */
    readonly value?: string
    /** When it is said. login: as a session begins; session: in the course of one, behind the first statement that is hit. One of login, session. */
    readonly during?: "login" | "session"
  }
  /** Take away prepared statements that a client counts on, as a pooler or a migration does. */
  readonly 'postgres.prepared_lost': {
    /** What happens when a statement is bound that was prepared under a name. one: it has been deallocated, 26000; all: each one of the session has; plan: it is there, and its cached plan does not fit any more, 0A000. One of one, all, plan. */
    readonly how?: "one" | "all" | "plan"
  }
  /** Refuse writes with 25006 and let reads pass: the server has become a standby, and nobody has noticed. */
  readonly 'postgres.read_only': {
    /** Whether new connections are told in_hot_standby = on, as a standby tells them. True or false. */
    readonly announce?: boolean
  }
  /** Let rows arrive one by one, at a rate. */
  readonly 'postgres.slow_rows': {
    /** Rows a second, on each connection. A rate such as 100/s, from 0.01/s to 100000/s. */
    readonly rate?: Rate | Ramp<Rate>
  }
  /** Answer reads as a replica does that lags: with what was there some time ago, or by a conflict with recovery. */
  readonly 'postgres.stale_replica': {
    /** What becomes of a read outside of a transaction. lag: it is answered as the same read was, with the same values, before; conflict: it fails with 40001. One of lag, conflict. */
    readonly how?: "lag" | "conflict"
    /** How far the replica lags; a read whose answer of then was not seen under this fault is answered by the server. A duration such as 250ms, 10s or 1m30s, from 1ms to 1h. */
    readonly age?: Time | Ramp<Time>
  }
  /** Refuse logins, or leave them without an answer. */
  readonly 'postgres.startup': {
    /** What becomes of a login. hang: it is never answered; hang_login: the password is taken, then nothing; invalid_password: 28P01; unknown_role: 28000; unknown_database: 3D000; too_many_connections: 53300; starting_up: 57P03; shutting_down: 57P03; in_recovery: 57P03; ssl_hang: the request for TLS is never answered; ssl_refused: it is answered N; ssl_error: it is answered by an error; ssl_broken: it is granted, and the connection closed. One of hang, hang_login, invalid_password, unknown_role, unknown_database, too_many_connections, starting_up, shutting_down, in_recovery, ssl_hang, ssl_refused, ssl_error, ssl_broken. */
    readonly how?: "hang" | "hang_login" | "invalid_password" | "unknown_role" | "unknown_database" | "too_many_connections" | "starting_up" | "shutting_down" | "in_recovery" | "ssl_hang" | "ssl_refused" | "ssl_error" | "ssl_broken"
  }
  /** Let the connection of a client that waits for data die silently. */
  readonly 'redis.blocked_half_open': {
    /** What the server knows. gone: it has lost the client, and what is pushed stays where it is; unaware: it hands over what comes next, to nobody. One of gone, unaware. */
    readonly server?: "gone" | "unaware"
  }
  /** Answer reads as if the key were not there, in the shape that each command has for that. */
  readonly 'redis.cache_miss': {
    /** Share of the keys that are gone: the same ones at each read, as after an eviction. A share of the reads is what `chance` is for. A share such as 20% or 0.2, from 0% to 100%. */
    readonly keys?: Share | Ramp<Share>
  }
  /** Redirect commands as a node of a cluster does whose slots move, again and again. */
  readonly 'redis.cluster_redirect': {
    /** Which redirect. moved: MOVED, for good; ask: ASK, for the next command only. One of moved, ask. */
    readonly redirect?: "moved" | "ask"
    /** Where it leads, HOST:PORT; where the client has come to unless given. It must be a place where the application may go. HOST:PORT. */
    readonly address?: string
  }
  /** Break the connection in the middle of a reply, of a pipeline or of a transaction. */
  readonly 'redis.cut_reply': {
    /** Where it breaks. inside: in the middle of a reply; between: behind so many replies of a pipeline; transaction: between MULTI and EXEC, which is never sent. One of inside, between, transaction. */
    readonly cut?: "inside" | "between" | "transaction"
    /** Of a pipeline: how many of its replies arrive. A whole number, from 0 to 1000000. */
    readonly replies?: number | Ramp<number>
    /** How it ends. end: FIN; reset: RST. One of end, reset. */
    readonly how?: "end" | "reset"
  }
  /** Answer commands with an error, as a server in trouble does. */
  readonly 'redis.error': {
    /** Which error; it hits the commands that a server in that trouble refuses: READONLY writes, OOM what needs memory, NOSCRIPT calls by hash, LOADING all that touches data, while INFO says so. One of READONLY, LOADING, OOM, MASTERDOWN, NOREPLICAS, MISCONF, BUSY, UNKILLABLE, NOAUTH, WRONGPASS, NOPERM, NOSCRIPT, CLUSTERDOWN, TRYAGAIN, CROSSSLOT, WRONGTYPE, ERR. */
    readonly error?: "READONLY" | "LOADING" | "OOM" | "MASTERDOWN" | "NOREPLICAS" | "MISCONF" | "BUSY" | "UNKILLABLE" | "NOAUTH" | "WRONGPASS" | "NOPERM" | "NOSCRIPT" | "CLUSTERDOWN" | "TRYAGAIN" | "CROSSSLOT" | "WRONGTYPE" | "ERR"
    /** What stands behind the code, in place of what Redis says. Text. */
    readonly text?: string
  }
  /** Let a write be executed, lose its reply and break the connection. */
  readonly 'redis.executed_reply_lost': {
    /** How the connection breaks. end: FIN, as when a server is shut down; reset: RST, as when it dies. One of end, reset. */
    readonly how?: "end" | "reset"
    /** Of those hit, the share that is never sent: the client cannot tell, the journal can. A share such as 20% or 0.2, from 0% to 100%. */
    readonly unsent?: Share | Ramp<Share>
  }
  /** Put something that is no reply in the place of one. */
  readonly 'redis.garbage': {
    /** What comes in the place of the reply, as a line. Text. */
    readonly bytes?: string
  }
  /** Close connections that have been idle for a while, as a server with a timeout does. */
  readonly 'redis.idle_timeout': {
    /** How long a connection may rest. A duration such as 250ms, 10s or 1m30s, from 40ms to 1h. */
    readonly idle?: Time | Ramp<Time>
  }
  /** Break the connections of subscribers, all of them or those to whom much is published. */
  readonly 'redis.kill_subscribers': {
    /** Share of them that dies each time. A share such as 20% or 0.2, from 0% to 100%. */
    readonly share?: Share | Ramp<Share>
    /** Time between one killing and the next. A duration such as 250ms, 10s or 1m30s, from 10ms to 1h. */
    readonly interval?: Time | Ramp<Time>
    /** Only those to whom at least so much was pushed since the killing before, as client-output-buffer-limit hits those who read too slowly. A size such as 512B, 64KiB or 1MB, from 0B to 1024GiB. */
    readonly pushed?: Size | Ramp<Size>
    /** How the connection breaks. end: FIN; reset: RST. One of end, reset. */
    readonly how?: "end" | "reset"
  }
  /** Delay the replies to some commands or keys, and with them what is behind in the same pipeline. */
  readonly 'redis.latency': {
    /** Time to hold a reply back, from when it comes; commands that wait for data are left alone. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly delay: Time | Ramp<Time>
    /** How far the delay scatters: the largest change either way for uniform, the standard deviation for normal, the scale of the tail for the others. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly jitter?: Time | Ramp<Time>
    /** How the jitter is drawn. One of uniform, normal, lognormal, pareto, exponential. */
    readonly distribution?: "uniform" | "normal" | "lognormal" | "pareto" | "exponential"
  }
  /** Let locks be taken by somebody else: SET NX answers null, and renewing answers 0. */
  readonly 'redis.lock_lost': {
    /** Which moment. acquire: SET with NX, and SETNX; renew: EXPIRE, PEXPIRE and scripts about one key, so name the locks by `where: { key }`. One of acquire, renew. */
    readonly moment?: "acquire" | "renew"
  }
  /** Turn new connections away as a server with too many clients does: it says so, and closes. */
  readonly 'redis.max_clients': {
    /** How many connections may be live on the target at once. A whole number, from 0 to 1000000. */
    readonly limit?: number | Ramp<number>
  }
  /** Break the connection when a write comes, before it is sent on. */
  readonly 'redis.not_executed': {
    /** How the connection breaks. end: FIN, as when a server is shut down; reset: RST, as when it dies. One of end, reset. */
    readonly how?: "end" | "reset"
  }
  /** Lose, delay, double or swap messages that were published to a subscriber. */
  readonly 'redis.pubsub_loss': {
    /** What becomes of a message. drop: it is lost; delay: it is late, and with it all that follows on its connection; double: it comes twice; swap: it comes behind the next one. One of drop, delay, double, swap. */
    readonly how?: "drop" | "delay" | "double" | "swap"
    /** How late. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly delay?: Time | Ramp<Time>
  }
  /** Send clients of RESP3 what they have not asked for at that moment: keys that are no longer valid, maintenance, or a push that nobody knows. */
  readonly 'redis.push_surprise': {
    /** What is sent. invalidate: that the key just read has changed, where CLIENT TRACKING is on; flush: that all keys have, likewise; moving: that the server moves within a second, to where the client is already, to those who asked by CLIENT MAINT_NOTIFICATIONS, whatever they were answered; migrating: that it is slow for a while, likewise; failing_over: the same of a failover; unknown: a kind that does not exist, to everybody. One of invalidate, flush, moving, migrating, failing_over, unknown. */
    readonly push?: "invalidate" | "flush" | "moving" | "migrating" | "failing_over" | "unknown"
  }
  /** Lose or double a reply and keep the connection: every later reply on it goes to the wrong command. */
  readonly 'redis.reply_shift': {
    /** What becomes of the reply. lost: it does not come; doubled: it comes twice. One of lost, doubled. */
    readonly how?: "lost" | "doubled"
  }
  /** Let SCAN and its like give elements twice, or pages without any before the end. */
  readonly 'redis.scan_anomaly': {
    /** Which. doubled: each element of a page twice; empty: a page without elements between any two. One of doubled, empty. */
    readonly anomaly?: "doubled" | "empty"
  }
  /** Answer reads as they were answered some time ago, as a replica that lags does. */
  readonly 'redis.stale': {
    /** How old the answer is at least; what was not seen so long ago since the arming is answered as it is. A duration such as 250ms, 10s or 1m30s, from 1ms to 1h. */
    readonly age?: Time | Ramp<Time>
  }
  /** Give transactions up at EXEC, as when a watched key has changed. */
  readonly 'redis.txn_abort': {
    /** What EXEC answers. nil: null, as when a key has changed, and only to transactions that watch any; execabort: EXECABORT, as after an error in a queued command. One of nil, execabort. */
    readonly answer?: "nil" | "execabort"
  }
  /** Wake clients that wait for data with the error UNBLOCKED. */
  readonly 'redis.unblocked': {
    /** What wakes them. failover: the server becomes a replica, says so and closes; client: CLIENT UNBLOCK of somebody else, and the connection stays. One of failover, client. */
    readonly by?: "failover" | "client"
    /** How long they have waited then; those who would have given up before are left alone. A duration such as 250ms, 10s or 1m30s, from 1ms to 1h. */
    readonly wait?: Time | Ramp<Time>
  }
  /** Acknowledge writes and lose them, as a failover to a replica that was behind does. */
  readonly 'redis.write_loss': Record<string, never>
  /** Refuse new connections. */
  readonly 'refuse': {
    /** How clients are refused. closed: the listener is closed, so that a client sees ECONNREFUSED; reset: accepted, then RST. One of closed, reset. */
    readonly how?: "closed" | "reset"
  }
  /** Reset connections, the idle ones too, after a time. */
  readonly 'reset_peer': {
    /** How long each connection lives: from the arming, or from its start for a later one. A duration such as 250ms, 10s or 1m30s, from 0ms to 168h. */
    readonly timeout?: Time | Ramp<Time>
  }
  /** Cut the stream into small pieces, with a pause after each. */
  readonly 'slicer': {
    /** Bytes of a piece, on average. A size such as 512B, 64KiB or 1MB, from 1B to 1GiB. */
    readonly average_size?: Size | Ramp<Size>
    /** How far a piece may be from that, either way; no piece is below one byte. A size such as 512B, 64KiB or 1MB, from 0B to 1GiB. */
    readonly size_variation?: Size | Ramp<Size>
    /** Pause after each piece. A duration such as 250ms, 10s or 1m30s, from 0ms to 1m. */
    readonly delay?: Time | Ramp<Time>
  }
  /** Delay the end of connections, not their bytes. */
  readonly 'slow_close': {
    /** How long the end of the stream is held back. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly delay: Time | Ramp<Time>
  }
  /** Stop the flow on live connections without closing them. */
  readonly 'stall': Record<string, never>
  /** Let new connections hang before they are made. */
  readonly 'syn_blackhole': Record<string, never>
  /** Swallow all bytes, then close the connection after a time. */
  readonly 'timeout': {
    /** When to close: from the arming, or from its start for a later connection; 0ms for never. A duration such as 250ms, 10s or 1m30s, from 0ms to 168h. */
    readonly timeout?: Time | Ramp<Time>
    /** Which connections close when the fault ends. lossy: those that lost bytes; all: every one that it took hold of. One of lossy, all. */
    readonly ending?: "lossy" | "all"
  }
  /** Close WebSockets with a code, at once, after a time or behind so many messages. */
  readonly 'websocket.close': {
    /** What both sides are told. 1005: a close without a code; 1006: no close at all, the connection is cut. A code that a peer can report of a close: 1000 to 1003, 1005 (none was given), 1006 (there was no close), 1007 to 1014, 3000 to 4999. */
    readonly code?: number | string
    /** The reason that the close gives. One line of at most 123 characters, of 41 where they are not all ASCII. */
    readonly reason?: string
    /** How long a connection lives: from the arming, or from when it became a WebSocket. A duration such as 250ms, 10s or 1m30s, from 0ms to 24h. */
    readonly time?: Time | Ramp<Time>
    /** Each lives longer by a time of its own, up to this. A duration such as 250ms, 10s or 1m30s, from 0ms to 24h. */
    readonly spread?: Time | Ramp<Time>
    /** In place of a time: it ends behind so many of its messages that the step means. A whole number, from 0 to 1000000000. */
    readonly messages?: number | Ramp<number>
    /** How the connection ends then. end: FIN; reset: RST. One of end, reset. */
    readonly how?: "end" | "reset"
  }
  /** Put a frame in the place of a message that no peer may stand. */
  readonly 'websocket.corrupt': {
    /** What is wrong. opcode: one that nobody knows; reserved_bits: set without an extension; utf8: a text that is none; mask: missing to the server, there to the client; fragments: a message amid another; control: a ping that is fragmented; close_code: a close with 1005, which only stands for the absence of one. One of opcode, reserved_bits, utf8, mask, fragments, control, close_code. */
    readonly what?: "opcode" | "reserved_bits" | "utf8" | "mask" | "fragments" | "control" | "close_code"
  }
  /** Lose pongs, so that pings stay unanswered on a connection that works. */
  readonly 'websocket.dead_pong': {
    /** What is lost. pongs: the answers only; pings_and_pongs: the other side sees no ping either, and may miss those. One of pongs, pings_and_pongs. */
    readonly what?: "pongs" | "pings_and_pongs"
  }
  /** Let messages come late. */
  readonly 'websocket.delay': {
    /** Time to hold a message back, from when it comes. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly delay: Time | Ramp<Time>
    /** How far the delay scatters: the largest change either way for uniform, the standard deviation for normal, the scale of the tail for the others. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly jitter?: Time | Ramp<Time>
    /** How the jitter is drawn. One of uniform, normal, lognormal, pareto, exponential. */
    readonly distribution?: "uniform" | "normal" | "lognormal" | "pareto" | "exponential"
  }
  /** Lose messages on the way. */
  readonly 'websocket.drop': Record<string, never>
  /** Let messages come more than once. */
  readonly 'websocket.duplicate': {
    /** How often a message comes again, at once; one past 1 MiB comes once only. A whole number, from 1 to 100. */
    readonly copies?: number | Ramp<number>
  }
  /** Cut messages into fragments, with pauses between them where that is asked for. */
  readonly 'websocket.fragment': {
    /** Frames that a frame becomes, empty ones where it has fewer bytes; each 64 KiB behind the first of a large one become one more. A whole number, from 2 to 1000. */
    readonly frames?: number | Ramp<number>
    /** Time between one fragment and the next. A duration such as 250ms, 10s or 1m30s, from 0ms to 1m. */
    readonly pause?: Time | Ramp<Time>
  }
  /** Let WebSockets die silently: they stay open, and nothing comes through any more, not even a pong or a close. */
  readonly 'websocket.freeze': Record<string, never>
  /** Change which subprotocol or extension the answer to a handshake names. */
  readonly 'websocket.mismatch': {
    /** What is changed. other_subprotocol: it is called `name`; no_subprotocol: none is named; other_extension: one called `name` is named, in the place of any; no_extension: none is named, though the server may use it. One of other_subprotocol, no_subprotocol, other_extension, no_extension. */
    readonly what?: "other_subprotocol" | "no_subprotocol" | "other_extension" | "no_extension"
    /** What is named. A token of at most 64 characters. */
    readonly name?: string
  }
  /** Take the offer of extensions, and with it compression, out of the requests for a WebSocket. */
  readonly 'websocket.no_extensions': Record<string, never>
  /** Make a message larger than any that is expected, or have it announce that it is. */
  readonly 'websocket.oversize': {
    /** What is large. announced: the length that the frame states, behind which comes what would have come; sent: the message itself, filled up with spaces. One of announced, sent. */
    readonly how?: "announced" | "sent"
    /** The length that is stated. A size such as 512B, 64KiB or 1MB, from 64KiB to 1024GiB. */
    readonly announced?: Size | Ramp<Size>
    /** The length of what is sent. A size such as 512B, 64KiB or 1MB, from 1KiB to 64MiB. */
    readonly sent?: Size | Ramp<Size>
  }
  /** Refuse to make a WebSocket of a connection, or never answer who asks for one. */
  readonly 'websocket.refuse_upgrade': {
    /** What becomes of the request. status: it is answered with `status`, and the server never hears of it; hang: no answer comes until the fault ends; wrong_accept: the server agrees, and its Sec-WebSocket-Accept is that of another request. One of status, hang, wrong_accept. */
    readonly how?: "status" | "hang" | "wrong_accept"
    /** With which status; 401 and 426 bring the fields that belong to them. A whole number, from 400 to 599. */
    readonly status?: number | Ramp<number>
    /** What Retry-After says, in whole seconds; 0 leaves it out. A duration such as 250ms, 10s or 1m30s, from 0ms to 1h. */
    readonly retry_after?: Time | Ramp<Time>
  }
  /** Let messages change places with those that come behind them. */
  readonly 'websocket.reorder': {
    /** The longest that a message waits for another to overtake it. A duration such as 250ms, 10s or 1m30s, from 10ms to 1m. */
    readonly within?: Time | Ramp<Time>
  }
  /** Let one side of a WebSocket read slowly, or not at all. */
  readonly 'websocket.slow_consumer': {
    /** Bytes a second that are read, each way; at 0B/s nothing is read until the fault ends. A rate such as 64KiB/s, from 0B/s to 1024GiB/s. */
    readonly rate?: Throughput | Ramp<Throughput>
  }
  /** Let so many messages through a second, on each connection or on all of the target together. */
  readonly 'websocket.throttle': {
    /** Messages a second, each way. A rate such as 100/s, from 0.01/s to 100000/s. */
    readonly rate?: Rate | Ramp<Rate>
    /** What the rate is for: each connection, or all connections of the target together. One of connection, target. */
    readonly per?: "connection" | "target"
  }
}

export type ErrorCode =
  | 'USAGE'
  | 'FAULT_UNKNOWN'
  | 'PARAM_UNKNOWN'
  | 'PARAM_INVALID'
  | 'PARAM_MISSING'
  | 'TARGET_UNKNOWN'
  | 'RULE_INVALID'
  | 'PORT_IN_USE'
  | 'LISTEN_FAILED'
  | 'TLS_INVALID'
  | 'REDIS_MISSING'
  | 'POSTGRES_MISSING'
  | 'SERVER_FAILED'
  | 'JOURNAL_FAILED'
  | 'JOURNAL_FORMAT'
  | 'RUN_UNKNOWN'
  | 'RUN_NAME_INVALID'
  | 'REPORT_FAILED'
  | 'WORKER_FAILED'
  | 'WORKER_LOST'
  | 'LOAD_FAILED'
  | 'LOAD_DRIVER_MISSING'
  | 'FILE_UNREADABLE'
  | 'FILE_EXISTS'
  | 'YAML_INVALID'
  | 'YAML_LIMIT'
  | 'KEY_UNKNOWN'
  | 'KEY_MISSING'
  | 'VALUE_INVALID'
  | 'NAME_INVALID'
  | 'NAME_TAKEN'
  | 'VARIABLE_UNKNOWN'
  | 'CAPTURE_UNKNOWN'
  | 'RAMP_LONG'
  | 'UPSTREAM_INVALID'
  | 'TLS_UNSUPPORTED'
  | 'PROTOCOL_MISMATCH'
  | 'CORRUPTION_REFUSED'
  | 'SCENARIO_UNKNOWN'
  | 'SIGNAL_UNKNOWN'
  | 'STEP_UNKNOWN'
  | 'STEP_INVALID'
  | 'EXPECTATION_INVALID'
  | 'SAMPLES_FEW'
  | 'VIA_UNSUPPORTED'
  | 'VIA_FAILED'
  | 'OBSERVE_FAILED'
  | 'UPSTREAM_DOWN'
  | 'APP_FAILED'
  | 'ACTION_FAILED'
  | 'UNDO_FAILED'
  | 'FAULT_BROKEN'
  | 'PAUSE_NEEDS_TERMINAL'
  | 'SWEEP_INVALID'
  | 'NOTHING_SEEN'
  | 'EXPERIMENT_INVALID'
  | 'CONFIG_INVALID'
  | 'NOTHING_TO_WRAP'
  | 'COMPOSE_INVALID'
  | 'COMMAND_MISSING'
  | 'COMMAND_UNUSABLE'
  | 'HALTED'
  | 'POLICY_DENIED'
  | 'POLICY_INVALID'
  | 'LEASE_LOST'
  | 'INJECTION_UNKNOWN'
  | 'UPSTREAM_REFUSED'
  | 'NOT_RUNNING'
  | 'SEVERAL_RUNNING'
  | 'CONTROL_FAILED'
  | 'INTERNAL'
