/**
 * Dead letters that go to a sink, and to a file where the sink does not take them: one that is too large for the sink, or
 * that it refuses in another way, would stop its shard at each start otherwise. A sink that is out of order is another
 * matter: its letters wait until the deadline of the sink, and then the worker halts.
 */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { DeadLetter } from '../core/DeadLetter'
import * as Failure from '../core/Failure'
import * as Position from '../protocol/Position'
import * as DeadLetterFile from './DeadLetterFile'
import * as FileKind from '../files/FileKind'
import * as Folders from '../files/Folders'

/** Why a sink has not taken a letter. */
export interface Unburied {
  /** The sink answers, and does not take this letter; false: it gave no clear answer, or was closed. */
  readonly isRefused: boolean
  readonly failure: Failure.Failure
}

export type BuryInSink = (letter: DeadLetter) => Promise<E.Either<Unburied, void>>

export interface Fallback {
  readonly bury: (letter: DeadLetter) => Promise<E.Either<Failure.Failure, void>>
  readonly close: () => void
}

/** The payload of the largest record of Kinesis in base64, and the other keys of its letter. */
export const LARGEST_LETTER = Math.ceil((10 << 20) / 3) * 4 + (4 << 10)

/** Why no letter could be written there; null when one could. Nothing is made. */
export const problemOf = (file: string): string | null => {
  try {
    const found = Folders.nearest(file)
    const odd = FileKind.oddity(file)
    if (odd !== null) return `${file} is ${odd}, and dead letters need a regular file`
    fs.accessSync(found, fs.constants.W_OK | fs.constants.R_OK)
    return null
  } catch (thrown) {
    return Failure.fromUnknown(thrown).message
  }
}

const nowhere = (refused: Failure.Failure, file: string, failed: Failure.Failure): Failure.Failure =>
  Failure.make(
    refused.name,
    `${refused.message}; nor can the letter be written to ${file} (failure.fallback): ${Failure.show(failed)}`,
    refused.stack
  )

/** The file is made, or opened, at the first letter that needs it. `onWarning`: each letter that does. */
export const make = (
  buryInSink: BuryInSink,
  file: string,
  onWarning: (warning: string) => void
): Fallback => {
  let opened: DeadLetterFile.DeadLetterFile | null = null
  const open = (): E.Either<Failure.Failure, DeadLetterFile.DeadLetterFile> => {
    if (opened !== null) return E.right(opened)
    const found = DeadLetterFile.open(file, onWarning)
    if (E.isRight(found)) opened = found.right
    return found
  }
  return {
    bury: async (letter) => {
      const buried = await buryInSink(letter)
      if (E.isRight(buried)) return buried
      const { isRefused, failure } = buried.left
      if (!isRefused) return E.left(failure)
      const written = pipe(
        open(),
        E.chain((letters) => letters.bury(letter))
      )
      if (E.isLeft(written)) return E.left(nowhere(failure, file, written.left))
      onWarning(
        `the dead letter of ${letter.shardId} at ${Position.show(letter)} is in ${file}, since its sink refuses it: ${Failure.show(failure)}`
      )
      return written
    },
    close: () => void opened?.close()
  }
}
