/** Hosts that are this machine: traffic to them crosses no network. */

/** True for 127.0.0.0/8, ::1 (in brackets or not) and localhost. */
export const isLoopback = (host: string): boolean => /^(127(\.\d{1,3}){3}|\[?::1\]?|localhost)$/i.test(host)

/** A Postgres URL whose TLS is not verified where it leads to this machine: there a certificate says nothing that the address does not. */
export function trustingLoopback(url: string): string {
  return URL.canParse(url) && isLoopback(new URL(url).hostname) ? url.replace(/([?&]sslmode=)require\b/, '$1no-verify') : url
}
