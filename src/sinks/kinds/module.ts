/** `type: module`: a function that the handler's module exports. */
import { required } from '../../values/KeySchema'
import { common, Text, type Settings } from './Kind'

export const LIMITS = { count: 10_000, bytes: 64 << 20, entryBytes: 64 << 20 }

const schema = {
  export: required(Text, 'The name of a function that the module of the handler exports.', 'store'),
  ...common(100, '1MiB')
}

export type Module = Settings<'module', typeof schema>

export const module = { schema }
