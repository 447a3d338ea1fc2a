/** `kclts jars fetch|path|verify`: the daemon's jars, such as for an image that is to start without a network. */
import * as path from 'node:path'
import { Command } from 'commander'
import * as E from 'fp-ts/Either'
import * as Config from '../config/Config'
import * as KeySchema from '../values/KeySchema'
import * as Secrets from '../values/Secrets'
import * as Archive from '../daemon/Archive'
import * as Jars from '../daemon/Jars'
import * as Java from '../daemon/Java'
import * as Main from '../daemon/Main'
import type { Report } from './check/check'

type Print = (report: Report) => void

interface Given {
  readonly kcl: string
  readonly repository?: string
  readonly to?: string
}

/** What is wrong with the value of an option or a variable; null: nothing, or it is not given. */
const wrong = (name: string, key: string, value: string | undefined): string | null => {
  const codec = Config.keyOf(key)?.codec
  return value === undefined || codec === undefined || E.isRight(codec.decode(value))
    ? null
    : `${name}: found ${Secrets.foundFor(codec)(value)}, expected ${codec.name}`
}

const REPOSITORY = Config.variableOf('daemon.repository')

/** Left: what is wrong with what was given. */
const requestOf = ({ kcl, repository, to }: Given): E.Either<ReadonlyArray<string>, Jars.Request> => {
  // A variable that is empty is as good as none.
  const variable = process.env[REPOSITORY] === '' ? undefined : process.env[REPOSITORY]
  const problems = [
    wrong('--kcl', 'daemon.version', kcl),
    wrong('--repository', 'daemon.repository', repository),
    wrong(REPOSITORY, 'daemon.repository', variable)
  ].flatMap((problem) => (problem === null ? [] : [problem]))
  if (problems.length > 0) return E.left(problems)
  return E.right({
    version: kcl,
    classpath: null,
    repository: repository ?? variable ?? null,
    env: process.env,
    ...(to === undefined ? {} : { to: path.resolve(to) }),
    shipped: path.join(__dirname, '../daemon'),
    print: (text) => void process.stderr.write(text)
  })
}

const refused = (problems: ReadonlyArray<string>): Report => ({
  text: problems.map((problem) => `kclts jars: ${problem}\n`).join(''),
  code: 2
})

const fetch = async (request: Jars.Request): Promise<Report> => {
  const folder = await Jars.fetch(request)
  if (E.isLeft(folder)) return refused([folder.left])
  const prepared = await prepare(request, folder.right)
  if (E.isLeft(prepared))
    request.print(`kclts: the classes of the daemon were not prepared for the JVM: ${prepared.left}\n`)
  return { text: `${folder.right}\n`, code: 0 }
}

/** With the settings that a worker of this version has by default. Left: why not; the daemon starts without. */
const prepare = async (request: Jars.Request, folder: string): Promise<E.Either<string, string>> => {
  const { version, env, shipped, print, to } = request
  const java = await Java.find(env)
  // The image that it is built in need not have one.
  if (E.isLeft(java)) return E.right(folder)
  const classpath = await Jars.classpath({ ...request, classpath: to ?? null })
  if (E.isLeft(classpath)) return classpath
  const { daemon } = KeySchema.filled(Config.schema, { handler: '' })
  print(`kclts: preparing the classes of the daemon for Java ${java.right.version} ...\n`)
  return Archive.make(folder, {
    java: java.right,
    options: daemon.java,
    classpath: classpath.right,
    main: Main.of({ ...daemon, version }),
    shipped,
    env
  })
}

const verify = (request: Jars.Request): Report => {
  const count = Jars.verify(request)
  return E.isLeft(count)
    ? refused(count.left)
    : { text: `${count.right} jars of KCL ${request.version} match their SHA-256 sums\n`, code: 0 }
}

export const jarsCommand = (print: Print): Command => {
  const one = (
    name: string,
    summary: string,
    report: (request: Jars.Request) => Report | Promise<Report>
  ): Command =>
    new Command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.`)
      .option('--kcl <version>', 'the version of the KCL', String(Config.keyOf('daemon.version')?.fallback))
      .option(
        '--repository <address>',
        name === 'fetch'
          ? 'if Maven is not installed: the address of the Maven repository from which to fetch (daemon.repository)'
          : 'has no effect here; only kclts jars fetch uses it'
      )
      .action(async (options: Given) => {
        const request = requestOf(options)
        print(E.isLeft(request) ? refused(request.left) : await report(request.right))
      })
  const fetchCommand = one(
    'fetch',
    'fetch the jars unless they are there already, and print their folder',
    fetch
  ).option('--to <folder>', 'fetch into this folder, for daemon.classpath, instead of the cache')
  return new Command('jars')
    .summary("fetch, locate or verify Amazon's jars")
    .description(
      "Fetches, locates or verifies the jars of Amazon's daemon. `kclts run` fetches them at its first start. To start without a network, fetch them when you build the image."
    )
    .addCommand(fetchCommand)
    .addCommand(
      one('path', 'print the folder where the jars are, or will be', (request) => ({
        text: `${Jars.folderOf(request)}\n`,
        code: 0
      }))
    )
    .addCommand(one('verify', 'compare the jars with their SHA-256 sums', verify))
}
