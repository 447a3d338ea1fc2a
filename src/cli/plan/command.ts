/** The options of `kclts plan`. */
import { Command, InvalidArgumentError } from 'commander'
import * as E from 'fp-ts/Either'
import { leave } from '../../edge/leave'
import * as Signals from '../../edge/Signals'
import type { Candidate } from '../../lab/plan/Candidate'
import * as Price from '../../lab/plan/Price'
import * as Sweep from '../../lab/plan/Sweep'
import type { Context } from './plan'

interface Given {
  readonly policy: ReadonlyArray<string>
  readonly sweep?: ReadonlyArray<Candidate>
  readonly replayAtMost?: number
  readonly price: number
  readonly json: boolean
  readonly html?: string
}

const sweep = (text: string): ReadonlyArray<Candidate> => {
  const parsed = Sweep.parse(text)
  if (E.isLeft(parsed)) throw new InvalidArgumentError(`${parsed.left}.`)
  return parsed.right
}

const records = (text: string): number => {
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of records.')
  return Number(text)
}

const price = (text: string): number => {
  if (!/^[0-9]{1,9}(?:\.[0-9]+)?$/.test(text))
    throw new InvalidArgumentError('Expected US dollars for a million writes, such as 0.625.')
  return Number(text)
}

const HELP = `
kclts runs the sessions of the recording again. The figures of the policy in force are exact if the recording is complete.
The figures of other policies are estimates. The plan says which figures are estimates, and why. Nothing is changed, and no
handler is called.

--sweep takes interval and count. For each, give one value, several values, or a range. A range stands for its two ends and
the round values between them (1s, 2s, 5s, 10s and so on):
  interval=1s..5m,count=100..10000    count=0|1000    interval=0|10s..1m

Exit codes: 0 shown; 2 wrong usage, or the recording cannot be read.

Examples:
  kclts plan ./recording
  kclts plan ./recording --policy proposed.yaml
  kclts plan ./recording --sweep interval=1s..5m,count=100..10000 --replay-at-most 1000 --html plan.html`

const around = async (signal: AbortSignal): Promise<Context> => {
  const { stderr, stdout } = process
  const isWatched = stderr.isTTY && process.env['CI'] === undefined
  return {
    cwd: process.cwd(),
    env: process.env,
    print: (text) => void stdout.write(text),
    tell: (text) => void stderr.write(text),
    screen: isWatched ? await (await import('../../dev/Screen.js')).terminal(stderr) : null,
    signal
  }
}

export const planCommand = (): Command =>
  new Command('plan')
    .summary('show what checkpoint policies would have cost over a recording')
    .description(
      'Shows what the checkpoint policy of a recording (see record.folder) cost, and what other policies would have cost: how many checkpoints, how many writes to the lease table and at what price, and how many records a crash would have delivered again.'
    )
    .argument('<recording>', 'the folder of a recording, or one of its files')
    .option(
      '--policy <file>',
      'a configuration file whose section `checkpoint` is the policy to compare; may be repeated',
      (file: string, files: ReadonlyArray<string>) => [...files, file],
      [] as ReadonlyArray<string>
    )
    .option('--sweep <ranges>', 'combinations of values of checkpoint.interval and checkpoint.count', sweep)
    .option(
      '--replay-at-most <records>',
      'suggest the cheapest policy with which a crash never repeats more than this many records',
      records
    )
    .option(
      '--price <usd>',
      'US dollars for a million writes; the default is the price of DynamoDB on demand in us-east-1',
      price,
      Price.ON_DEMAND
    )
    .option('--html <file>', 'write a page with a chart as well')
    .option('--json', 'print one line of JSON', false)
    .addHelpText('after', HELP)
    .action(async (recording: string, given: Given) => {
      const { plan } = await import('./plan.js')
      const stop = new AbortController()
      Signals.onStop(() => stop.abort())
      const options = {
        recording,
        policies: given.policy,
        sweep: given.sweep ?? [],
        rate: given.price,
        most: given.replayAtMost ?? null,
        json: given.json,
        page: given.html ?? null
      }
      leave(await plan(options, await around(stop.signal)))
    })
