/** `kclts dead-letters discard`: moves letters to a file of their own. Nothing is ever deleted. */
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Choice from '../edge/DeadLetterChoice'
import * as Index from '../edge/DeadLetterIndex'
import * as Taking from '../edge/DeadLetterTaking'
import * as Lock from '../edge/Lock'
import { counted, find, read, unreadable, type Code, type Options } from './deadLettersFile'
import type { Surroundings } from './Surroundings'

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
    around.stdout('there is nothing to discard\n')
    return E.right(0)
  }
  const to = discarded(file, around.clock.wall())
  const what = counted(chosen.right.length, 'dead letter')
  if (!(await confirm(`Move ${what} of ${index.right.entries.length} to ${to}?`)))
    return E.left('nothing is moved without a yes; --yes says it where nobody can be asked')
  const keys = new Set(chosen.right.map(Index.keyOf))
  Taking.take(file)
  Taking.copyTaken(file, to, (key) => keys.has(key))
  Taking.settle(file, (key) => keys.has(key))
  around.stdout(`${what} moved to ${to}\n`)
  return E.right(0)
}

export const discard = async (options: Options, around: Surroundings, confirm: Confirm): Promise<Code> => {
  const fail = (problem: string, code: Code): Code => {
    around.stderr.write(`kclts dead-letters discard: ${problem}\n`)
    return code
  }
  const file = find(options, around)
  if (E.isLeft(file)) return fail(file.left, 2)
  const lock = Lock.acquire(file.right)
  if (E.isLeft(lock)) return fail(lock.left, 2)
  try {
    const moved = await move(file.right, options, around, confirm)
    return E.isLeft(moved) ? fail(moved.left, 2) : moved.right
  } catch (thrown) {
    return fail(Failure.show(Failure.fromUnknown(thrown)), 1)
  } finally {
    lock.right.release()
  }
}
