/** The options of `kclts dev`. */
import * as path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Options } from '../../dev/dev'
import { given, withSettings } from '../settings'

const isWhole = (text: string): boolean => /^[0-9]{1,15}$/.test(text)

const whole =
  (least: number) =>
  (text: string): number => {
    if (!isWhole(text) || Number(text) < least)
      throw new InvalidArgumentError(`Expected a whole number of ${least} or more.`)
    return Number(text)
  }

const chance = (text: string): number => {
  const value = text.trim() === '' ? NaN : Number(text)
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('Expected a number from 0 to 1.')
  return value
}

const MAX_SHARDS = 1000
const shardCount = (text: string): number => {
  if (whole(1)(text) > MAX_SHARDS) throw new InvalidArgumentError(`Expected at most ${MAX_SHARDS}.`)
  return Number(text)
}

/** As commander gives them. */
interface Given {
  readonly generate?: number
  readonly seed: number
  readonly follow: boolean
  readonly shards: number
  readonly batch: number
  readonly key?: string
  readonly state?: string
  readonly fresh: boolean
  readonly throttle: number
  readonly loseLease: number
  readonly splitAfter?: number
  readonly killAfter?: number
  readonly spawn: boolean
  readonly json: boolean
  readonly config?: string
}

/** The shipped child; its shell wrapper where there is a shell. */
const child = (): Options['child'] =>
  process.platform === 'win32'
    ? [process.execPath, path.join(__dirname, '../../child.js')]
    : [path.join(__dirname, '../../edge/kclts-child')]

const optionsOf = (file: string | undefined, command: Command): Options => {
  const options = command.opts<Given>()
  return {
    file: file ?? null,
    generate: options.generate ?? null,
    seed: options.seed,
    follow: options.follow,
    isKept: true,
    shards: options.shards,
    batch: options.batch,
    key: options.key ?? null,
    state: options.state ?? null,
    fresh: options.fresh,
    throttle: options.throttle,
    loseLease: options.loseLease,
    splitAfter: options.splitAfter ?? null,
    killAfter: options.killAfter ?? null,
    spawn: options.spawn,
    json: options.json,
    config: options.config ?? null,
    flags: given(command),
    child: child()
  }
}

const INPUT = 'Input:'
const STREAM = 'Stream:'
const TROUBLE = 'Trouble, thrown by --seed (when it strikes also depends on how fast the handler is):'

const option = (group: string, flags: string, description: string): Option =>
  new Option(flags, description).helpGroup(group)

const own: ReadonlyArray<Option> = [
  option(
    INPUT,
    '--generate <n>',
    'make up so many orders, such as {"id":"o-1","customer":"customer-7","total":12.5}'
  ).argParser(whole(0)),
  option(
    INPUT,
    '--key <path>',
    'every line is data, with its partition key at this path, such as customer.id'
  ),
  option(
    INPUT,
    '--follow',
    'wait for more at the end of the file, until Ctrl-C; a file that is truncated or replaced is read from its beginning'
  ).default(false),
  option(STREAM, '--shards <n>', 'spread the keys over so many shards').argParser(shardCount).default(1),
  option(STREAM, '--batch <n>', 'records in a batch at most; 10000 is the default of the KCL')
    .argParser(whole(1))
    .default(10_000),
  option(
    STREAM,
    '--state <file>',
    'where checkpoints are kept (default: a file for each stream, in .kclts; for stdin and pipes none)'
  ),
  option(STREAM, '--fresh', 'forget the checkpoints and begin at the beginning').default(false),
  option(STREAM, '--spawn', 'a child process for each shard, over pipes, as under the real daemon').default(
    false
  ),
  option(TROUBLE, '--throttle <chance>', 'this part of the checkpoints gets a ThrottlingException')
    .argParser(chance)
    .default(0),
  option(
    TROUBLE,
    '--lose-lease <chance>',
    'this part of the batches loses the lease, during or after it; it comes back from the last checkpoint'
  )
    .argParser(chance)
    .default(0),
  option(
    TROUBLE,
    '--split-after <n>',
    'split the first shard in two after this line of the input; its children begin once its end is checkpointed'
  ).argParser(whole(1)),
  option(
    TROUBLE,
    '--kill-after <n>',
    'crash once after so many records, all shards in the middle of what they do, and resume from the checkpoints'
  ).argParser(whole(1)),
  option(TROUBLE, '--seed <n>', 'for the trouble, and for --generate').argParser(whole(0)).default(1),
  new Option('--json', 'print the summary as one JSON object on stdout').default(false)
]

const HELP = `
A line of input is a record when it is an object with a partitionKey (text) and data (text, or any other JSON, whose bytes
are handed on as they are written) or dataBase64; it may have an approximateArrivalTimestamp (milliseconds since 1970, or a
date). Any other line is data: with --key its key is in it, without one the shards take such lines in turn.

Checkpoints of a file are kept between runs, so the next run goes on after the lines that this one consumed, and says so.
It does that only if those lines are still the same: a file with other lines is read from its beginning. stdin and pipes
are a new input each time, unless --state names a file for their checkpoints. The order of each key is kept.
In a folder without a configuration, --generate runs a built-in example.
With --follow the file is copied to the folder for temporary files as it is read. What the handler prints goes to stderr.
Ctrl-C stops gracefully; a second one at once.

Exit codes: 0 everything was consumed; 1 halted, the log says why; 2 wrong usage or configuration; 3 the conversation
with a child broke; 4 something was not consumed (stopped before the end, or lines that are no record);
5 every record became a dead letter.

Examples:
  kclts dev events.ndjson --shards 4
  kclts dev events.ndjson --key customer.id --checkpoint-count 100
  kclts dev --generate 100000 --shards 2 --throttle 0.1 --lose-lease 0.05 --split-after 5000 --batch 500
  tail -f app.log | kclts dev
  kclts dev events.ndjson --fresh --json --log-level error`

export const devCommand = (): Command => {
  const command = new Command('dev')
    .summary("play Amazon's daemon on this machine, without Java and AWS")
    .description("Plays Amazon's daemon against your handler: no Java, no AWS, no network.")
    .argument('[file]', 'NDJSON, a record a line; - or a pipe for stdin')
    .addHelpText('after', HELP)
  for (const one of own) command.addOption(one)
  return withSettings(command).action(async (file: string | undefined, _options, self: Command) => {
    const [{ dev }, Surroundings, { leave, watchEnd }] = await Promise.all([
      import('../../dev/dev.js'),
      import('../../edge/Surroundings.js'),
      import('../../edge/leave.js')
    ])
    const unwatch = watchEnd(
      1,
      'the process ended before the run did: the handler calls process.exit, or its module awaits what nothing ends'
    )
    const code = await dev(optionsOf(file, self), Surroundings.real()).finally(unwatch)
    leave(code)
  })
}
