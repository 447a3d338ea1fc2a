/** Whose files and folders are. */
import * as fs from 'node:fs'

const ROOT = 0

/**
 * Who decides what lies in a folder, since its owner may rename and replace all that others have put there: the user,
 * neither this one nor root, to whom it belongs; null: there is none.
 */
export const stranger = ({ uid }: Pick<fs.Stats, 'uid'>): number | null => {
  const own = process.getuid?.() ?? uid
  return uid === own || uid === ROOT ? null : uid
}

/**
 * What root makes in a folder of another user belongs to that user, whose workers must be able to write it. Does
 * nothing for other users, and where even root may not give files away.
 */
export const give = (made: number | string, owner: Pick<fs.Stats, 'uid' | 'gid'>): void => {
  if (process.getuid?.() !== ROOT) return
  const { uid, gid } = typeof made === 'number' ? fs.fstatSync(made) : fs.statSync(made)
  if (uid === owner.uid && gid === owner.gid) return
  try {
    if (typeof made === 'number') fs.fchownSync(made, owner.uid, owner.gid)
    else fs.chownSync(made, owner.uid, owner.gid)
  } catch {
    // A container's root without the capability to do so.
  }
}
