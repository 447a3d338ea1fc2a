/** `kclts dead-letters replay`: the letters once more through the handler; what finishes is marked as done. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Marks from '../../deadLetters/DeadLetterMarks'
import * as Taking from '../../deadLetters/DeadLetterTaking'
import * as Replay from '../../dev/Replay'
import * as Screen from '../../dev/Screen'
import type { Surroundings } from '../../edge/Surroundings'
import * as Managed from '../../run/Managed'
import {
  choose,
  counted,
  nothingTo,
  read,
  RECOVERED,
  withLock,
  type Code,
  type Options as Common
} from './file'

export interface Options extends Common, Replay.Options {
  readonly exclusive: boolean
}

const sentence = (counts: Replay.Counts, left: number, { dryRun }: Options): string =>
  [
    dryRun ? 'dry run, nothing was delivered or changed: ' : '',
    `${counted(counts.replayed, 'letter')} replayed, ${counts.finished} finished, ${counts.failed} failed again, ${left} left\n`
  ].join('')

const ENDINGS: Readonly<Record<Replay.Counts['ending'], string>> = {
  Done: '',
  Stopped: 'stopped before the end\n',
  Failed: 'halted before the end; the log says why\n'
}

const summary =
  (file: string, options: Options, around: Surroundings, screen: Screen.Screen) =>
  (counts: Replay.Counts): E.Either<string, Code> =>
    pipe(
      read(file),
      E.map(({ entries: { length } }): Code => {
        const { ending, finished, failed, unmarked } = counts
        screen.close()
        around.stdout(sentence(counts, options.dryRun ? length - finished : length, options))
        screen.print(ENDINGS[ending])
        if (unmarked !== null)
          screen.print(`letters that are done could not be marked, and will come again: ${unmarked}\n`)
        return ending === 'Done' && failed === 0 && unmarked === null ? 0 : 1
      })
    )

const replayLocked = async (
  file: string,
  options: Options,
  around: Surroundings,
  screen: Screen.Screen
): Promise<E.Either<string, Code>> => {
  if (!options.dryRun && Taking.recover(file)) screen.print(RECOVERED)
  const chosen = choose(file, options, screen.print)
  if (E.isLeft(chosen)) return chosen
  const { index, entries } = chosen.right
  const lines: Code = index.unreadable.length > 0 ? 1 : 0
  if (entries.length === 0) {
    around.stdout(nothingTo('replay', index))
    return E.right(lines)
  }
  if (!options.dryRun) Marks.prepare(file)
  const code = await pipe(
    Replay.open(file, options, around, screen),
    Managed.use(
      async (stage) =>
        pipe(
          await Replay.replay(file, { entries, stage, dry: options, around, screen }),
          E.chain(summary(file, options, around, screen))
        ),
      (problem) => screen.print(`kclts dead-letters replay: ${problem}\n`)
    )
  )()
  return pipe(
    code,
    E.mapLeft(({ problems }) => problems.join('\n')),
    E.flatten,
    E.map((ended) => (ended === 0 ? lines : ended))
  )
}

/** Progress and logs go to stderr, the summary to stdout. */
export const replay = (options: Options, around: Surroundings): Promise<Code> =>
  Screen.during(around, (screen) =>
    withLock(
      'replay',
      // A dry run changes nothing that another machine could have.
      { ...options, exclusive: options.exclusive || options.dryRun },
      around,
      (file) => replayLocked(file, options, around, screen),
      screen.print
    )
  )
