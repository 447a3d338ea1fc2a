/** Jars by Maven itself, so that the mirrors and proxies of the user's own settings hold. */
import { execFile, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Secrets from '../values/Secrets'
import * as Folders from '../files/Folders'
import * as Home from '../values/Home'
import * as Locale from './Locale'

/** A project that depends on the daemon alone. */
const ofVersion = (version: string): string => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kclts</groupId>
  <artifactId>daemon-${version}</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>software.amazon.kinesis</groupId>
      <artifactId>amazon-kinesis-client-multilang</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`

/** The shipped project of a version that needs more than its own jars, else one that depends on the daemon alone. */
const pom = (shipped: string, version: string): string => {
  const file = path.join(shipped, 'kcl', version, 'pom.xml')
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ofVersion(version)
}

/** Whether there is a Maven on the PATH. */
export const isThere = (env: NodeJS.ProcessEnv): Promise<boolean> =>
  new Promise((resolve) => {
    execFile('mvn', ['--version'], { env }, (problem) => resolve(problem === null))
  })

const LAST_LINES = 8

/**
 * To Java the home folder of a user that passwd does not know is `?`, and Maven would make a folder of that name. Where that
 * user may not write to HOME either, as to `/`, Maven's own copies go beside our jars.
 */
const withHome = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  if (Home.isInPasswd()) return env
  const home = Home.of(env)
  const own = path.join(Folders.of('cache', env), 'maven')
  const options = [
    `-Duser.home=${home}`,
    ...(Folders.obstacle(path.join(home, '.m2', 'repository')) === null ? [] : [`-Dmaven.repo.local=${own}`])
  ]
  return { ...env, MAVEN_OPTS: [env['MAVEN_OPTS'] ?? '', ...options].join(' ').trim() }
}

export interface Request {
  /** Of the KCL. */
  readonly version: string
  /** Where the files of the package are: `kcl/VERSION/pom.xml`. */
  readonly shipped: string
  readonly env: NodeJS.ProcessEnv
}

/**
 * Puts the daemon's jars of this version, and all that they need, into the folder, as a repository has them.
 *
 * Left: what Maven says.
 */
export const fetch = (
  { version, shipped, env }: Request,
  folder: string
): Promise<E.Either<string, void>> => {
  fs.mkdirSync(folder, { recursive: true })
  const file = path.join(folder, 'pom.xml')
  fs.writeFileSync(file, pom(shipped, version))
  return new Promise((resolve) => {
    const maven = spawn(
      'mvn',
      [
        '-B',
        '-q',
        '-f',
        file,
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        '-Dmdep.useRepositoryLayout=true',
        `-DoutputDirectory=${folder}`
      ],
      { env: Locale.utf8(withHome(env)), stdio: ['ignore', 'pipe', 'pipe'] }
    )
    // Of mirrors with a password, of proxies, of MAVEN_OPTS.
    const hide = Secrets.hideForeign(Secrets.hide(Secrets.ofEnv(env)))
    let said = ''
    for (const stream of [maven.stdout, maven.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString('utf8')
      })
    maven.on('error', (problem) => resolve(E.left(problem.message)))
    maven.on('close', (code) =>
      resolve(
        code === 0 ? E.right(undefined) : E.left(hide(said.trim().split('\n').slice(-LAST_LINES).join('\n')))
      )
    )
  })
}
