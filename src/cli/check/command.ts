/** The options of `kclts check`. */
import { Command } from 'commander'
import type * as ConfigSearch from '../../config/ConfigSearch'
import { leave } from '../../edge/leave'
import * as Signals from '../../edge/Signals'
import { check, type Report } from './check'
import { properties, request, withSettings } from '../settings'

interface Given {
  readonly aws?: boolean
  readonly json?: boolean
  readonly ports?: boolean
}

/** Until it has looked at everything, or is to stop: by a signal, or because the reader of its output has gone. */
const ofAws = async (request: ConfigSearch.Request, json: boolean): Promise<0 | 2> => {
  const [{ checkAws }, { world }] = await Promise.all([import('./aws.js'), import('./awsWorld.js')])
  const stop = new AbortController()
  Signals.onStop(() => stop.abort())
  process.stdout.on('error', () => stop.abort())
  return checkAws(
    { request, json },
    {
      world: world(process.env, stop.signal),
      print: (text) => void process.stdout.write(text),
      tell: (text) => void process.stderr.write(text),
      signal: stop.signal
    }
  )
}

export const checkCommand = (print: (report: Report) => void): Command =>
  withSettings(new Command('check'))
    .summary('show every effective setting and its source; --aws: check what the daemon needs')
    .description(
      "Loads the configuration and the handler as a worker would, and shows every effective setting and its source. The command changes nothing on disk. Exit codes: 0 all is well; 2 something is wrong, and every problem is listed.\n\nWith --aws, the command instead checks what the first start of Amazon's daemon needs: Java, the daemon's jars, the region, the credentials, the stream, the lease tables, and the permissions on these. It prints one line per check. To check a permission to write, it tries a write with a condition that no row meets, so nothing changes. --aws needs the packages @aws-sdk/client-sts, @aws-sdk/client-kinesis and @aws-sdk/client-dynamodb. Exit codes: 0 all is well; 2 something is wrong or missing."
    )
    .option('--aws', 'check what the first start needs: Java, jars, region, credentials, stream, tables')
    .option('--json', 'with --aws: print one line of JSON per check, and one at the end')
    .option('--ports', 'also bind the port of status.listen for a moment, to see whether the port is free')
    .addOption(properties())
    .action(async (_options, command: Command) => {
      const { aws, json, ports } = command.opts<Given>()
      if (aws === true) leave(await ofAws(request(command, { handler: false }), json === true))
      else if (json === true) command.error('error: --json needs --aws', { exitCode: 2 })
      else print(await check(request(command, { handler: true }), { withPorts: ports === true }))
    })
