/** What `kclts diff` asks git for: a commit, its files in a folder, and whether a part of it is as in the working tree. */
import { spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'

/** A commit of the repository that a folder belongs to. */
export interface Commit {
  /** The top folder of the working tree. */
  readonly root: string
  /** Where the folder is within it; empty for the top. */
  readonly prefix: string
  /** As the user named it. */
  readonly ref: string
  readonly hash: string
}

const MOST_OUTPUT = 64 << 20

interface Ended {
  readonly isOk: boolean
  readonly stdout: string
  readonly stderr: string
}

const git = (cwd: string, ...args: ReadonlyArray<string>): Ended => {
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT
  })
  return {
    isOk: status === 0,
    stdout: (stdout ?? '').replace(/\n$/, ''),
    stderr: error === undefined ? stderr.trim() : `git cannot be started: ${error.message}`
  }
}

const hashOf = (root: string, ref: string): string | null => {
  const found = git(root, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`)
  return found.isOk ? found.stdout : null
}

/** Such as HEAD~1: the remote knows no such name. */
const isRelative = (ref: string): boolean => /[~^]|@\{/.test(ref)

/** How to get a ref that is not here. */
const missing = (root: string, ref: string): string => {
  const remote = git(root, 'remote').stdout.split('\n')[0]
  if (remote !== undefined && remote !== '' && hashOf(root, `${remote}/${ref}`) !== null)
    return `there is no ${ref} in ${root}, but there is git:${remote}/${ref}`
  const from = remote === undefined || remote === '' ? 'origin' : remote
  if (git(root, 'rev-parse', '--is-shallow-repository').stdout === 'true') {
    const how = isRelative(ref)
      ? `git fetch --unshallow ${from}`
      : `git fetch --depth=1 ${from} ${ref} and use git:FETCH_HEAD`
    return `there is no ${ref} in ${root}, which is a shallow clone; run ${how} (with actions/checkout, fetch-depth: 0 fetches everything)`
  }
  return `there is no ${ref} in ${root}; run git fetch ${from} ${ref} and use git:FETCH_HEAD, or correct the name`
}

/** Left: there is no repository, or no such commit; with what to do. */
export const find = (cwd: string, ref: string): E.Either<string, Commit> => {
  const top = git(cwd, 'rev-parse', '--show-toplevel')
  if (!top.isOk) return E.left(`${cwd} is in no git repository that can be read: ${top.stderr}`)
  const root = path.resolve(top.stdout)
  const hash = hashOf(root, ref)
  if (hash === null) return E.left(missing(root, ref))
  return E.right({ root, prefix: git(cwd, 'rev-parse', '--show-prefix').stdout, ref, hash })
}

/** The text of a file of the commit; null: it has none. */
export const read = ({ root, hash }: Commit, file: string): string | null => {
  const shown = git(root, 'cat-file', 'blob', `${hash}:${file}`)
  return shown.isOk ? shown.stdout : null
}

/** Whether a folder of the working tree has what the commit has there, files that git does not know included. */
export const isSame = ({ root, hash }: Commit, folder: string): boolean =>
  git(root, 'diff', '--quiet', hash, '--', folder).isOk &&
  git(root, 'ls-files', '--others', '--exclude-standard', '--', folder).stdout === ''

/** Writes the files of the commit into a folder that is empty. */
export const archive = async (
  { root, hash, ref }: Commit,
  folder: string
): Promise<E.Either<string, void>> => {
  fs.mkdirSync(folder, { recursive: true })
  const from = spawn('git', ['archive', '--format=tar', hash], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const into = spawn('tar', ['-x', '-f', '-'], { cwd: folder, stdio: ['pipe', 'ignore', 'pipe'] })
  // How both ended says more than a pipe that broke.
  into.stdin.on('error', () => undefined)
  from.stdout.pipe(into.stdin)
  const ends = await Promise.all([ended(from, 'git archive'), ended(into, 'tar')])
  const problem = ends.find(E.isLeft)
  return problem === undefined
    ? E.right(undefined)
    : E.left(`${ref} cannot be written to ${folder}: ${problem.left}`)
}

const ended = (child: ReturnType<typeof spawn>, name: string): Promise<E.Either<string, void>> =>
  new Promise((resolve) => {
    let said = ''
    child.stderr?.on('data', (text) => (said += String(text)))
    child.once('error', (problem) => resolve(E.left(`${name}: ${problem.message}`)))
    child.once('close', (code) =>
      resolve(
        pipe(
          code,
          E.fromPredicate(
            (one) => one === 0,
            () => `${name} ended with ${code}: ${said.trim()}`
          ),
          E.map(() => undefined)
        )
      )
    )
  })
