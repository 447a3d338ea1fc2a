/** The options of `kclts diff`. */
import { Command, InvalidArgumentError } from 'commander'
import { leave } from '../../edge/leave'

interface Given {
  readonly old: string
  readonly new: string
  readonly config?: string
  readonly build?: string
  readonly allow: ReadonlyArray<string>
  readonly max: string
  readonly effects?: boolean
  readonly json?: boolean
  readonly markdown?: string
  readonly writeTest?: number
  readonly testFile?: string
  readonly yes?: boolean
}

const count = (text: string): number => {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Expected a number from 1 to 9999.')
  return Number(text)
}

const several = (text: string, before: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...before,
  // As in a sentence: `ack -> skip`.
  text.replace(/\s*->\s*/, '->').trim()
]

const HELP = `
A version is git:REF (such as git:main, or git:main:packages/consumer for another folder of the repository), a folder with a
configuration, a configuration, or a handler. A version from git uses the packages that are installed in the working tree.
If a version needs other packages, install it in a folder of its own and name that folder. kclts writes nothing into the
repository.

RECORDING needs data (record.data: full). Outputs are not delivered, and no dead letter is written. Without --effects, each
handler is called twice for each record. A handler is impure if its two results differ.

--allow takes names of differences from the report, with * for any characters: 'ack->skip', 'reject.reason', 'orders.total',
'orders.*', impure.

Exit codes: 0 no record differs, or no more than --max allows; 1 records differ, or a handler is impure; 2 wrong usage or
configuration, or nothing could be compared.

Examples:
  kclts diff ./recording --old git:main --new .
  kclts diff ./recording --old git:main --new . --build 'npm run build' --allow 'ack->skip' --max 0.1%
  kclts diff ./recording --old ../released --new . --markdown "$GITHUB_STEP_SUMMARY"
  kclts diff ./recording --old git:main --new . --write-test 5`

const run = async (recording: string, given: Given, command: Command): Promise<void> => {
  const [{ diff }, Report, Surroundings, { ask }] = await Promise.all([
    import('../../lab/diff/diff.js'),
    import('../../lab/diff/Report.js'),
    import('../../edge/Surroundings.js'),
    import('../Terminal.js')
  ])
  const max = Report.most(given.max)
  if (max === null)
    return command.error(
      `error: --max ${given.max}: expected a number of records, or a percentage such as 0.1%`
    )
  const { writeTest, testFile, yes } = given
  const options = {
    recording,
    old: given.old,
    new: given.new,
    config: given.config ?? null,
    build: given.build ?? null,
    allow: given.allow,
    max,
    effects: given.effects === true,
    json: given.json === true,
    markdown: given.markdown ?? null,
    test:
      writeTest === undefined
        ? null
        : { count: writeTest, file: testFile ?? null, ask: yes === true ? null : ask }
  }
  leave(await diff(options, Surroundings.real()))
}

export const diffCommand = (): Command =>
  new Command('diff')
    .summary('show what a new handler would do differently with the records of a recording')
    .description(
      'Gives each record of a recording to two versions of a handler, and shows where they differ: in decisions, in fields of outputs, and in failures. The report also compares the speed of the two versions.'
    )
    .argument('<recording>', 'the folder of a recording, or one of its files')
    .requiredOption('--old <version>', 'the old version, such as git:main')
    .option('--new <version>', 'the new version', '.')
    .option('--config <file>', 'the configuration file, as a path in the folder of each version')
    .option(
      '--build <command>',
      'the shell command that builds a version from git; it runs in the folder of the version'
    )
    .option('--allow <difference>', 'a difference to accept, such as ack->skip; may be repeated', several, [])
    .option('--max <records>', 'how many records may differ: a number, or a percentage such as 0.1%', '0')
    .option('--effects', 'also call effectful handlers: their effects take place, for both versions', false)
    .option('--json', 'print one line of JSON', false)
    .option(
      '--markdown <file>',
      'also append a summary to this file, for a pull request; it has no values of records'
    )
    .option(
      '--write-test <count>',
      'write a test with this many of the records that differ, masked; kclts asks first',
      count
    )
    .option(
      '--test-file <file>',
      'where --write-test writes (default: beside the new handler, such as handler.diff.test.ts)'
    )
    .option('--yes', 'do not ask before --write-test writes', false)
    .addHelpText('after', HELP)
    .action(run)
