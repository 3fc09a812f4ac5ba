/** Text in GitHub's Markdown. */

import { plain } from './words.ts'

/** Text of others as text: no markup, no table cell, no link, nobody mentioned. */
export const literal = (text: string): string =>
  plain(text).replace(/[\\`*_{}[\]#|~!]/g, '\\$&').replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/@/g, '&#64;')
