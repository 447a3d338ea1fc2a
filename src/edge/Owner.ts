/** Who decides what lies in a folder: its owner may rename and replace all that others have put there. */
import type * as fs from 'node:fs'

const ROOT = 0

/** The user, neither this one nor root, to whom it belongs; null: there is none. */
export const stranger = ({ uid }: Pick<fs.Stats, 'uid'>): number | null => {
  const own = process.getuid?.() ?? uid
  return uid === own || uid === ROOT ? null : uid
}
