/** The options of `kclts run`. */
import { Command } from 'commander'
import { leave } from '../../edge/leave'
import * as Signals from '../../edge/Signals'
import { properties, request, withSettings } from '../settings'

export const runCommand = (): Command =>
  withSettings(new Command('run'))
    .summary(
      "consume the stream: start and supervise Amazon's daemon, and handle every shard in this process"
    )
    .description(
      "Starts Amazon's daemon (Java) with the configuration's section `daemon`, and runs the handler for every shard that the daemon gets. If the daemon ends by itself, or because the worker has halted, kclts starts the daemon again. SIGTERM or Ctrl-C stops the worker, which first finishes and checkpoints the records in progress. A second signal ends the worker at once. Logs go to stderr. Exit codes: 0 stopped as asked; 1 the daemon kept ending soon after its start (see daemon.restarts), or kclts had to kill the daemon before it had stopped, or the handler's export `acquire` failed; 2 wrong usage, configuration, Java or jars."
    )
    .addOption(properties())
    .action(async (_options, command: Command) => {
      const { run } = await import('../../worker/run.js')
      const code = await run(request(command, { handler: true }), {
        env: process.env,
        onStop: Signals.onStop,
        print: (text) => void process.stderr.write(text)
      })
      leave(code)
    })
