/** The page's one door to time: what `core/clock.ts` is in a process. */

/** Of the machine on which the page is looked at, in ms since 1970. */
export const wallNow = (): number => Date.now()

/** Resolves after so many ms, or at once when `signal` is aborted. */
export const wait = (time: number, signal: AbortSignal): Promise<void> => new Promise((resolve) => {
  const timer = setTimeout(resolve, time)
  signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
})

/** Calls again and again until the answer is called. */
export function every(time: number, call: () => void): () => void {
  const timer = setInterval(call, time)
  return () => clearInterval(timer)
}
