/** Tests that run as a second user: only root may become one, and the other user must be able to read this clone. */
import { spawnSync } from 'node:child_process'
import * as path from 'node:path'
import { root } from './Child'

const NOBODY = 65_534

const isRoot = process.getuid?.() === 0

const readsClone = (): boolean =>
  spawnSync('test', ['-r', path.join(root, 'package.json')], { uid: NOBODY, gid: NOBODY }).status === 0

const unreadable = isRoot && !readsClone()

const UNREADABLE = `SKIPPED: other users may not read this clone, ${root} (chmod o+x it and the folders above)`

/** Why a test that becomes another user is skipped; false: it is not. */
export const skip: string | false = unreadable
  ? UNREADABLE
  : isRoot
    ? false
    : 'SKIPPED: only root can become another user'

/** Where a test wants a user without privileges, who is another one only for root. */
export const unprivileged: { readonly skip: string | false; readonly as: object } = {
  skip: unreadable && UNREADABLE,
  as: isRoot ? { uid: NOBODY, gid: NOBODY } : {}
}
