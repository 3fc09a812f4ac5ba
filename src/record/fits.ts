/** Whether a value read from a file has the fields that it must have. */

export type Type = 'string' | 'number' | 'boolean' | 'object' | 'array' | 'any'
export type Shape = Readonly<Record<string, Type>>

/** `object` is neither null nor, where that matters, looked into; fields that are inherited do not count. */
export function fits(value: unknown, shape: Shape): value is object {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(shape).every(([key, type]) => {
    const field: unknown = Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined
    if (type === 'any') return true
    if (type === 'array') return Array.isArray(field)
    return type === 'object' ? typeof field === 'object' && field !== null : typeof field === type
  })
}

export const allFit = (list: unknown, shape: Shape): boolean => Array.isArray(list) && list.every((one) => fits(one, shape))
