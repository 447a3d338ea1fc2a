/** Where a command shows the same thing again and again as it changes. */

export interface Canvas {
  /** How wide a line may be; null: any. */
  readonly width: () => number | null
  /** Text of whole lines, in place of what was drawn before. */
  readonly draw: (text: string) => void
  /** Leaves what was drawn last. */
  readonly close: () => void
}

/** One below the other, with `gap` between them. */
export const appending = (
  write: (text: string) => void,
  { gap, width }: { readonly gap: string; readonly width: number | null }
): Canvas => {
  let isFirst = true
  return {
    width: () => width,
    draw: (text) => {
      write(isFirst ? text : gap + text)
      isFirst = false
    },
    close: () => undefined
  }
}

export interface Terminal {
  readonly columns: number
  readonly rows: number
  readonly write: (text: string) => unknown
  readonly on: (name: 'resize', then: () => void) => unknown
  readonly off: (name: 'resize', then: () => void) => unknown
}

// xterm's control sequences: the other screen, which leaves what was typed before as it was; no cursor; long lines are cut.
const OPEN = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const CLOSE = '\x1b[?7h\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const REST_OF_LINE = '\x1b[K'
const REST_OF_SCREEN = '\x1b[J'

/** As many lines as there is room for, the last of which says how many there are beside them. */
const fitting = (lines: ReadonlyArray<string>, rows: number): ReadonlyArray<string> =>
  lines.length <= rows
    ? lines
    : [...lines.slice(0, rows - 1), `... and ${lines.length - rows + 1} more lines: a pipe shows all`]

/** On a terminal, in place. What was drawn last stays there as a whole once it is closed. */
export const inPlace = (terminal: Terminal): Canvas => {
  let last: string | null = null
  const redraw = (): void => {
    const lines = fitting((last ?? '').split('\n').slice(0, -1), Math.max(2, terminal.rows))
    terminal.write(`${HOME}${lines.map((line) => line + REST_OF_LINE).join('\n')}${REST_OF_SCREEN}`)
  }
  return {
    width: () => terminal.columns,
    draw: (text) => {
      if (last === null) {
        terminal.write(OPEN)
        terminal.on('resize', redraw)
      }
      last = text
      redraw()
    },
    close: () => {
      if (last === null) return
      terminal.off('resize', redraw)
      terminal.write(CLOSE + last)
      last = null
    }
  }
}
