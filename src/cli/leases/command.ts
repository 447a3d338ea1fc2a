/** The options of `kclts leases`. */
import { setTimeout } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import * as Duration from '../../values/Duration'
import type { connect as Connect } from '../../aws/LeaseClient'
import * as Clock from '../../run/Clock'
import { leave } from '../../edge/leave'
import * as Signals from '../../edge/Signals'
import * as Canvas from './Canvas'
import type { Context, Options } from './leases'
import { properties, request, withSettings } from '../settings'

interface Given {
  readonly application?: string
  readonly table?: string
  readonly json?: boolean
  /** True: without a value. */
  readonly watch?: number | true
}

/** Milliseconds from one look to the next. */
const EVERY = 2000

/** Milliseconds: the longest timer of Node, 24 days. */
const LONGEST = 2 ** 31 - 1

const every = (text: string): number => {
  const millis = Duration.parse(text)
  if (millis === undefined || millis === 0)
    throw new InvalidArgumentError('Expected a number of seconds, or a duration such as 500ms or 1m.')
  return millis
}

/** Resolves after the given milliseconds, or once the signal is aborted. */
const pausing =
  (signal: AbortSignal) =>
  (millis: number): Promise<void> =>
    setTimeout(Math.min(millis, LONGEST), undefined, { signal }).catch(() => undefined)

const canvasOf = (stdout: NodeJS.WriteStream, { json, every }: Options): Canvas.Canvas => {
  if (stdout.isTTY && every !== null && !json) return Canvas.inPlace(stdout)
  return Canvas.appending((text) => void stdout.write(text), {
    gap: json ? '' : '\n',
    width: stdout.isTTY ? stdout.columns : null
  })
}

/** The process, which stops at a signal or when the reader of its output has gone. */
const aroundOf = (options: Options, connect: typeof Connect): Context => {
  const { stdout, stderr } = process
  const stop = new AbortController()
  Signals.onStop(() => stop.abort())
  stdout.on('error', () => stop.abort())
  return {
    connect: (daemon) => connect(daemon, process.env, stop.signal),
    canvas: canvasOf(stdout, options),
    tell: (text) => void stderr.write(text),
    now: Clock.time,
    pause: pausing(stop.signal),
    signal: stop.signal
  }
}

const optionsOf = (command: Command): Options => {
  const { application, table, json, watch } = command.opts<Given>()
  return {
    request: request(command, { handler: false }),
    named: { application: application ?? null, table: table ?? null },
    every: watch === true ? EVERY : (watch ?? null),
    json: json === true
  }
}

export const leasesCommand = (): Command =>
  withSettings(new Command('leases'))
    .summary('show the lease table: the owner and the checkpoint of each shard')
    .description(
      'Reads the lease table of the application in DynamoDB and shows one line per shard: its parents, state, owner and checkpoint, and how often the owner has changed since that checkpoint. The table holds no times. With --watch, the command therefore reads the table repeatedly, and shows when leases are renewed, which leases have expired, and which checkpoints move. The command needs the permission dynamodb:Scan and the package @aws-sdk/client-dynamodb. Exit codes: 0 shown, or stopped by Ctrl-C; 2 wrong usage or configuration, or the table cannot be read.'
    )
    .option('--watch [seconds]', 'read the table repeatedly, every 2 seconds by default', every)
    .option('--json', 'print one line of JSON each time the table is read')
    .option('--application <name>', 'the application, instead of daemon.applicationName')
    .option('--table <name>', 'the lease table, instead of daemon.tableName')
    .addOption(properties())
    .action(async (_options, command: Command) => {
      const [{ leases }, { connect }] = await Promise.all([
        import('./leases.js'),
        import('../../aws/LeaseClient.js')
      ])
      const options = optionsOf(command)
      leave(await leases(options, aroundOf(options, connect)))
    })
