/** One of a few, side by side. */

interface SegmentsProps<T> { readonly label: string; readonly choices: readonly (readonly [name: string, value: T])[]; readonly chosen: T; readonly choose: (value: T) => void }

export const Segments = <T,>({ label, choices, chosen, choose }: SegmentsProps<T>) => (
  <fieldset class="segments" aria-label={label}>
    {choices.map(([name, value]) => <button type="button" key={name} aria-pressed={value === chosen} onClick={() => choose(value)}>{name}</button>)}
  </fieldset>
)
