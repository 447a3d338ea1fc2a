/** `kclts dead-letters discard`: copies letters to a file of their own, and marks them as done. */
import * as E from 'fp-ts/Either'
import { marksOf } from '../../deadLetters/DeadLetterIndex'
import * as Marks from '../../deadLetters/DeadLetterMarks'
import * as Taking from '../../deadLetters/DeadLetterTaking'
import { choose, counted, nothingTo, withLock, type Code, type Options } from './file'
import type { Surroundings } from '../../edge/Surroundings'

/** Asks a question on the terminal; false without a terminal. */
export type Confirm = (question: string) => Promise<boolean>

const discarded = (file: string, now: number): string =>
  `${file}.discarded-${new Date(now).toISOString().replace(/[:.]/g, '-')}`

/** Left: why nothing was moved. */
const move = async (
  file: string,
  options: Options,
  around: Surroundings,
  confirm: Confirm
): Promise<E.Either<string, Code>> => {
  Taking.recover(file)
  const chosen = choose(file, options, (text) => void around.stderr.write(text))
  if (E.isLeft(chosen)) return chosen
  const { index, entries } = chosen.right
  if (entries.length === 0) {
    around.stdout(nothingTo('discard', index))
    return E.right(0)
  }
  const to = discarded(file, around.clock.wall())
  const what = counted(entries.length, 'dead letter')
  if (!(await confirm(`Move ${what} of ${index.entries.length} to ${to}?`)))
    return E.left('nothing was moved, since the answer was not yes; without a terminal, add --yes')
  const digests = new Map(
    entries.flatMap(({ lines }) => lines.map(({ offset, digest }) => [offset, digest] as const))
  )
  Marks.prepare(file)
  Taking.copy(file, to, ({ offset, digest }) => digests.get(offset) === digest)
  Marks.append(file, entries.flatMap(marksOf('discarded', around.clock.wall())))
  around.stdout(`${what} moved to ${to}\n`)
  return E.right(0)
}

export const discard = (
  options: Options & { readonly exclusive: boolean },
  around: Surroundings,
  confirm: Confirm
): Promise<Code> => withLock('discard', options, around, (file) => move(file, options, around, confirm))
