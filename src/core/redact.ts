/** Keeps secrets out of whatever people or files are shown. Pure. */

const HIDDEN = '***'
/** Shorter values would blank out half a sentence; inside a URL they are hidden all the same. */
const SECRET_LENGTH_MIN = 4

/** What looks like a secret by its name: `API_TOKEN`, `db_password`, `authorization`. */
export const isSecretName = (name: string): boolean => /token|passw|pwd|secret|credential|authorization|cookie|(^|[_-])(key|auth)$|api_?key/i.test(name)

/** `text` without any of the secrets, as they are, percent-encoded or inside JSON, and without the password of any URL in it. */
export function redact(text: string, secrets: readonly string[]): string {
  const spellings = new Set(secrets.filter((secret) => secret.length >= SECRET_LENGTH_MIN).flatMap((secret) => [secret, encodeURIComponent(wellFormed(secret)), JSON.stringify(secret).slice(1, -1)]))
  // The longest first: one secret may hold another.
  const bare = [...spellings].sort((a, b) => b.length - a.length).reduce((kept, secret) => kept.replaceAll(secret, HIDDEN), text)
  return withoutPasswords(bare)
}

/** Hides `user:PASSWORD@` and `?password=…` of every URL in `text`. Time grows with the length of the text only. */
export const withoutPasswords = (text: string): string => text
  .replace(/:\/\/([^\s/?#"'<>]*)@/g, (_whole, user: string) => `://${user.includes(':') ? `${user.slice(0, user.indexOf(':'))}:${HIDDEN}` : user}@`)
  .replace(/([?&](?:password|passwd|secret|token|api_?key|auth)=)[^&\s#"'<>]*/gi, `$1${HIDDEN}`)

/** The passwords in the URLs of a text, encoded and decoded. One that is only the name of its user or scheme hides nothing. */
export const passwordsOf = (text: string): readonly string[] =>
  [...new Set([...text.matchAll(/[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'<>]+/gi)].flatMap(([url]) => (URL.canParse(url) ? passwordsIn(new URL(url)) : [])))]

function passwordsIn(url: URL): readonly string[] {
  const plain = new Set([url.username, decoded(url.username), url.protocol.slice(0, -1), 'postgres', 'redis', ''])
  const inQuery = [...url.searchParams].filter(([name]) => isSecretName(name)).map(([, value]) => value)
  return [url.password, decoded(url.password), ...inQuery].filter((password) => !plain.has(password))
}

/** Without lone surrogates, which encodeURIComponent throws on. */
const wellFormed = (text: string): string => Buffer.from(text).toString()

/** Percent-encoded text as it was meant; as it is where it is none. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}
