/** The commands of `kclts`. */
import { Command } from 'commander'
import * as Secrets from '../values/Secrets'
import { leave } from '../edge/leave'
import type { Report } from './check/check'
import { checkCommand } from './check/command'
import { completionCommand } from './completion/command'
import { configCommand } from './config/command'
import { deadLettersCommand } from './deadLetters/command'
import { devCommand } from './dev/command'
import { diffCommand } from './diff/command'
import { explainCommand } from './explain/command'
import { initCommand } from './init/command'
import { jarsCommand } from './jars'
import { leasesCommand } from './leases/command'
import { planCommand } from './plan/command'
import { recordCommand } from './record/command'
import { runCommand } from './run/command'
import { withSettings } from './settings'

/** Prints what a command returned and ends, whatever timers the handler's module has left open. */
const print = ({ text, code }: Report): void => {
  const stream = code === 0 ? process.stdout : process.stderr
  stream.write(text)
  leave(code)
}

/** Only for the help: bin.ts hands `kclts child` to the bundled child before any of this is loaded. */
const childCommand = (): Command =>
  withSettings(new Command('child'))
    .summary("handle one shard on stdin and stdout, as a child of Amazon's daemon")
    .description(
      "Handles one shard on stdin and stdout, as a child of Amazon's daemon. Usually, the daemon starts the script kclts-child in place of this command. The script does the same, and also protects stdin and stdout from your code. Put this line into the daemon's .properties file: executableName = /path/to/node_modules/.bin/kclts-child --config /path/to/kcl.config.yaml. Logs go to stderr. Exit codes: 0 the daemon ended the conversation; 1 the child halted, or the handler's export `acquire` failed (stderr says why); 2 wrong usage or configuration; 3 the conversation broke."
    )

/**
 * `kclts ... | head` closes the pipe when it has what it wanted. What is written after that is dropped, and a command that
 * changes something goes on to its end.
 */
const outliveReader = (problem: NodeJS.ErrnoException): void => {
  if (problem.code !== 'EPIPE') throw problem
}

export const main = async (version: string, args: ReadonlyArray<string>): Promise<void> => {
  process.stdout.on('error', outliveReader)
  const program = new Command('kclts')
    .description('Consume Amazon Kinesis streams by writing one pure function.')
    .version(version)
    .configureOutput({ outputError: (text, write) => write(withoutValue(text)) })
    .showHelpAfterError('(--help shows the commands and options)')
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false })
    .addCommand(initCommand(print))
    .addCommand(devCommand())
    .addCommand(runCommand())
    .addCommand(checkCommand(print))
    .addCommand(configCommand(print))
    .addCommand(jarsCommand(print))
    .addCommand(leasesCommand())
    .addCommand(deadLettersCommand())
    .addCommand(explainCommand())
    .addCommand(recordCommand())
    .addCommand(planCommand())
    .addCommand(diffCommand())
    .addCommand(childCommand())
    .addCommand(completionCommand(print))
    .exitOverride()
  inherit(program)
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (thrown) {
    process.exitCode = codeOf(thrown)
  }
}

/** An unknown option is repeated with what follows its `=`: of `--daemon-jawa=-Dproxy.password=...` the name is enough. */
const withoutValue = (text: string): string =>
  Secrets.shown(Secrets.foreign)(text.replace(/(unknown option '[^'=]*=)[^]*?(?='(?:\n|$))/, '$1***'))

/** Settings of the program hold for its commands and for those within them. */
const inherit = (parent: Command): void => {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent).exitOverride()
    inherit(command)
  }
}

/** commander throws where it would exit: 0 after a help, else wrong usage. */
const codeOf = (thrown: unknown): number => {
  if (typeof thrown === 'object' && thrown !== null && 'exitCode' in thrown)
    return thrown.exitCode === 0 ? 0 : 2
  throw thrown
}
