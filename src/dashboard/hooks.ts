/** How parts of the page are drawn anew. */

import { useEffect, useReducer } from 'preact/hooks'
import type { Board, Topic } from './board.ts'
import { every } from './clock.ts'

/** Drawn anew when one of these has changed: once a frame at the most. */
export function useTopics(board: Board, ...topics: readonly Topic[]): void {
  const [, again] = useReducer<number, undefined>((count) => count + 1, 0)
  useEffect(() => {
    const stop = topics.map((topic) => board.on(topic, () => again(undefined)))
    return () => { for (const end of stop) end() }
  }, [board, topics.join()])
}

/** Drawn anew each `time` ms, for clocks. */
export function useClock(time: number): void {
  const [, again] = useReducer<number, undefined>((count) => count + 1, 0)
  useEffect(() => every(time, () => again(undefined)), [time])
}
