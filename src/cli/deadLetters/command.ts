/** The options of `kclts dead-letters`. */
import { once } from 'node:events'
import * as fs from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import * as E from 'fp-ts/Either'
import * as Duration from '../../values/Duration'
import * as Time from '../../values/Time'
import * as Clock from '../../run/Clock'
import type { Choice } from '../../deadLetters/DeadLetterChoice'
import type { Surroundings } from '../../edge/Surroundings'
import type { Code, Options } from './file'
import { given, withSettings } from '../settings'
import * as Terminal from '../Terminal'

/** As commander gives them. */
interface Given {
  readonly config?: string
  readonly only?: ReadonlyArray<string>
  readonly stream?: string
  readonly shard?: string
  readonly key?: string
  readonly reason?: string
  readonly since?: number
  readonly all?: boolean
  readonly yes?: boolean
  readonly json?: boolean
  readonly data?: boolean
  readonly pager?: boolean
  readonly dryRun?: boolean
  readonly effects?: boolean
  readonly exclusive?: boolean
}

/** A time, or how long ago. @returns milliseconds since 1970. */
const since = (text: string): number => {
  // Seconds ago, as a duration elsewhere, or a time in seconds or milliseconds since 1970: `discard` must not guess.
  if (/^\s*[0-9.]+\s*$/.test(text))
    throw new InvalidArgumentError(
      'A number alone may be a time or how long ago. Give a time such as 2026-01-31T12:00Z, or add a unit, such as 2h.'
    )
  const ago = Duration.parse(text)
  if (ago !== undefined) return Clock.wall() - ago
  const time = Time.parse(text)
  if (E.isRight(time)) return time.right
  throw new InvalidArgumentError(
    `${time.left[0]?.toUpperCase() ?? ''}${time.left.slice(1)}. Give a time such as 2026-01-31T12:00Z, or how long ago, such as 2h.`
  )
}

const terms = (text: string): ReadonlyArray<string> => text.split(',').map((term) => term.trim())

const withChoice = (command: Command): Command =>
  command
    .option('--stream <name>', 'only letters of this stream')
    .option('--shard <id>', 'only letters of this shard')
    .option('--key <partition key>', 'only letters of records with this partition key')
    .option('--reason <text>', 'only letters with this text in their reason or in the name of their error')
    .option(
      '--since <time>',
      'only letters since a time, such as 2026-01-31T12:00Z, or within the last period, such as 2h',
      since
    )

const withOnly = (command: Command): Command =>
  command.option(
    '--only <which>',
    'only these letters, such as 1,4-7: numbers in the list, sequence numbers or positions (SEQUENCE/SUBSEQUENCE)',
    terms
  )

const withExclusive = (command: Command): Command =>
  command.option(
    '--exclusive',
    'promise that nothing else writes to the file; needed on a network file system, since other machines do not see its locks',
    false
  )

const choiceOf = ({ only, stream, shard, key, reason, since: from }: Given): Choice => ({
  only: only ?? null,
  stream: stream ?? null,
  shard: shard ?? null,
  key: key ?? null,
  reason: reason ?? null,
  since: from ?? null
})

const optionsOf = (file: string | undefined, command: Command): Options => {
  const options = command.opts<Given>()
  return {
    file: file ?? null,
    config: options.config ?? null,
    flags: given(command),
    choice: choiceOf(options)
  }
}

const FILE = 'the file of dead letters (default: failure.deadLetters of the configuration)'
const CONFIG = 'the configuration file (default: searched for from the current folder up)'

/** Ends with the code of a command once a slow reader of its output has all of it. */
const end = async (run: () => Promise<Code>): Promise<void> => {
  // `list | head` reads as much as it likes.
  process.stdout.on('error', () => undefined)
  process.exitCode = await run()
}

const real = async () => (await import('../../edge/Surroundings.js')).real()

const withPager = (command: Command): Command =>
  command.option('--no-pager', 'print everything at once, even on a terminal')

/** Runs a command whose output is read a page at a time. */
const paged = async (isWanted: boolean, run: (around: Surroundings) => Code): Promise<Code> => {
  const around = await real()
  const pager = (await import('../Pager.js')).real(isWanted, around.stdout)
  const code = run({ ...around, stdout: pager.write })
  pager.end()
  return code
}

const list = (): Command =>
  withPager(withChoice(new Command('list')))
    .summary('list the records that have a dead letter')
    .description('Prints one line per record that has a dead letter, and how often each reason occurs.')
    .argument('[file]', FILE)
    .option('--config <file>', CONFIG)
    .option('--json', 'print one JSON object per line', false)
    .action((file: string | undefined, options: Given, self: Command) =>
      end(async () => {
        const json = options.json === true
        const command = await import('./list.js')
        return paged(!json && options.pager !== false, (around) =>
          command.list({ ...optionsOf(file, self), json }, around)
        )
      })
    )

