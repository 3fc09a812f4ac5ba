/** A few numbers that a rule counts in: its own, or in common with other processes that have armed it too. */

export const NUMBERS = 16

export interface Common {
  /** Other processes change them as well. */
  readonly shared: boolean
  /** Runs `act` on the numbers, zero at first, while nobody else does; what it writes into them is there for the next. */
  alone<T>(act: (numbers: Float64Array) => T): T
}

/** Nobody else's. */
export class Own implements Common {
  readonly shared = false
  readonly #numbers = new Float64Array(NUMBERS)

  alone<T>(act: (numbers: Float64Array) => T): T { return act(this.#numbers) }
}

type Tree = Record<string, unknown>

/** Into the numbers of `shared`, those in the objects within it too, as `writeNumbers` has left them; where nobody has yet, it stays as it is. */
export function readNumbers(numbers: Float64Array, shared: unknown): void {
  if (numbers[0] === 0) return
  eachNumber(shared, 1, (tree, key, at) => { tree[key] = numbers[at] })
}

export function writeNumbers(shared: unknown, numbers: Float64Array): void {
  numbers[0] = 1
  eachNumber(shared, 1, (tree, key, at) => { numbers[at] = Number(tree[key]) })
}

/** Returns where the next one stands. */
function eachNumber(value: unknown, from: number, visit: (tree: Tree, key: string, at: number) => void): number {
  if (typeof value !== 'object' || value === null) return from
  const tree = value as Tree
  let at = from
  for (const key of Object.keys(tree)) {
    if (typeof tree[key] === 'number') visit(tree, key, at++)
    else at = eachNumber(tree[key], at, visit)
  }
  return at
}
