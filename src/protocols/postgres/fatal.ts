/** What a server says when it ends a session, or does not begin one: its own words, by the names of its conditions. (PostgreSQL 18, appendix A) */

import { errorResponse, INJECTED, noticeResponse } from './reply.ts'

/** Of a session that was there. */
export type Ending = 'admin_shutdown' | 'crash_shutdown' | 'idle_in_transaction' | 'idle_session'

export function lastWords(why: Ending): Buffer {
  const said = { severity: 'FATAL', detail: INJECTED, file: 'postgres.c', routine: 'ProcessInterrupts' }
  switch (why) {
    case 'admin_shutdown': return errorResponse({ ...said, code: '57P01', message: 'terminating connection due to administrator command' })
    case 'idle_in_transaction': return errorResponse({ ...said, code: '25P03', message: 'terminating connection due to idle-in-transaction timeout' })
    case 'idle_session': return errorResponse({ ...said, code: '57P05', message: 'terminating connection due to idle-session timeout' })
    // A server whose neighbour has crashed trusts its own state no more: it warns, and is gone.
    case 'crash_shutdown': return noticeResponse({
      severity: 'WARNING', code: '57P02', message: 'terminating connection because of crash of another server process',
      detail: 'The postmaster has commanded this server process to roll back the current transaction and exit, because another server process exited abnormally and possibly corrupted shared memory.',
      hint: 'In a moment you should be able to reconnect to the database and repeat your command.', file: 'postgres.c', routine: 'quickdie',
    })
  }
}

/** Of a login. */
export type Refusal = 'invalid_password' | 'unknown_role' | 'unknown_database' | 'too_many_connections' | 'starting_up' | 'shutting_down' | 'in_recovery'

export function refusal(why: Refusal, { user, database }: { readonly user: string; readonly database: string }): Buffer {
  const fatal = (code: string, message: string, file: string, routine: string): Buffer => errorResponse({ severity: 'FATAL', code, message, detail: INJECTED, file, routine })
  switch (why) {
    case 'invalid_password': return fatal('28P01', `password authentication failed for user "${user}"`, 'auth.c', 'auth_failed')
    case 'unknown_role': return fatal('28000', `role "${user}" does not exist`, 'miscinit.c', 'InitializeSessionUserId')
    case 'unknown_database': return fatal('3D000', `database "${database}" does not exist`, 'postinit.c', 'InitPostgres')
    case 'too_many_connections': return fatal('53300', 'sorry, too many clients already', 'proc.c', 'InitProcess')
    case 'starting_up': return fatal('57P03', 'the database system is starting up', 'postmaster.c', 'ProcessStartupPacket')
    case 'shutting_down': return fatal('57P03', 'the database system is shutting down', 'postmaster.c', 'ProcessStartupPacket')
    case 'in_recovery': return fatal('57P03', 'the database system is in recovery mode', 'postmaster.c', 'ProcessStartupPacket')
  }
}
