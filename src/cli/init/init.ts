/** `kclts init`: a project that consumes a stream, in a folder that may have files of its own. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as ConfigFile from '../../config/ConfigFile'
import * as Failure from '../../core/Failure'
import type { Report } from '../check/check'
import * as Answers from './Answers'
import * as Manifest from './Manifest'
import * as Place from './Place'
import * as Plan from './Plan'
import * as Template from './Template'

export interface Options {
  readonly cwd: string
  /** As the user named it, from `cwd`. */
  readonly folder: string
  readonly answers: Answers.Answers
  readonly isForced: boolean
  /** Only says what it would write. */
  readonly isDry: boolean
}

const textOf = (file: string): string | null => {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (thrown) {
    if (Failure.hasCode(thrown, 'ENOENT')) return null
    throw thrown
  }
}

const isFile = (name: string): boolean => fs.statSync(name, { throwIfNoEntry: false })?.isFile() === true

/** As a shell takes it. */
const quoted = (name: string): string => (/\s/.test(name) ? `'${name}'` : name)

/** The configuration of this folder itself: one that a folder above has does not count. */
const configurationIn = (folder: string): string | null => {
  const found = fs.existsSync(folder) ? ConfigFile.search(folder) : E.right(null)
  if (E.isLeft(found) || found.right === null || path.dirname(found.right.file) !== folder) return null
  return path.basename(found.right.file)
}

const readFolder = (folder: string, paths: ReadonlyArray<string>, isForced: boolean): Plan.Folder => {
  const texts = paths.map((one) => [one, textOf(path.join(folder, one))] as const)
  return {
    found: new Map(texts.flatMap(([one, text]) => (text === null ? [] : [[one, text] as const]))),
    configuration: configurationIn(folder),
    isForced
  }
}

const perform = (folder: string, step: Plan.Step): void => {
  if (step._tag === 'Keep') return
  const file = path.join(folder, step.path)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  // What has appeared since the folder was read is not overwritten either.
  fs.writeFileSync(file, step.text, { flag: step._tag === 'Write' ? 'wx' : 'w' })
}

const VERBS = { Write: 'write', Replace: 'change', Keep: 'keep' } as const

const lineOf = (step: Plan.Step): string =>
  `  ${VERBS[step._tag].padEnd(8)}${step._tag === 'Write' ? step.path : `${step.path.padEnd(22)}  ${step.why}`}\n`

/** `npm test` and the like, by what the scripts are called in the package.json that is there now. */
const commandOf = (manifest: string, script: string): string => {
  const name = Manifest.scriptNamed(manifest, script)
  return name === 'test' || name === 'start' ? `npm ${name}` : `npm run ${name}`
}

/** What to do after everything is written. */
const nextSteps = ({ cwd, answers }: Options, folder: string): string => {
  const manifest = textOf(path.join(folder, 'package.json')) ?? ''
  const { dev, test, check } = Manifest.needs(answers.runner, Template.version()).scripts
  const rows: ReadonlyArray<readonly [string, string]> = [
    ...(folder === cwd ? [] : [[`cd ${quoted(path.relative(cwd, folder))}`, ''] as const]),
    ['npm install', ''],
    [commandOf(manifest, dev), '# consumes events.ndjson on this machine, without Java and AWS'],
    [commandOf(manifest, test), '# tests the handler'],
    [commandOf(manifest, check), '# checks the types and the configuration']
  ]
  return `\nNext:\n${rows.map(([command, why]) => `  ${command.padEnd(20)}${why}`.trimEnd()).join('\n')}\n`
}

const planOf = (
  { answers, isForced }: Options,
  folder: string
): E.Either<string, ReadonlyArray<Plan.Step>> => {
  if (isFile(folder)) return E.left(`${folder} is a file; name a folder`)
  const files = Template.files(answers, Place.of(folder))
  const needs = Manifest.needs(answers.runner, Template.version())
  return Plan.make(files, readFolder(folder, Plan.paths(files), isForced), {
    make: () => Manifest.make(Answers.projectOf(folder), needs),
    merge: (found) => Manifest.merge(found, needs, isForced)
  })
}

/** Plans, and writes unless it is a dry run. Exit code 2: nothing could be planned, or not all of it be written. */
export const init = (options: Options): Report => {
  const folder = path.resolve(options.cwd, options.folder)
  return pipe(
    E.tryCatch(
      () => planOf(options, folder),
      (thrown) => Failure.fromUnknown(thrown).message
    ),
    E.flatten,
    E.chain((steps) =>
      E.tryCatch(
        () => {
          if (!options.isDry) for (const step of steps) perform(folder, step)
          return steps
        },
        (thrown) => Failure.fromUnknown(thrown).message
      )
    ),
    E.match(
      (why): Report => ({ text: `kclts init: ${why}\n`, code: 2 }),
      (steps): Report => ({
        text: [
          `${options.isDry ? 'This is what kclts init would do in' : 'kclts init, in'} ${folder}:\n`,
          ...steps.map(lineOf),
          options.isDry ? '' : nextSteps(options, folder)
        ].join(''),
        code: 0
      })
    )
  )
}
