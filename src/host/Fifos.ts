/** Named pipes: Node cannot make them itself. */
import { execFileSync } from 'node:child_process'

/** A file system that is gone must not hold up the worker. */
const MKFIFO_MS = 10_000

/** Makes them in this order, by their names from the folder, for this user alone. Throws what the system throws. */
export const make = (folder: string, names: ReadonlyArray<string>): void =>
  void execFileSync('mkfifo', ['-m', '600', ...names], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: MKFIFO_MS
  })
