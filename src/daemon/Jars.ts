/**
 * The jars of Amazon's daemon: fetched once for each version, checked against the shipped SHA-256 sums, and kept in a
 * folder of the user. Offline afterwards.
 */
import * as path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Failure from '../core/Failure'
import * as Disk from '../files/Disk'
import * as Folders from '../files/Folders'
import * as Lock from '../files/Lock'
import * as LockFolder from '../files/LockFolder'
import * as JarFolder from './JarFolder'
import * as Maven from './Maven'
import * as Repository from './Repository'
import * as SdkParts from './SdkParts'
import * as Sums from './Sums'

export interface Request {
  /** Of the KCL. */
  readonly version: string
  /** A folder of jars that is used as it is; null: those of the cache. */
  readonly classpath: string | null
  /** The address of a Maven repository, for where there is no Maven. */
  readonly repository: string | null
  readonly env: NodeJS.ProcessEnv
  /** A folder to fetch into; left out: that of the cache. */
  readonly to?: string
  /** Where the files of the package are: `kcl/VERSION/sums.txt`. */
  readonly shipped: string
  readonly print: (text: string) => void
}

/** Where the jars of a version are, or will be. */
export const folderOf = ({ version, env, to }: Pick<Request, 'version' | 'env' | 'to'>): string =>
  to ?? path.join(Folders.of('cache', env), `kcl-${version}`)

/** Left: why there are no jars that the daemon can run with, and what to do. */
export const classpath = async (request: Request): Promise<E.Either<string, ReadonlyArray<string>>> => {
  if (request.classpath !== null) return own(request.classpath)
  return pipe(
    await fetch(request),
    E.map((folder) => {
      // Other files there are not taken.
      const listed = Sums.read(request.shipped, request.version)
      return listed?.map((jar) => path.join(folder, jar.path)) ?? JarFolder.jarsIn(folder)
    }),
    E.chain(fitting)
  )
}

/** Those that may run in one JVM. */
const fitting = (jars: ReadonlyArray<string>): E.Either<string, ReadonlyArray<string>> => {
  const problem = SdkParts.mixed(jars)
  return problem === null ? E.right(jars) : E.left(problem)
}

const own = (folder: string): E.Either<string, ReadonlyArray<string>> =>
  pipe(
    E.tryCatch(() => JarFolder.jarsIn(folder), Failure.describe),
    E.filterOrElse(
      (jars) => jars.length > 0,
      () => `there is no jar in ${folder}`
    ),
    E.chain(fitting),
    E.mapLeft((why) => `daemon.classpath: ${why}`)
  )

/** Fetches them unless they are there. Right: their folder. Left: why not, with what to do. */
export const fetch = async (request: Request): Promise<E.Either<string, string>> => {
  const folder = folderOf(request)
  if (JarFolder.isComplete(folder)) {
    sweep(folder)
    return E.right(folder)
  }
  try {
    Disk.mkdirs(Disk.node, path.dirname(folder))
    const lock = await locked(folder, request.print)
    try {
      return JarFolder.isComplete(folder)
        ? E.right(folder)
        : await fetchInto(request, folder, E.isRight(lock))
    } finally {
      if (E.isRight(lock)) lock.right.release()
    }
  } catch (thrown) {
    return E.left(notKept(request, Failure.describe(thrown)))
  }
}

/** What to do about a disk that does not take them: it is the same for a full one, and for one that is read-only. */
const notKept = (request: Request, why: string): string =>
  `the jars cannot be kept in ${folderOf(request)}: ${why}; make room there, ${request.to === undefined ? Folders.remedy('cache', request.env) : 'name another folder with --to'}, or copy jars to this machine and name their folder in daemon.classpath`

/** The remains of killed fetches only take space, so a read-only cache may keep them. */
const sweep = (folder: string): void => {
  try {
    if (!JarFolder.hasLeftovers(folder)) return
    const lock = Lock.acquire(JarFolder.lockOf(folder), { timeout: 0 })
    if (E.isLeft(lock)) return
    JarFolder.sweep(folder)
    lock.right.release()
  } catch {
    // It is not ours to write to.
  }
}

const WAIT_MS = 300
const ATTEMPTS = 5

/**
 * Of two processes that fetch at once, the second one waits for what the first one gets.
 *
 * Left: there is no lock to be had, as where `mkfifo` is missing. Then they fetch side by side, and one is kept.
 */
const locked = async (folder: string, print: Request['print']): Promise<E.Either<string, Lock.Lock>> => {
  const file = JarFolder.lockOf(folder)
  let isWaiting = false
  for (let attempts = 1; ; attempts++) {
    const lock = Lock.acquire(file, { timeout: 0 })
    if (E.isRight(lock)) return lock
    if (LockFolder.isHeld(file)) {
      attempts = 0
      if (!isWaiting) print(`kclts: another process is fetching the jars; waiting for it (${lock.left})\n`)
      isWaiting = true
    } else if (attempts === ATTEMPTS) return lock
    await setTimeout(WAIT_MS * (0.5 + Math.random()))
  }
}

