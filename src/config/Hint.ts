/** The known key that an unknown one may have been meant to be. */
import { distance } from 'fastest-levenshtein'
import * as Config from './Config'

/** Letters alone: `dead_letters`, `dead-letters` and `deadLetters` are one name. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** What is left of a name without the section that it begins with. */
const withoutSection = (name: string): string =>
  name.slice(Config.sections.map(plain).find((section) => name.startsWith(section))?.length ?? 0)

/** Changed letters until one name is the other; Infinity when too many of them for a slip. */
const slips = (a: string, b: string): number => {
  const changed = distance(a, b)
  return changed <= Math.min(3, Math.floor(0.4 * Math.max(a.length, b.length))) ? changed : Infinity
}

const far = (name: string, path: string): number => {
  const [section = '', key] = path.split('.').map(plain)
  if (key === undefined) return slips(name, section)
  if (name.startsWith(section)) return slips(name.slice(section.length), key)
  // The right key in the wrong section, or in none; a slip on top of that is a guess.
  return withoutSection(name) === key ? 0.5 : slips(name, section + key)
}

/** The path of the nearest key or, of `paths`, whatever else may stand there; undefined when none is near. */
export const nearest = (name: string, paths: ReadonlyArray<string>): string | undefined =>
  paths
    .map((path) => ({ path, far: far(plain(name), path) }))
    .filter((one) => one.far !== Infinity)
    .sort((a, b) => a.far - b.far)[0]?.path
