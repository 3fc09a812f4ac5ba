/** The truth about what a client cannot know. */

/** For the journal, of a command or a statement whose connection closes. What else was sent and is not answered may have been executed or not. */
export const truthOf = (executed: boolean, others: number): string => `executed: ${executed ? 'yes' : 'no'}${others > 0 ? `; of ${others} more sent it is not known` : ''}`
