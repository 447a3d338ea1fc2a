/** The options of `kclts explain`. */
import { Command, InvalidArgumentError } from 'commander'
import { leave } from '../../edge/leave'
import * as Signals from '../../edge/Signals'
import { request, withSettings } from '../settings'
import { placeOf, type Place } from './Facts'

interface Given {
  readonly letters?: string
  readonly record?: string
  readonly run?: boolean
  readonly leases?: boolean
  readonly json?: boolean
}

const place = (text: string): Place => {
  const found = placeOf(text)
  if (found === null)
    throw new InvalidArgumentError(
      'Expected SHARD/SEQUENCE, such as shardId-000000000000/4959, or SHARD/SEQUENCE/SUBSEQUENCE.'
    )
  return found
}

const HELP = `
The command changes nothing. It reads the file of dead letters, and FILE.done, which lists the letters that are done. It
reads kclts's list of the records at which a thread crashed or was stopped. It reads the files of those sinks of type file
that have ids: true. If @aws-sdk/client-dynamodb is installed and daemon.applicationName is set, it also reads the lease
table (dynamodb:Scan). The report ends with what could not be read.

Exit codes: 0 shown; 2 wrong usage or configuration, or FILE of --record holds no such record.

Examples:
  kclts explain shardId-000000000000/49590338271490256608559692538361571095921575989136588898
  kclts explain shardId-000000000000/49590338271490256608559692538361571095921575989136588898 --run
  kclts explain shardId-000000000000/49590338271490256608559692538361571095921575989136588898 --record record.json --json | jq .`

export const explainCommand = (): Command =>
  withSettings(new Command('explain'))
    .summary('show what is known about one record: checkpoint, dead letters, outputs, decision')
    .description(
      'Shows what is known about one record: whether a checkpoint covers it, its dead letters, its outputs in files, and whether a thread crashed or was stopped while handling it. With --run or --record, the report also says what the handler decides for the record now.'
    )
    .argument(
      '<record>',
      'SHARD/SEQUENCE, or SHARD/SEQUENCE/SUBSEQUENCE for one record of an aggregated record',
      place
    )
    .option(
      '--run',
      'call the handler with the data in the dead letter of the record; outputs are shown, not delivered',
      false
    )
    .option(
      '--record <file>',
      'call the handler with the record in this file, which is written like the input of kclts dev'
    )
    .option(
      '--letters <file>',
      'the file of dead letters (default: failure.deadLetters of the configuration)'
    )
    .option('--no-leases', 'do not read the lease table')
    .option('--json', 'print one line of JSON', false)
    .addHelpText('after', HELP)
    .action(async (which: Place, { letters, record, run, leases, json }: Given, command: Command) => {
      const [{ explain }, { connect }, Surroundings] = await Promise.all([
        import('./explain.js'),
        import('../../aws/LeaseClient.js'),
        import('../../edge/Surroundings.js')
      ])
      const around = Surroundings.real()
      const stop = new AbortController()
      Signals.onStop(() => stop.abort())
      const options = {
        request: request(command, { handler: false }),
        place: which,
        letters: letters ?? null,
        record: record ?? null,
        run: run === true,
        leases: leases !== false,
        json: json === true
      }
      leave(await explain(options, around, (daemon) => connect(daemon, around.env, stop.signal)))
    })
