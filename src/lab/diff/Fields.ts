/** The fields in which two values differ that were written as JSON. The order of the keys of an object is no difference. */

/** One field. The texts are JSON; null: it is not there. */
export interface Changed {
  /** Such as `items[].price`: items of a list have no number, so that they are counted together. */
  readonly path: string
  readonly how: 'added' | 'removed' | 'changed'
  readonly from: string | null
  readonly to: string | null
}

/** A record that differs in more fields is different enough. */
const MOST = 200

/** A longer text is cut where it is shown. */
const MOST_TEXT = 200

const textOf = (value: unknown): string => {
  const json = JSON.stringify(value)
  return json.length <= MOST_TEXT ? json : `${json.slice(0, MOST_TEXT)}...`
}

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A name that could be taken for a path is quoted. */
const named = (name: string): string => (/^[\w$-]+$/.test(name) ? name : JSON.stringify(name))

export const join = (path: string, name: string): string =>
  path === '' || name === '' || name.startsWith('[') ? path + name : `${path}.${name}`

const changed = (path: string, from: unknown, to: unknown): Changed => ({
  path,
  how: 'changed',
  from: textOf(from),
  to: textOf(to)
})

const added = (path: string, to: unknown): Changed => ({ path, how: 'added', from: null, to: textOf(to) })

const removed = (path: string, from: unknown): Changed => ({
  path,
  how: 'removed',
  from: textOf(from),
  to: null
})

const walk = (path: string, a: unknown, b: unknown, found: Array<Changed>): void => {
  if (a === b || found.length >= MOST) return
  if (Array.isArray(a) && Array.isArray(b)) return walkLists(join(path, '[]'), a, b, found)
  if (isObject(a) && isObject(b)) return walkObjects(path, a, b, found)
  found.push(changed(path, a, b))
}

const walkLists = (
  path: string,
  a: ReadonlyArray<unknown>,
  b: ReadonlyArray<unknown>,
  found: Array<Changed>
): void => {
  for (let i = 0; i < Math.max(a.length, b.length); i++)
    if (i >= a.length) found.push(added(path, b[i]))
    else if (i >= b.length) found.push(removed(path, a[i]))
    else walk(path, a[i], b[i], found)
}

const walkObjects = (path: string, a: Fields, b: Fields, found: Array<Changed>): void => {
  for (const name of Object.keys(a)) {
    const at = join(path, named(name))
    if (Object.hasOwn(b, name)) walk(at, a[name], b[name], found)
    else found.push(removed(at, a[name]))
  }
  for (const name of Object.keys(b))
    if (!Object.hasOwn(a, name)) found.push(added(join(path, named(name)), b[name]))
}

/** Both are JSON. */
export const between = (a: string, b: string): ReadonlyArray<Changed> => {
  if (a === b) return []
  const found: Array<Changed> = []
  walk('', JSON.parse(a), JSON.parse(b), found)
  return found
}
