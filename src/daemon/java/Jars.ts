/**
 * The jars of Amazon's daemon: fetched once for each version, checked against the shipped SHA-256 sums, and kept in a
 * folder of the user. Offline afterwards.
 */
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../../core/Failure'
import * as Folders from '../../edge/Folders'
import * as Maven from './Maven'
import * as Repository from './Repository'
import * as Sums from './Sums'

export interface Request {
  /** Of the KCL. */
  readonly version: string
  /** A folder of jars that is used as it is; null: those of the cache. */
  readonly classpath: string | null
  /** The address of a Maven repository, for where there is no Maven. */
  readonly repository: string | null
  readonly env: NodeJS.ProcessEnv
  /** Where the files of the package are: `kcl/VERSION/sums.txt`. */
  readonly shipped: string
  readonly print: (text: string) => void
}

/** Where the jars of a version are, or will be. */
export const folderOf = ({ version, env }: Pick<Request, 'version' | 'env'>): string =>
  path.join(Folders.of('cache', env), `kcl-${version}`)

/** Written last: without it the folder may be half full. */
const COMPLETE = 'complete'

const isComplete = (folder: string): boolean => fs.existsSync(path.join(folder, COMPLETE))

const jarsIn = (folder: string): ReadonlyArray<string> =>
  fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.jar'))
    .sort()
    .map((file) => path.join(folder, file))

/** Left: why there are none, with what to do. */
export const classpath = async (request: Request): Promise<E.Either<string, ReadonlyArray<string>>> => {
  if (request.classpath !== null) return own(request.classpath)
  const fetched = await fetch(request)
  if (E.isLeft(fetched)) return fetched
  const folder = fetched.right
  // Whatever else somebody has put there is not taken.
  const listed = Sums.read(request.shipped, request.version)
  return E.right(listed?.map((jar) => path.join(folder, jar.path)) ?? jarsIn(folder))
}

const own = (folder: string): E.Either<string, ReadonlyArray<string>> => {
  try {
    const jars = jarsIn(folder)
    return jars.length > 0 ? E.right(jars) : E.left(`daemon.classpath: there is no jar in ${folder}`)
  } catch (thrown) {
    return E.left(`daemon.classpath: ${Failure.show(Failure.fromUnknown(thrown))}`)
  }
}

/** Fetches them unless they are there. Right: their folder. Left: why not, with what to do. */
export const fetch = async (request: Request): Promise<E.Either<string, string>> => {
  const folder = folderOf(request)
  if (isComplete(folder)) return E.right(folder)
  const fresh = `${folder}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    fs.mkdirSync(fresh, { recursive: true })
    const filled = await fill(request, fresh)
    if (E.isLeft(filled)) return filled
    fs.writeFileSync(path.join(fresh, COMPLETE), '')
    return E.right(place(fresh, folder))
  } catch (thrown) {
    return E.left(`the jars cannot be kept in ${folder}: ${Failure.show(Failure.fromUnknown(thrown))}`)
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true })
  }
}

/** The whole folder at once: an interrupted download never counts, and of two at once one is kept. */
const place = (fresh: string, folder: string): string => {
  if (isComplete(folder)) return folder
  fs.rmSync(folder, { recursive: true, force: true })
  fs.renameSync(fresh, folder)
  return folder
}

const fill = async (request: Request, folder: string): Promise<E.Either<string, void>> => {
  const { version, env, repository, shipped, print } = request
  const listed = Sums.read(shipped, version)
  if (await Maven.isThere(env)) {
    print(`kclts: fetching the jars of KCL ${version} with Maven ...\n`)
    const fetched = await Maven.fetch(version, folder, env)
    if (E.isLeft(fetched))
      return E.left(
        `Maven cannot fetch the jars of KCL ${version}; check the network and the mirrors of its settings.xml, or copy jars here and name their folder in daemon.classpath:\n${fetched.left}`
      )
  } else {
    if (repository === null) return E.left(NO_WAY)
    if (listed === null)
      return E.left(
        `there is no list of the jars of KCL ${version}, so only Maven can find them; install Maven, or take a version that has one`
      )
    const fetched = await Repository.fetchAll(listed, repository, folder, (done) => {
      if (done % 25 === 0 || done === listed.length) print(`kclts: ${done} of ${listed.length} jars\n`)
    })
    if (E.isLeft(fetched)) return E.left(`${fetched.left}; check daemon.repository and the network`)
  }
  if (listed === null) {
    print(`kclts: no sums are shipped for KCL ${version}; its jars are as Maven found them\n`)
    return E.right(undefined)
  }
  const wrong = Sums.problems(folder, listed)
  return wrong.length === 0
    ? E.right(undefined)
    : E.left(
        `${wrong.join('; ')}; nothing of it is kept. Look at the mirror that it came from, and try again`
      )
}

const NO_WAY =
  "the jars of Amazon's daemon are not here, and there is no Maven to fetch them; install Maven, or set daemon.repository to the address of a Maven repository, or copy jars here and name their folder in daemon.classpath"

type Place = Pick<Request, 'version' | 'classpath' | 'env'>

/** Why they could not be kept where they are not here yet; null: they are here, or can be kept. Fetches nothing. */
export const obstacle = (request: Place): string | null => {
  if (request.classpath !== null)
    return E.match(
      (why: string) => why,
      () => null
    )(own(request.classpath))
  const why = isFetched(request) ? null : Folders.obstacle(folderOf(request))
  return why === null
    ? null
    : `the jars of Amazon's daemon are not here, and cannot be kept: ${why}; ${Folders.remedy('cache')}, or put a folder of jars into daemon.classpath`
}

/** Why they could not be fetched; null: they are here, or something can fetch them. Fetches nothing. */
export const missing = async (request: Place & Pick<Request, 'repository'>): Promise<string | null> => {
  const { classpath, repository, env } = request
  const isHere = classpath !== null || isFetched(request)
  return isHere || repository !== null || (await Maven.isThere(env)) ? null : NO_WAY
}

/** Whether they were fetched, and are all there. */
export const isFetched = (request: Pick<Request, 'version' | 'env'>): boolean => isComplete(folderOf(request))

/** Whether what is kept is what the list says. Left: what is wrong, a sentence each. */
export const verify = (request: Request): E.Either<ReadonlyArray<string>, number> => {
  const folder = folderOf(request)
  if (!isComplete(folder))
    return E.left([`the jars of KCL ${request.version} are not in ${folder}; run \`kclts jars fetch\``])
  const listed = Sums.read(request.shipped, request.version)
  if (listed === null) return E.left([`no sums are shipped for KCL ${request.version}`])
  const wrong = Sums.problems(folder, listed)
  return wrong.length === 0
    ? E.right(listed.length)
    : E.left([...wrong, `delete ${folder} and run \`kclts jars fetch\``])
}
