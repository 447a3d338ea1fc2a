/** The options of `kclts config`. */
import { Command } from 'commander'
import * as Config from '../../config/Config'
import type { Report } from '../check/check'
import { config, importProperties } from './config'
import { properties, request, withSettings } from '../settings'

type Print = (report: Report) => void

interface Given {
  readonly kcl?: string
}

const importCommand = (print: Print): Command =>
  new Command('import')
    .summary("turn a daemon's .properties file into YAML")
    .description(
      'Prints a configuration that starts the daemon as the .properties file did. Comments name the properties that could not be converted. The output contains the passwords and keys of the file, since the daemon needs them. `kclts run --properties FILE` uses the .properties file without a conversion.'
    )
    .argument('<file>', 'the .properties file')
    .option(
      '--kcl <version>',
      'the version of the KCL to use',
      String(Config.keyOf('daemon.version')?.fallback)
    )
    .action((file: string, { kcl }: Given) => print(importProperties(process.cwd(), file, kcl ?? '')))

export const configCommand = (print: Print): Command =>
  withSettings(new Command('config'))
    .summary("print the effective configuration and the daemon's properties")
    .description(
      "Prints the effective configuration as YAML, with the source of each setting, and the .properties file that Amazon's daemon would get. Secrets are masked. Exit codes: 0 all is well; 2 something is wrong, and every problem is listed."
    )
    .addOption(properties())
    .action((_options, command: Command) => print(config(request(command, { handler: false }))))
    .addCommand(importCommand(print))
