/** stderr of a command that works for a while: lines of text, and how far the work is. */
import type * as cliProgress from 'cli-progress'
import type { Surroundings } from '../edge/Surroundings'

export interface Progress {
  readonly done: number
  /** null: not known. */
  readonly total: number | null
  readonly text: string
}

export interface Screen {
  /** Text that stays. It need not end in a newline; the rest of a line may follow. */
  readonly print: (text: string) => void
  readonly progress: (progress: Progress) => void
  readonly close: () => void
}

/** Where there is no terminal: each progress is a line. */
export const plain = (write: (text: string) => void): Screen => {
  let last = ''
  return {
    print: write,
    progress: ({ done, total, text }) => {
      const line = `kclts: ${done}${total === null ? '' : ` of ${total}`} records, ${text}\n`
      if (line !== last) write(line)
      last = line
    },
    close: () => undefined
  }
}

const FORMAT = '{bar} {percentage}% | {value} of {total} records | {text}'
const FORMAT_UNKNOWN = '{value} records | {text}'

/** A bar on the last line; text scrolls above it. */
export const terminal = async (stream: NodeJS.WritableStream): Promise<Screen> => {
  const { default: progress } = await import('cli-progress')
  const bars = new progress.MultiBar(
    { stream, gracefulExit: false, hideCursor: false, barsize: 24, format: FORMAT },
    progress.Presets.shades_classic
  )
  let bar: cliProgress.SingleBar | null = null
  let rest = ''
  const print = (text: string): void => {
    const whole = rest + text
    const end = whole.lastIndexOf('\n') + 1
    rest = whole.slice(end)
    if (end === 0) return
    // Without a bar nothing would ever redraw, and the text would wait for ever.
    if (bar === null) stream.write(whole.slice(0, end))
    else {
      bars.log(whole.slice(0, end))
      bars.update()
    }
  }
  return {
    print,
    progress: ({ done, total, text }) => {
      bar ??= bars.create(total ?? 0, 0, { text }, { format: total === null ? FORMAT_UNKNOWN : FORMAT })
      if (total !== null) bar.setTotal(Math.max(total, done))
      bar.update(done, { text })
    },
    close: () => {
      if (rest !== '') print('\n')
      if (bar !== null) bars.stop()
      bar = null
    }
  }
}

/** Runs with a screen, on which all that is printed meanwhile is shown. */
export const during = async <A>(
  { isTerminal, stderr, capture }: Surroundings,
  run: (screen: Screen) => Promise<A>
): Promise<A> => {
  const screen = isTerminal ? await terminal(stderr) : plain((text) => void stderr.write(text))
  const release = capture(screen.print)
  try {
    return await run(screen)
  } finally {
    release()
    screen.close()
  }
}
