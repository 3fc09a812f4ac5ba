/** Dark or light: as the system has it unless somebody chose. Charts are painted, so they are told. */

export type Theme = 'auto' | 'dark' | 'light'
const KEY = 'brownout.theme'
const THEMES: readonly Theme[] = ['auto', 'dark', 'light']
const dark = matchMedia('(prefers-color-scheme: dark)')
const hearers = new Set<() => void>()
const colors = new Map<string, string>()

export const theme = (): Theme => THEMES.find((one) => one === localStorage.getItem(KEY)) ?? 'auto'
export const nextTheme = (): void => {
  localStorage.setItem(KEY, THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length] ?? 'auto')
  apply()
}

export function startTheme(): void {
  dark.addEventListener('change', apply)
  apply()
}

function apply(): void {
  const chosen = theme()
  document.documentElement.dataset['theme'] = chosen === 'auto' ? (dark.matches ? 'dark' : 'light') : chosen
  colors.clear()
  for (const hear of hearers) hear()
}

export function onTheme(hear: () => void): () => void {
  hearers.add(hear)
  return () => { hearers.delete(hear) }
}

/** The colour of that name in the style sheet, as it is now. */
export function color(name: string): string {
  const known = colors.get(name)
  if (known !== undefined) return known
  const found = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
  colors.set(name, found)
  return found
}
