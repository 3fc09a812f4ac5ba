/** Advice in words that every format shows alike. */

import type { Advice } from '../advice/advice.ts'
import { plain } from './words.ts'

/** What is said of a piece of advice, in order: a head, and sentences and code under it. */
export interface AdviceBlock { readonly head: string; readonly items: readonly { readonly text: string; readonly code: readonly string[] }[] }

export const adviceTitle = ({ title, target }: Advice): string => plain(target === undefined ? title : `${title}, for ${target}`)

export const adviceBlocks = ({ evidence, actions, gain, confidence, limits }: Advice): readonly AdviceBlock[] => [
  { head: 'seen', items: evidence.map(({ text, lines = [] }) => ({ text: plain(text), code: lines.map(plain) })) },
  { head: 'do', items: actions.map(({ text, code }) => ({ text: plain(text), code: code === undefined ? [] : code.split('\n').map(plain) })) },
  { head: 'gain', items: [{ text: plain(`${gain.text}. ${gain.how === undefined ? 'It was not estimated.' : `Estimated from ${gain.how}.`}`), code: [] }] },
  { head: 'sure?', items: [{ text: plain(`${confidence} confidence${limits.length > 0 ? `; ${limits.join('; ')}` : ''}`), code: [] }] },
]

/** Of a record without any. */
export const nothingWords = (spots: readonly string[]): readonly string[] => ['Nothing to advise: no rule saw anything that asks for it.', ...spots.map((one) => plain(one))]
