/** A row of a DynamoDB table, as its client gives it. What is missing, or of another type, is null. */

interface Attribute {
  readonly S?: string
  /** A number in decimal digits. */
  readonly N?: string
  readonly SS?: ReadonlyArray<string>
}

export type Item = Readonly<Record<string, Attribute>>

/** Empty text counts as no value. */
export const text = (item: Item, name: string): string | null => item[name]?.S || null

export const number = (item: Item, name: string): number | null => {
  const digits = item[name]?.N
  return digits === undefined ? null : Number(digits)
}

/** A set has no order of its own. */
export const texts = (item: Item, name: string): ReadonlyArray<string> => [...(item[name]?.SS ?? [])].sort()