const show = (): Command =>
  withPager(new Command('show'))
    .summary('show everything about one letter')
    .description(
      'Shows everything about one letter, with its data as JSON, text or hexadecimal, whichever fits.'
    )
    .argument(
      '<which>',
      'the number of the letter in the list, its sequence number, or its position (SEQUENCE/SUBSEQUENCE)'
    )
    .argument('[file]', FILE)
    .option('--config <file>', CONFIG)
    .option('--stream <name>', 'only letters of this stream')
    .option('--shard <id>', 'only letters of this shard')
    .addOption(
      new Option('--data', "print only the payload's bytes, for a pipe").default(false).conflicts('json')
    )
    .option('--json', 'print the letter as one line of JSON, with its data in base64', false)
    .action((which: string, file: string | undefined, options: Given, self: Command) =>
      end(async () => {
        const common = optionsOf(file, self)
        const [data, json] = [options.data === true, options.json === true]
        const command = await import('./show.js')
        return paged(!data && !json && options.pager !== false, (around) =>
          command.show(
            { ...common, choice: { ...common.choice, only: [which] }, data, json },
            around,
            (bytes) => void process.stdout.write(bytes)
          )
        )
      })
    )

const replay = (): Command => {
  const command = withExclusive(withOnly(withChoice(new Command('replay'))))
    .summary('run letters through the handler again')
    .description(
      'Runs letters through the configured handler again, with its sinks, retries and concurrency. If a record finishes, its letters are marked as done in FILE.done, and are no longer shown. If a record fails again, it gets a new letter with the new reason, and its old letters are marked as done, too.'
    )
    .argument('[file]', FILE)
    .option(
      '--dry-run',
      'run the handler and say what a replay would do; nothing is delivered or changed',
      false
    )
    .option(
      '--effects',
      'let --dry-run call an effectful handler; the effects of the handler do take place',
      false
    )
  return withSettings(command).action(async (file: string | undefined, options: Given, self: Command) => {
    const { leave, watchEnd } = await import('../../edge/leave.js')
    const unwatch = watchEnd(
      1,
      'the handler ended the process; the next replay runs the records that are not marked as done'
    )
    const { replay: run } = await import('./replay.js')
    const dryRun = options.dryRun === true
    const effects = options.effects === true
    const exclusive = options.exclusive === true
    leave(await run({ ...optionsOf(file, self), dryRun, effects, exclusive }, await real()).finally(unwatch))
  })
}

const confirm =
  (isSaid: boolean) =>
  async (question: string): Promise<boolean> => {
    if (isSaid) return true
    if (!process.stdin.isTTY || !process.stderr.isTTY) return false
    const ended = once(process.stdin, 'end').then(() => '')
    return /^y(es)?$/i.test((await Promise.race([Terminal.ask(`${question} [y/N] `), ended])).trim())
  }

const discard = (): Command =>
  withExclusive(withOnly(withChoice(new Command('discard'))))
    .summary('set letters aside')
    .description(
      'Copies letters to FILE.discarded-TIME, beside FILE. Then marks these letters as done in FILE.done, so that list no longer shows them.'
    )
    .argument('[file]', FILE)
    .option('--config <file>', CONFIG)
    .option('--all', 'all letters', false)
    .option('--yes', 'do not ask for confirmation', false)
    .action((file: string | undefined, options: Given, self: Command) =>
      end(async () => {
        const { choice } = optionsOf(file, self)
        if (options.all !== true && Object.values(choice).every((one) => one === null)) {
          fs.writeSync(
            2,
            'kclts dead-letters discard: choose letters with --only, --stream, --shard, --key, --reason, --since or --all\n'
          )
          return 2
        }
        return (await import('./discard.js')).discard(
          { ...optionsOf(file, self), exclusive: options.exclusive === true },
          await real(),
          confirm(options.yes === true)
        )
      })
    )

const compact = (): Command =>
  withExclusive(new Command('compact'))
    .summary('remove the letters that are done, to shorten the file')
    .description(
      'Removes from the file each letter that FILE.done marks as done, and then removes the marks. Workers may append to the file meanwhile. The file keeps its owner and mode, and links to the file still work.'
    )
    .argument('[file]', FILE)
    .option('--config <file>', CONFIG)
    .action((file: string | undefined, options: Given, self: Command) =>
      end(async () =>
        (await import('./compact.js')).compact(
          { ...optionsOf(file, self), exclusive: options.exclusive === true },
          await real()
        )
      )
    )

const HELP = `
Letters of the same record (the same stream, shard, position and data) are one row of the list, with a count such as
x2. Lines that cannot be read are reported, and stay in the file.

A letter is done once it is replayed or discarded. A letter that is done stays in FILE until compact removes it. The file
FILE.done, beside FILE, lists the letters that are done. Move or copy both files together.

replay, discard and compact lock the file. Every process and container on this machine that uses the folder sees the lock.
On a network file system, other machines do not see the lock. There these commands run only if --exclusive promises that
nothing else writes to the file.

On a terminal, list and show print a page at a time, with $PAGER or less. --no-pager, or PAGER=cat, prints everything at
once.

Exit codes: 0 all is well; 1 a record failed again, a replay halted, or some lines cannot be read; 2 wrong usage or
configuration.

Examples:
  kclts dead-letters list --since 2h
  kclts dead-letters list --key customer-48
  kclts dead-letters show 3
  kclts dead-letters show 3 --data | jq .
  kclts dead-letters replay --only 1,4-7
  kclts dead-letters discard --reason 'not JSON' --yes
  kclts dead-letters compact`

export const deadLettersCommand = (): Command =>
  new Command('dead-letters')
    .summary('list dead letters and run them again')
    .description('Lists the records that the handler could not process, and runs them again.')
    .addHelpText('after', HELP)
    .addCommand(list())
    .addCommand(show())
    .addCommand(replay())
    .addCommand(discard())
    .addCommand(compact())
