/** `type: file`: a line of JSON for each output. */
import * as Bytes from '../../values/Bytes'
import * as Duration from '../../values/Duration'
import { Path } from '../../values/Key'
import { required, unset } from '../../values/KeySchema'
import { common, ids, type Settings } from './Kind'

export const LIMITS = { count: 100_000, bytes: 64 << 20, entryBytes: 64 << 20 }

const schema = {
  path: required(
    Path,
    'The file to write, with one line of JSON per output. Several processes on one machine may write to the same file.',
    './orders.ndjson'
  ),
  ids,
  rotate: {
    size: unset(
      Bytes.AboveZero,
      'Begin a new file when the file reaches this size. The time is added to the name of the old file.',
      '100MB'
    ),
    interval: unset(Duration.AboveZero, 'Begin a new file when the file reaches this age.', '1d')
  },
  ...common(1000, '1MiB')
}

export type File = Settings<'file', typeof schema>

export const file = { schema }
