/** `type: file`: a line of JSON for each output. */
import * as E from 'fp-ts/Either'
import * as Bytes from '../../values/Bytes'
import * as Duration from '../../values/Duration'
import { Path } from '../../values/Key'
import { required, unset } from '../../values/KeySchema'
import { common, ids, kind, type Settings } from './Kind'

const schema = {
  path: required(
    Path,
    'The file, one JSON line an output. The processes of one machine may share it.',
    './orders.ndjson'
  ),
  ids,
  rotate: {
    size: unset(
      Bytes.Above,
      'Begin a new file once it is as large; the old one gets the time in its name.',
      '100MB'
    ),
    interval: unset(Duration.Above, 'Begin a new file once it is as old.', '1d')
  },
  ...common(1000, '1MiB')
}

export type File = Settings<'file', typeof schema>

export const file = kind({
  schema,
  open: async (settings, { wall }) => {
    const File = await import('../file.js')
    const problem = File.problemOf(settings)
    return problem === null
      ? E.right(await File.transport(settings, settings.path, wall))
      : E.left(`.path: ${problem}`)
  }
})
