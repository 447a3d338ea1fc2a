/** `kclts dead-letters compact`: takes the letters that are done out of the file. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Compact from '../../deadLetters/DeadLetterCompact'
import * as Taking from '../../deadLetters/DeadLetterTaking'
import { counted, RECOVERED, withLock, type Code, type Options } from './file'
import type { Surroundings } from '../../edge/Surroundings'

const summary = (file: string, { removed, before, after }: Compact.Compacted): string =>
  `${counted(removed, 'letter')} that ${removed === 1 ? 'was' : 'were'} done removed from ${file}: ${before} bytes before, ${after} now\n`

/** Workers may go on meanwhile. */
export const compact = (
  options: Options & { readonly exclusive: boolean },
  around: Surroundings
): Promise<Code> =>
  withLock('compact', options, around, (file) => {
    if (Taking.recover(file)) around.stderr.write(RECOVERED)
    return pipe(
      Compact.compact(file),
      E.map((compacted): Code => {
        around.stdout(summary(file, compacted))
        return 0
      })
    )
  })
