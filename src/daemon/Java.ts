/** The Java that runs Amazon's daemon. */
import { execFile } from 'node:child_process'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Secrets from '../values/Secrets'

export interface Java {
  readonly command: string
  /** 8, 11, 17 ... */
  readonly version: number
}

/** What the KCL and its logging are compiled for. */
export const MINIMUM = 8

const INSTALL = 'install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME'

/** `openjdk version "17.0.9" 2023-10-17` gives 17, and `"1.8.0_392"` gives 8; null: it says no version. */
export const versionIn = (text: string): number | null => {
  const [, first, second] = / version "([0-9]+)(?:\.([0-9]+))?/.exec(text) ?? []
  if (first === undefined) return null
  return first === '1' && second !== undefined ? Number(second) : Number(first)
}

/** What it says of itself, on stderr; null: it cannot be started. */
const ask = (command: string, env: NodeJS.ProcessEnv): Promise<string | null> =>
  new Promise((resolve) => {
    execFile(command, ['-version'], { env }, (problem, _stdout, stderr) =>
      resolve(typeof problem?.code === 'string' ? null : stderr)
    )
  })

/**
 * That of JAVA_HOME, or the first on the PATH.
 *
 * Left: there is none, or it is too old, with what to do.
 */
export const find = async (env: NodeJS.ProcessEnv): Promise<E.Either<string, Java>> => {
  const home = env['JAVA_HOME'] ?? ''
  const command = home === '' ? 'java' : path.join(home, 'bin', 'java')
  const said = await ask(command, env)
  if (said === null)
    return E.left(
      home === ''
        ? `there is no Java on the PATH; ${INSTALL}`
        : `JAVA_HOME is ${home}, and ${command} cannot be started; correct JAVA_HOME or unset it`
    )
  const version = versionIn(said)
  // JAVA_TOOL_OPTIONS is repeated first, with the passwords in it.
  const first = Secrets.shown(Secrets.foreign)(said.split('\n')[0] ?? '')
  if (version === null) return E.left(`${command} does not report its version: ${first}`)
  return version < MINIMUM
    ? E.left(`${command} is Java ${version}, but Amazon's daemon needs ${MINIMUM}; ${INSTALL}`)
    : E.right({ command, version })
}
