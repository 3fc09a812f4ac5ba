/** What the server refused, where it was asked. */

import type { Refused } from './api.ts'

export const Trouble = ({ of }: { readonly of: Refused | undefined }) => (of === undefined ? null : (
  <div class="trouble" role="alert"><p><i aria-hidden="true">✕</i> {of.message}{of.code !== undefined && <code>{of.code}</code>}</p>{of.hint !== undefined && <p class="soft">{of.hint}</p>}</div>
))
