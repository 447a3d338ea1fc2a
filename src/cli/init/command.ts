/** The options of `kclts init`. */
import * as path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import * as E from 'fp-ts/Either'
import type { Report } from '../check/check'
import * as Answers from './Answers'
import * as Terminal from '../Terminal'
import { answers } from './ask'
import { init } from './init'

interface Given {
  readonly stream?: string
  readonly application?: string
  readonly test?: Answers.Runner
  readonly yes: boolean
  readonly force: boolean
  readonly dryRun: boolean
}

const nameOf =
  (name: Answers.Name) =>
  (text: string): string => {
    const read = Answers.nameOf(name, text)
    if (E.isLeft(read)) throw new InvalidArgumentError(read.left)
    return read.right
  }

const HELP = `
Writes package.json, tsconfig.json, kcl.config.yaml, a handler in TypeScript with its test, events to consume, .gitignore
and a Dockerfile. init needs no network and installs nothing.

Existing files stay as they are, with two exceptions: init adds missing scripts and dependencies to package.json, and
missing lines to .gitignore. If package.json already has another script NAME, the new script is called kclts:NAME. Without a
terminal, init takes the defaults.

Exit codes: 0 all files are written; 2 wrong usage, or a file could not be written.

Examples:
  kclts init order-consumer
  kclts init packages/orders --stream orders --test vitest
  kclts init --dry-run`

export const initCommand = (print: (report: Report) => void): Command =>
  new Command('init')
    .summary('begin a project: a handler in TypeScript, its test and its configuration')
    .description('Begins a project in a folder: a handler in TypeScript, its test and its configuration.')
    .argument('[folder]', 'the folder of the project, which is made if necessary', '.')
    .addOption(
      new Option('--stream <name>', 'the stream to consume (default: orders)').argParser(nameOf('stream'))
    )
    .addOption(
      new Option(
        '--application <name>',
        'the name of the application, whose workers share the stream (default: the name of the folder)'
      ).argParser(nameOf('application'))
    )
    .addOption(
      new Option('--test <runner>', 'the test runner; node means node:test (default: node)').choices(
        Answers.RUNNERS
      )
    )
    .option('--yes', 'ask nothing and take the defaults', false)
    .option('--force', 'replace existing files', false)
    .option('--dry-run', 'only list the files that would be written', false)
    .addHelpText('after', HELP)
    .action(async (folder: string, _options, self: Command) => {
      const { stream, application, test, yes, force, dryRun } = self.opts<Given>()
      const given: Partial<Answers.Answers> = {
        ...(stream === undefined ? {} : { stream }),
        ...(application === undefined ? {} : { application }),
        ...(test === undefined ? {} : { runner: test })
      }
      const cwd = process.cwd()
      const defaults = Answers.defaults(path.resolve(cwd, folder))
      const isAsked = process.stdin.isTTY === true && process.stderr.isTTY === true && !yes && !dryRun
      const all = isAsked ? await answers(given, defaults, Terminal.ask) : { ...defaults, ...given }
      print(init({ cwd, folder, answers: all, isForced: force, isDry: dryRun }))
    })
