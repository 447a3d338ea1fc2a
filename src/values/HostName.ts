/** The names that a server may be asked by. */
import { parsed } from './Codec'

const NAME = /^(?!-)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/

/** As names are compared: `Status.Example.com.` is `status.example.com`. */
export const normal = (name: string): string => name.toLowerCase().replace(/\.$/, '')

const isName = (u: unknown): u is string => typeof u === 'string' && u.length <= 253 && NAME.test(normal(u))

const areNames = (u: unknown): u is ReadonlyArray<string> =>
  Array.isArray(u) && u.length > 0 && u.every(isName)

/** Several, in their normal form. */
export const Names = parsed(
  'host names without a port, such as "status.example.com worker.local", or a list of them',
  {
    type: ['string', 'array'],
    items: { type: 'string', pattern: '^[A-Za-z0-9_.-]+$' },
    minItems: 1,
    minLength: 1
  },
  {
    is: areNames,
    parse: (u) => {
      const names = typeof u === 'string' ? u.split(/[\s,]+/).filter((one) => one !== '') : u
      return areNames(names) ? names.map(normal) : names
    },
    encode: (names) => names.join(' ')
  }
)
