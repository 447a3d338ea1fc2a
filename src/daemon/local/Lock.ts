/**
 * A file that says which process is at work. A lock whose process is dead is taken over at once: what ends a run in the
 * middle is most often a kill, and the next run must not have to wait. (Locks that go stale with time, such as
 * proper-lockfile's, make it wait, or need a timer that a busy handler holds up.)
 */
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as E from 'fp-ts/Either'
import * as Failure from '../../core/Failure'

export interface Lock {
  readonly release: () => void
}

/** Who holds it: host and process id. */
const mine = (): string => `${os.hostname()} ${process.pid}\n`

const isThere = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST'

/** Puts a whole file in place at once, unless there is one: nobody sees half a lock. */
const create = (file: string): boolean => {
  const own = `${file}.${process.pid}`
  fs.writeFileSync(own, mine())
  try {
    fs.linkSync(own, file)
    return true
  } catch (thrown) {
    if (isThere(thrown)) return false
    throw thrown
  } finally {
    fs.rmSync(own, { force: true })
  }
}

const read = (file: string): string | null => {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    // Somebody else's process is alive too.
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
  }
}

/** Why the holder must be respected; null: it is dead. A process id of another host cannot be looked up. */
const holder = (text: string): string | null => {
  const [, host, digits] = /^(\S+) (\d+)\n$/.exec(text) ?? []
  if (host === undefined || digits === undefined) return null
  const pid = Number(digits)
  if (host !== os.hostname()) return `process ${pid} on ${host}`
  return pid !== process.pid && isAlive(pid) ? `process ${pid}` : null
}

/** Moves a dead lock away; only one of several that try at once has moved this very one. */
const clear = (file: string, dead: string): void => {
  const away = `${file}.dead.${process.pid}`
  try {
    fs.renameSync(file, away)
  } catch {
    return
  }
  // It was another's fresh lock, taken between our look and our move: give it back.
  if (read(away) !== dead) fs.linkSync(away, file)
  fs.rmSync(away, { force: true })
}

const ATTEMPTS = 5

/** Left: who holds it, or why it cannot be made. */
export const acquire = (file: string): E.Either<string, Lock> => {
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (create(file)) return E.right({ release: () => fs.rmSync(file, { force: true }) })
      const text = read(file)
      if (text === null) continue
      const who = holder(text)
      if (who !== null) return E.left(`${who} is at work on it; if it is not, delete ${file}`)
      clear(file, text)
    }
    return E.left(`another process is taking it at this moment: ${file}`)
  } catch (thrown) {
    return E.left(`${file} cannot be made: ${Failure.show(Failure.fromUnknown(thrown))}`)
  }
}
