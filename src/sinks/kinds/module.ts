/** `type: module`: a function that the handler's module exports. */
import * as E from 'fp-ts/Either'
import { required } from '../../values/KeySchema'
import type { ModuleSink } from '../module'
import { common, kind, Text } from './Kind'

const isFunction = (value: unknown): value is ModuleSink => typeof value === 'function'

const schema = {
  export: required(Text, "The function that the handler's module exports under this name.", 'store'),
  ...common(100, '1MiB')
}

export const module = kind({
  schema,
  open: async (settings, { exported }) => {
    const store = exported(settings.export)
    return isFunction(store)
      ? E.right((await import('../module.js')).transport(store))
      : E.left(`: the handler's module has no export \`${settings.export}\` that is a function`)
  }
})
