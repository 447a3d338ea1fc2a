/** What `kclts run` needs beside its configuration, looked at before anything is fetched or started, and by `kclts check`. */
import * as fs from 'node:fs'
import * as net from 'node:net'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from '../config/Config'
import * as Listen from '../values/Listen'
import * as Generate from '../daemon/Generate'
import * as Jars from '../daemon/Jars'
import * as Java from '../daemon/Java'
import * as Slot from '../daemon/Slot'
import * as ConfigSearch from '../config/ConfigSearch'
import * as Folders from '../files/Folders'
import * as Destinations from '../edge/Destinations'
import * as StateFolder from '../files/StateFolder'
import * as Folder from '../host/Folder'
import * as FileSink from '../sinks/file'

export interface Problem {
  /** null: it is about the machine and no key. */
  readonly key: string | null
  readonly text: string
  /** What mends it, where that is not the key: a variable, or the key of a sink. */
  readonly setting?: string
}

/** Where the build puts what a room ships beside its code. */
export const shipped = (room: string): string => path.join(__dirname, '..', room)

const ofMachine = (text: string | null, setting?: string): ReadonlyArray<Problem> =>
  text === null ? [] : [{ key: null, text, ...(setting === undefined ? {} : { setting }) }]

/** How the folder of the pipes, and the file of dead letters, are tried. */
export interface Trial {
  readonly pipes: (env: NodeJS.ProcessEnv) => string | null
  readonly letters: typeof Destinations.examine
}

/** A private folder is made, and removed again: whether programs in it may be started is known only then. */
const pipes = (env: NodeJS.ProcessEnv): string | null =>
  pipe(
    Folder.make(Folder.places(env), path.join(shipped('host'), 'relay')),
    E.match(
      (why) => why,
      ({ announce, remove }) => {
        fs.closeSync(announce)
        remove()
        return null
      }
    )
  )

/** As a start tries them: the file of dead letters is made where it is not there. */
export const real: Trial = { pipes, letters: Destinations.open }

/** Nothing is made. */
export const dry: Trial = { pipes: Folder.obstacle, letters: Destinations.examine }

export interface Needs {
  /** Settings that are missing, and folders that cannot be used: all at once, since a container lacks several of them. */
  readonly wrong: ReadonlyArray<Problem>
  /** Programs that are not installed here; another machine may have them. */
  readonly missing: ReadonlyArray<Problem>
  readonly java: Java.Java | null
}

export const of = async (
  { config }: ConfigSearch.Loaded,
  env: NodeJS.ProcessEnv,
  trial: Trial
): Promise<Needs> => {
  const more = { executableName: 'none', workerId: 'none', emptyBatches: true }
  const complete = Generate.properties(config.daemon, more)
  const jars = { ...config.daemon, env }
  const obstacle = Jars.obstacle(jars)
  const [java, missing] = await Promise.all([Java.find(env), obstacle === null ? Jars.missing(jars) : null])
  return {
    wrong: [
      ...(E.isLeft(complete) ? complete.left : []),
      ...ofMachine(obstacle, jars.classpath === null ? Folders.settingOf('cache', env) : 'daemon.classpath'),
      ...ofMachine(StateFolder.obstacle(env), Folders.settingOf('state', env)),
      ...ofMachine(
        Slot.obstacle(StateFolder.of(env), config.daemon.applicationName ?? '', config.daemon.workerId)
      ),
      ...ofMachine(trial.pipes(env), 'XDG_RUNTIME_DIR')
    ],
    missing: [...ofMachine(E.isLeft(java) ? java.left : null), ...ofMachine(missing)],
    java: E.isLeft(java) ? null : java.right
  }
}

/** The file of dead letters cannot be used. */
export const letters = async (
  { config }: ConfigSearch.Loaded,
  trial: Trial
): Promise<ReadonlyArray<Problem>> => {
  const destinations = await trial.letters(config, null, () => undefined)
  if (E.isLeft(destinations)) return destinations.left
  await destinations.right.close()
  return []
}

/** The files of sinks that could not be written to, before a thread opens them. */
export const files = ({ config }: ConfigSearch.Loaded): ReadonlyArray<Problem> =>
  Object.entries(config.sinks).flatMap(([name, settings]) => {
    const text = settings.type === 'file' ? FileSink.problemOf(settings) : null
    const setting = `sinks.${name}.path`
    return text === null ? [] : [{ key: 'sinks', setting, text: `${setting}: ${text}` }]
  })

/**
 * Whether the status could be served. A port that is taken is no mistake: the worker itself may be running.
 *
 * @param withPorts a port is bound for a moment; without it, only the path of a socket is looked at
 */
export const listening = async (
  { status }: Config.Config,
  { withPorts }: { readonly withPorts: boolean }
): Promise<Record<'wrong' | 'missing', ReadonlyArray<Problem>>> => {
  const place = status.listen === null ? undefined : Listen.parse(status.listen)
  const found =
    place === undefined
      ? null
      : 'path' in place
        ? ofSocket(place.path)
        : withPorts
          ? await ofPort(place)
          : null
  const problems =
    found === null ? [] : [{ key: 'status.listen', text: `cannot listen at ${status.listen}: ${found.why}` }]
  return found?.isTaken === true ? { wrong: [], missing: problems } : { wrong: problems, missing: [] }
}

interface Unusable {
  readonly why: string
  readonly isTaken: boolean
}

const ofSocket = (file: string): Unusable | null => {
  const stats = fs.statSync(file, { throwIfNoEntry: false })
  if (stats?.isSocket() === false) return { why: 'there is a file that is not a socket', isTaken: false }
  const folder = path.dirname(file)
  if (!fs.existsSync(folder)) return { why: `there is no folder ${folder}`, isTaken: false }
  const why = Folders.obstacle(folder)
  return why === null ? null : { why, isTaken: false }
}

const ofPort = (place: { readonly host: string; readonly port: number }): Promise<Unusable | null> =>
  new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', (problem) =>
      resolve({ why: problem.message, isTaken: 'code' in problem && problem.code === 'EADDRINUSE' })
    )
    server.listen(place, () => server.close(() => resolve(null)))
  })

const settingOf = ({ key, setting }: Problem): string | null => {
  if (key === null || setting !== undefined) return setting ?? null
  return Config.keyOf(key) === undefined ? key : `${key} (or ${Config.variableOf(key)})`
}

/** The first of several lines: a container lacks many things at once, and this one names all that has to be set. */
export const summary = (problems: ReadonlyArray<Problem>): ReadonlyArray<string> => {
  const settings = [...new Set(problems.map(settingOf))].filter((one) => one !== null)
  return settings.length < 2 ? [] : [`not ready to start; correct all of these: ${settings.join(', ')}`]
}

/** As a line of text, after the place where the key was set. */
export const show =
  (loaded: ConfigSearch.Loaded) =>
  ({ key, text }: Problem): string =>
    key === null ? text : ConfigSearch.showLater(loaded, key, text)