const fetchInto = async (
  request: Request,
  folder: string,
  isAlone: boolean
): Promise<E.Either<string, string>> => {
  const part = isAlone
    ? JarFolder.take(folder, Sums.read(request.shipped, request.version))
    : JarFolder.make(folder)
  let isWorthKeeping = false
  try {
    const filled = await fill(request, part)
    if (E.isLeft(filled)) {
      isWorthKeeping = filled.left.isWorthKeeping
      return E.left(filled.left.why)
    }
    JarFolder.place(part, folder)
    return E.right(folder)
  } finally {
    JarFolder.leave(part, isWorthKeeping)
  }
}

interface Unfilled {
  readonly why: string
  /** What is there already is right as far as it goes, and the next fetch goes on from it. */
  readonly isWorthKeeping: boolean
}

const unfilled = (why: string, isWorthKeeping = false): E.Left<Unfilled> => ({
  _tag: 'Left',
  left: { why, isWorthKeeping }
})

const fill = async (request: Request, folder: string): Promise<E.Either<Unfilled, void>> => {
  const { version, env, repository, shipped, print } = request
  const listed = Sums.read(shipped, version)
  if (await Maven.isThere(env)) {
    print(`kclts: fetching the jars of KCL ${version} with Maven ...\n`)
    const fetched = await Maven.fetch(request, folder)
    if (E.isLeft(fetched))
      return unfilled(
        `Maven cannot fetch the jars of KCL ${version}; check the network and the mirrors of its settings.xml, or copy jars here and name their folder in daemon.classpath:\n${fetched.left}`,
        listed !== null && !/No space left|ENOSPC/.test(fetched.left)
      )
  } else {
    if (repository === null) return unfilled(NO_WAY)
    if (listed === null)
      return unfilled(
        `there is no list of the jars of KCL ${version}, so only Maven can find them; install Maven, or take a version that has one`
      )
    const fetched = await Repository.fetchAll(listed, repository, folder, (done) => {
      if (done % 25 === 0 || done === listed.length) print(`kclts: ${done} of ${listed.length} jars\n`)
    })
    if (E.isLeft(fetched)) return unfilled(`${fetched.left}; check daemon.repository and the network`, true)
  }
  if (listed === null) {
    print(`kclts: kclts has no SHA-256 sums for KCL ${version}, so its jars are used as Maven fetched them\n`)
    return E.right(undefined)
  }
  const wrong = Sums.problems(folder, listed)
  return wrong.length === 0
    ? E.right(undefined)
    : unfilled(`${wrong.join('; ')}; nothing was kept. Check the mirror that it came from, and try again`)
}

const NO_WAY =
  "the jars of Amazon's daemon are not here, and there is no Maven to fetch them; install Maven, or set daemon.repository to the address of a Maven repository, or copy jars here and name their folder in daemon.classpath"

type Place = Pick<Request, 'version' | 'classpath' | 'env'>

/** Why they could not be kept where they are not here yet; null: they are here, or can be kept. Fetches nothing. */
export const obstacle = (request: Place): string | null => {
  if (request.classpath !== null)
    return pipe(
      own(request.classpath),
      E.match(
        (why) => why,
        () => null
      )
    )
  const why = isFetched(request) ? null : Folders.obstacle(folderOf(request))
  return why === null
    ? null
    : `the jars of Amazon's daemon are not here, and cannot be kept: ${why}; ${Folders.remedy('cache', request.env)}, or put a folder of jars into daemon.classpath`
}

/** Why they could not be fetched; null: they are here, or something can fetch them. Fetches nothing. */
export const missing = async (request: Place & Pick<Request, 'repository'>): Promise<string | null> => {
  const { classpath, repository, env } = request
  const isHere = classpath !== null || isFetched(request)
  return isHere || repository !== null || (await Maven.isThere(env)) ? null : NO_WAY
}

/** Whether they were fetched, and are all there. */
export const isFetched = (request: Pick<Request, 'version' | 'env'>): boolean =>
  JarFolder.isComplete(folderOf(request))

/** Whether what is kept is what the list says. Left: what is wrong, a sentence each. */
export const verify = (request: Request): E.Either<ReadonlyArray<string>, number> => {
  const folder = folderOf(request)
  if (!JarFolder.isComplete(folder))
    return E.left([`the jars of KCL ${request.version} are not in ${folder}; run \`kclts jars fetch\``])
  const listed = Sums.read(request.shipped, request.version)
  if (listed === null) return E.left([`kclts has no SHA-256 sums for KCL ${request.version}`])
  const wrong = Sums.problems(folder, listed)
  return wrong.length === 0
    ? E.right(listed.length)
    : E.left([
        ...wrong,
        `delete the file ${path.join(folder, 'complete')} and run \`kclts jars fetch\`, which repairs the folder`
      ])
}

/** The jars that a start would take, and null where they are still to be fetched. Fetches nothing. */
export const look = async (
  request: Request
): Promise<E.Either<ReadonlyArray<string>, { readonly count: number; readonly folder: string } | null>> => {
  if (request.classpath === null && !isFetched(request)) return E.right(null)
  const folder = request.classpath ?? folderOf(request)
  const isListed = request.classpath === null && Sums.read(request.shipped, request.version) !== null
  return pipe(
    isListed
      ? verify(request)
      : pipe(
          await classpath(request),
          E.bimap(
            (problem) => [problem],
            ({ length }) => length
          )
        ),
    E.map((count) => ({ count, folder }))
  )
}
