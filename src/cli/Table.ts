/** Rows of cells as lines, each column as wide as its widest cell. */

type Row = ReadonlyArray<string>

/** One line after the other, without its end, so that a long table is never one text. The head, if any, is the first. */
export function* lines<A>(
  items: ReadonlyArray<A>,
  row: (item: A) => Row,
  head: Row | null = null
): Generator<string> {
  const widths: Array<number> = []
  const measure = (cells: Row): void =>
    cells.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)))
  const line = (cells: Row): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  if (head !== null) measure(head)
  for (const item of items) measure(row(item))
  if (head !== null) yield line(head)
  for (const item of items) yield line(row(item))
}
