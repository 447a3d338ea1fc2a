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
  readonly from?: string
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
    from: options.from ?? null,
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
const FAULTS = "Faults (--seed chooses them; their timing also depends on the handler's speed):"

const option = (group: string, flags: string, description: string): Option =>
  new Option(flags, description).helpGroup(group)

const own: ReadonlyArray<Option> = [
  option(
    INPUT,
    '--generate <n>',
    'generate this many orders, such as {"id":"o-1","customer":"customer-7","total":12.5}'
  ).argParser(whole(0)),
  option(
    INPUT,
    '--key <path>',
    'treat every line as data, and take the partition key from the field at this path, such as customer.id'
  ),
  option(
    INPUT,
    '--follow',
    'at the end of the file, wait for more lines until Ctrl-C; a truncated or replaced file is read from its beginning'
  ).default(false),
  option(
    INPUT,
    '--from <recording>',
    'play a recording that was made with record.data: full, with the recorded shards, sequence numbers and batches (docs/lab.md)'
  ).conflicts(['generate', 'key', 'follow', 'shards', 'batch', 'state', 'fresh', 'splitAfter']),
  option(STREAM, '--shards <n>', 'the number of shards, over which the keys are spread')
    .argParser(shardCount)
    .default(1),
  option(STREAM, '--batch <n>', 'the most records in a batch; the KCL has the same default')
    .argParser(whole(1))
    .default(10_000),
  option(
    STREAM,
    '--state <file>',
    'the file for checkpoints (default: one file per stream, in .kclts; none for stdin and pipes)'
  ),
  option(STREAM, '--fresh', 'forget the checkpoints and start from the beginning').default(false),
  option(STREAM, '--spawn', 'start a child process per shard, over pipes, as the real daemon does').default(
    false
  ),
  option(
    FAULTS,
    '--throttle <chance>',
    'the share of checkpoints, from 0 to 1, that fail with a ThrottlingException'
  )
    .argParser(chance)
    .default(0),
  option(
    FAULTS,
    '--lose-lease <chance>',
    'the share of batches, from 0 to 1, during or after which the shard loses its lease and goes back to its last checkpoint'
  )
    .argParser(chance)
    .default(0),
  option(
    FAULTS,
    '--split-after <n>',
    'split the first shard in two after line <n> of the input; the two new shards begin once the end of the first shard is checkpointed'
  ).argParser(whole(1)),
  option(
    FAULTS,
    '--kill-after <n>',
    'after this many records, let all shards crash at the same moment, and resume from the checkpoints; this happens once'
  ).argParser(whole(1)),
  option(FAULTS, '--seed <n>', 'the seed of the faults and of --generate').argParser(whole(0)).default(1),
  new Option('--json', 'print the summary as one JSON object on stdout').default(false)
]

const HELP = `
A line of input can be a whole record: an object with a partitionKey (a string), and with data or dataBase64. If the data
is a string, the handler gets the text of the string. If the data is any other JSON, the handler gets this JSON exactly as
the line has it. The object may have an approximateArrivalTimestamp: milliseconds since 1970, or a date. Any other line is
the data of a record. Such records go to the shards in turn, and their partition keys are line-1, line-2, and so on. With
--key, every line is data, and the partition key is read from this data.

A line with a mistake, such as a partitionKey without data, or no key where --key looks for one, is not a record. kclts
reports the line and goes on.

If the input is a file, its checkpoints are kept. The next run continues after the lines that are consumed, and says so. If
these lines have changed, the next run reads the file from the beginning. stdin and pipes are a new input in each run,
unless --state names a file for their checkpoints.
With --from, checkpoints are not kept, nothing is recorded, and kclts prints what the recording lacks.
In a folder without a configuration, --generate runs a built-in example.
With --follow, kclts copies the input to the folder for temporary files. What the handler prints goes to stderr.
The first Ctrl-C stops the run gracefully. The second Ctrl-C stops the run at once.

Exit codes: 0 everything was consumed; 1 halted, and the log says why; 2 wrong usage or configuration; 3 the conversation
with a child broke; 4 something was not consumed (the run was stopped, or some lines are not records);
5 every record became a dead letter.

Examples:
  kclts dev events.ndjson --shards 4
  kclts dev events.ndjson --key customer.id --checkpoint-count 100
  kclts dev --generate 100000 --shards 2 --throttle 0.1 --lose-lease 0.05 --split-after 5000 --batch 500
  tail -f app.log | kclts dev
  kclts dev --from ./recordings --lose-lease 0.05
  kclts dev events.ndjson --fresh --json --log-level error`

export const devCommand = (): Command => {
  const command = new Command('dev')
    .summary("run the handler on this machine, without Amazon's daemon, Java or AWS")
    .description(
      "Runs your handler on this machine, in place of Amazon's daemon. It needs no Java, no AWS and no network."
    )
    .argument(
      '[file]',
      'a file of NDJSON with one record per line, or - for stdin; without a file, kclts reads a pipe on stdin'
    )
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
      'the process ended before the run did: the handler calls process.exit, or its module awaits something that never happens'
    )
    const code = await dev(optionsOf(file, self), Surroundings.real()).finally(unwatch)
    leave(code)
  })
}
