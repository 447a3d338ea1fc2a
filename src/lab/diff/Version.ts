/** A version of a handler: from git, from a folder, or a file; with its configuration. */
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type * as ConfigSearch from '../../config/ConfigSearch'
import * as Configuration from '../../edge/Configuration'
import * as Managed from '../../run/Managed'
import * as Git from './Git'
import * as Installed from './Installed'

export type Spec =
  | { readonly _tag: 'Git'; readonly ref: string; readonly folder: string | null }
  | { readonly _tag: 'Path'; readonly path: string }

/** `git:REF`, `git:REF:FOLDER` (from the top of the repository), or a path. */
export const parse = (text: string): Spec => {
  if (!text.startsWith('git:')) return { _tag: 'Path', path: text }
  const [ref = '', ...folder] = text.slice('git:'.length).split(':')
  return { _tag: 'Git', ref, folder: folder.length === 0 ? null : folder.join(':') }
}

export interface Request {
  readonly cwd: string
  readonly env: ConfigSearch.Request['env']
  /** The file of the configuration, from the version's folder; null: it is searched for. */
  readonly config: string | null
  /** What builds a version that git has, in a shell; null: it needs no build. */
  readonly build: string | null
  /** What a build prints. */
  readonly print: (text: string) => void
}

export interface Version {
  /** As a report names it. */
  readonly name: string
  readonly loaded: ConfigSearch.Loaded
}

// -- git --------------------------------------------------------------------------------------------------------------

/** Only the user may read it, and it is gone afterwards. */
const temporary: Managed.Managed<string> = Managed.make(
  () => Promise.resolve(E.right(fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-diff-'))))),
  Managed.within(30_000, 'the temporary files', (folder) =>
    fs.promises.rm(folder, { recursive: true, force: true })
  )
)

const run = (command: string, cwd: string, print: Request['print']): Promise<E.Either<string, void>> =>
  new Promise((resolve) => {
    const child = spawn(command, { cwd, shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', (text) => print(String(text)))
    child.stderr.on('data', (text) => print(String(text)))
    child.once('error', (problem) => resolve(E.left(`${command}: ${problem.message}`)))
    child.once('close', (code, signal) =>
      resolve(code === 0 ? E.right(undefined) : E.left(`${command} ended with ${code ?? signal} in ${cwd}`))
    )
  })

const refused = E.mapLeft((problem: string) => Managed.refusal([problem]))

const commitOf = (
  { ref, folder }: Extract<Spec, { readonly _tag: 'Git' }>,
  cwd: string
): E.Either<string, Git.Commit> =>
  pipe(
    ref === '' ? E.left('git: names no commit; expected git:REF, such as git:main') : Git.find(cwd, ref),
    E.map((commit) => (folder === null ? commit : { ...commit, prefix: folder }))
  )

/** The folder of the commit that corresponds to the current one. */
const checkedOut = (
  spec: Extract<Spec, { readonly _tag: 'Git' }>,
  { cwd, build, print }: Request
): Managed.Managed<{ readonly folder: string; readonly name: string }> =>
  pipe(
    Managed.fromEither(() => refused(commitOf(spec, cwd))),
    Managed.chain((commit) =>
      pipe(
        temporary,
        Managed.chain((top) =>
          Managed.fromEither(async () => {
            const shared = pipe(
              await Git.archive(commit, top),
              E.chain(() => Installed.share(commit, top))
            )
            const folder = path.join(top, commit.prefix)
            const built = E.isRight(shared) && build !== null ? await run(build, folder, print) : shared
            const name = `git:${commit.ref} (${commit.hash.slice(0, 9)})`
            return refused(
              pipe(
                built,
                E.map(() => ({ folder, name }))
              )
            )
          })
        )
      )
    )
  )

// -- paths ------------------------------------------------------------------------------------------------------------

const CONFIGURATIONS = new Set(['.yaml', '.yml', '.json'])

const isDirectory = (file: string): boolean =>
  fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true

const requestOf = (
  cwd: string,
  request: Request,
  more: Partial<ConfigSearch.Request>
): ConfigSearch.Request => ({
  cwd,
  // Each version names its own handler.
  env: { ...request.env, KCLTS_HANDLER: undefined },
  file: request.config,
  flags: {},
  handlerRequired: true,
  ...more
})

/** A configuration, or a handler that has the configuration of the current folder. */
const ofFile = (file: string, request: Request): ConfigSearch.Request =>
  CONFIGURATIONS.has(path.extname(file))
    ? requestOf(path.dirname(file), request, { file })
    : requestOf(request.cwd, request, { flags: { handler: file } })

const BUILD = '; if it has to be built, --build COMMAND builds it'

/** @param hint what to say after a problem */
const configured = (request: ConfigSearch.Request, hint: string): Managed.Managed<ConfigSearch.Loaded> =>
  pipe(
    Configuration.read(request),
    TE.mapLeft(({ code, problems }) =>
      Managed.refusal(
        problems.map((problem) => (problem.includes('there is no file') ? problem + hint : problem)),
        code
      )
    )
  )

/** A version that is opened; what git gave is removed when it is released. */
export const open = (text: string, request: Request): Managed.Managed<Version> => {
  const spec = parse(text)
  if (spec._tag === 'Git')
    return pipe(
      checkedOut(spec, request),
      Managed.chain(({ folder, name }) =>
        pipe(
          configured(requestOf(folder, request, {}), request.build === null ? BUILD : ''),
          Managed.map((loaded) => ({ name, loaded }))
        )
      )
    )
  const at = path.resolve(request.cwd, spec.path)
  if (!fs.existsSync(at))
    return Managed.fromEither(() =>
      refused(E.left(`${text}: there is no such file or folder; for a version that git has, write git:REF`))
    )
  return pipe(
    Configuration.read(isDirectory(at) ? requestOf(at, request, {}) : ofFile(at, request)),
    Managed.map((loaded) => ({ name: text, loaded }))
  )
}
