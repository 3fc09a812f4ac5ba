/** A line of the prompt as words: parted by spaces, quotes keep what is between them together. */

export interface Word {
  readonly text: string
  /** Where it begins in the line. */
  readonly from: number
}
/** `open`: a quote that nothing closes. */
export interface Words { readonly words: readonly Word[]; readonly open: '"' | "'" | undefined }

/** Between quotes everything stands for itself; outside and between double quotes a backslash takes the meaning of what follows. */
export function wordsOf(line: string): Words {
  const words: Word[] = []
  let word: { text: string; readonly from: number } | undefined
  let quote: Words['open']
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at)
    if (quote === undefined && /\s/.test(char)) {
      if (word) words.push(word)
      word = undefined
      continue
    }
    word ??= { text: '', from: at }
    if (char === '\\' && quote !== "'" && at + 1 < line.length) word.text += line.charAt(++at)
    else if (char === quote) quote = undefined
    else if (quote === undefined && (char === '"' || char === "'")) quote = char
    else word.text += char
  }
  return { words: word ? [...words, word] : words, open: quote }
}

/** A word that `wordsOf` reads as it was. */
export const quoted = (text: string): string => (/^[^\s"'\\]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`)
