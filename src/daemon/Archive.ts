/**
 * The classes of the daemon as the JVM can map them (AppCDS): its start is quicker, and it takes less memory. `kclts jars
 * fetch` makes the archive beside the jars. The JVM takes one only with the same build, options and class path, and would
 * go without its own archive otherwise, so all of that is in the name of the file.
 */
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Properties from '../config/Properties'
import type * as KeySchema from '../values/KeySchema'
import * as Clock from '../run/Clock'
import type * as Java from './Java'
import * as Launch from './Launch'

/** Of a start, without what differs from one to the next. */
export type Start = Pick<Launch.Command, 'options' | 'classpath' | 'main' | 'shipped'> & {
  readonly java: Java.Java
  readonly env: NodeJS.ProcessEnv
}

/** -XX:ArchiveClassesAtExit. */
const FIRST_JAVA = 13

const commandOf = ({ java, env, ...start }: Start): Launch.Command => ({
  ...start,
  java: java.command,
  env,
  properties: '',
  cwd: ''
})

/** What the JVM says of its build; null: it does not say it. */
const buildOf = ({ java, env }: Start): Promise<string | null> =>
  new Promise((resolve) => {
    execFile(java.command, ['-version'], { env }, (problem, _stdout, stderr) =>
      resolve(problem === null ? stderr : null)
    )
  })

const stampOf = (file: string): string => {
  const { size, mtimeMs } = fs.statSync(file)
  // The JVM compares seconds, and the layer of an image may have no more.
  return `${file} ${size} ${Math.floor(mtimeMs / 1000)}`
}

/** The file in the folder for exactly this JVM, with these options and jars; null: the JVM makes none. */
const fileFor = async (folder: string, start: Start): Promise<string | null> => {
  const build = start.java.version < FIRST_JAVA ? null : await buildOf(start)
  if (build === null) return null
  const args = Launch.argumentsOf(commandOf(start)).filter((arg) => !arg.startsWith('-D'))
  const jars = Launch.jarsOf(commandOf(start)).map(stampOf)
  const key = createHash('sha256')
    .update([build, ...args, ...jars].join('\0'))
    .digest('hex')
    .slice(0, 16)
  return path.join(folder, `classes-${key}.jsa`)
}

const optionFor = (file: string): string => `-XX:SharedArchiveFile=${file}`

/** Options for the JVM: the archive, if there is one that fits. */
export const optionsIn = async (folder: string, start: Start): Promise<ReadonlyArray<string>> => {
  try {
    if (!fs.readdirSync(folder).some((name) => name.endsWith('.jsa'))) return []
    const file = await fileFor(folder, start)
    return file !== null && fs.existsSync(file) ? [optionFor(file)] : []
  } catch {
    // Without it the daemon starts as it always did.
    return []
  }
}

// -- making it --------------------------------------------------------------------------------------------------------

/** The KCL gives up its first attempt: nothing listens at the port 9. All that a start loads has been loaded. */
const TRAINED = 'Caught exception when initializing LeaseCoordinator'

const NOWHERE = 'http://127.0.0.1:9'

const TRAINING: KeySchema.Pairs = [
  ['executableName', './none'],
  ['streamName', 'none'],
  ['applicationName', 'none'],
  ['workerId', 'none'],
  ['AwsCredentialsProvider', 'DefaultCredentialsProvider'],
  ['initialPositionInStream', 'TRIM_HORIZON'],
  ['regionName', 'us-east-1'],
  ['kinesisEndpoint', NOWHERE],
  ['dynamoDBEndpoint', NOWHERE],
  ['retrievalMode', 'POLLING'],
  ['metricsLevel', 'NONE'],
  ['shutdownGraceMillis', '1000']
]

/** It asks nothing of AWS, whatever the machine has. */
const ENV = {
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_EC2_METADATA_DISABLED: 'true'
}

const LIMIT_MS = 120_000

/** A start that finds nothing, and is stopped; the JVM writes the archive when it ends. */
const train = (command: Launch.Command): Promise<string> =>
  new Promise((resolve) => {
    const cancel = Clock.later(LIMIT_MS, () => daemon.kill())
    const daemon = Launch.start(command, {
      onLine: (line) => {
        if (line.includes(TRAINED)) daemon.terminate()
      },
      onExit: (how) => {
        cancel()
        resolve(how)
      }
    })
  })

/** Whether the JVM takes it. */
const isTaken = (file: string, command: Launch.Command): Promise<boolean> =>
  new Promise((resolve) => {
    const [, ...args] = Launch.argumentsOf({
      ...command,
      options: [...command.options, '-Xshare:on', optionFor(file)]
    })
    const jars = args.slice(0, args.indexOf('-cp') + 2)
    execFile(command.java, [...jars, '-version'], { env: command.env }, (problem) =>
      resolve(problem === null)
    )
  })

/** Right: the file. Left: why there is none; nothing is left behind, and the daemon starts without it. */
export const make = async (folder: string, start: Start): Promise<E.Either<string, string>> => {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-archive-'))
  const part = path.join(folder, `part-${randomBytes(4).toString('hex')}.jsa`)
  try {
    const file = await fileFor(folder, start)
    if (file === null) return E.left(`it needs Java ${FIRST_JAVA} or newer`)
    if (fs.existsSync(file)) return E.right(file)
    const properties = path.join(work, 'kcl.properties')
    fs.writeFileSync(properties, Properties.print(TRAINING))
    const command: Launch.Command = {
      ...commandOf({ ...start, env: { ...start.env, ...ENV } }),
      properties,
      cwd: work
    }
    const how = await train({
      ...command,
      options: [...command.options, `-XX:ArchiveClassesAtExit=${part}`]
    })
    if (!fs.existsSync(part)) return E.left(`the JVM wrote none (${how})`)
    if (!(await isTaken(part, command))) return E.left('the JVM does not take what it wrote')
    fs.renameSync(part, file)
    return E.right(file)
  } catch (thrown) {
    return E.left(Failure.describe(thrown))
  } finally {
    fs.rmSync(part, { force: true })
    fs.rmSync(work, { recursive: true, force: true })
  }
}
