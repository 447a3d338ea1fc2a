/** `kclts dead-letters discard`: copies letters to a file of their own, and marks them as done. */
import * as E from 'fp-ts/Either'
import * as Choice from '../../deadLetters/DeadLetterChoice'
import { marksOf } from '../../deadLetters/DeadLetterIndex'
import * as Marks from '../../deadLetters/DeadLetterMarks'
import * as Taking from '../../deadLetters/DeadLetterTaking'
import { counted, nothingTo, read, unreadable, withLock, type Code, type Options } from './file'
import type { Surroundings } from '../../edge/Surroundings'

/** Asks a question on the terminal; false where there is none to ask. */
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
  const index = read(file)
  if (E.isLeft(index)) return index
  around.stderr.write(unreadable(index.right))
  const chosen = Choice.choose(index.right.entries, options.choice)
  if (E.isLeft(chosen)) return chosen
  if (chosen.right.length === 0) {
    around.stdout(nothingTo('discard', index.right))
    return E.right(0)
  }
  const to = discarded(file, around.clock.wall())
  const what = counted(chosen.right.length, 'dead letter')
  if (!(await confirm(`Move ${what} of ${index.right.entries.length} to ${to}?`)))
    return E.left('nothing is moved without a yes; --yes says it where nobody can be asked')
  const digests = new Map(
    chosen.right.flatMap(({ lines }) => lines.map(({ offset, digest }) => [offset, digest] as const))
  )
  Marks.prepare(file)
  Taking.copy(file, to, ({ offset, digest }) => digests.get(offset) === digest)
  Marks.append(file, chosen.right.flatMap(marksOf('discarded', around.clock.wall())))
  around.stdout(`${what} moved to ${to}\n`)
  return E.right(0)
}

export const discard = (
  options: Options & { readonly exclusive: boolean },
  around: Surroundings,
  confirm: Confirm
): Promise<Code> => withLock('discard', options, around, (file) => move(file, options, around, confirm))
