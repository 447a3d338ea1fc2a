/** The configuration of which nothing is said but the defaults of the table; paths as they stand there. */
import * as E from 'fp-ts/Either'
import * as Config from '../../src/config/Config'

export const defaults = Config.assemble(
  new Map(
    Config.keys.flatMap(({ path, codec, fallback }) => {
      const decoded = codec.decode(fallback)
      return E.isRight(decoded) ? [[path, decoded.right] as const] : []
    })
  )
)
