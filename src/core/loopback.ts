/** Hosts that are this machine: traffic to them crosses no network. */

/** True for 127.0.0.0/8, ::1 (in brackets or not) and localhost. */
export const isLoopback = (host: string): boolean => /^(127(\.\d{1,3}){3}|\[?::1\]?|localhost)$/i.test(host)
