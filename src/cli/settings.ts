/** The configuration's keys as flags of a command, so that any of them can be set for one run. */
import { Option, type Command } from 'commander'
import * as Config from '../config/Config'
import type * as ConfigSearch from '../config/ConfigSearch'

/** For a command that needs the daemon's settings. */
export const properties = (): Option =>
  new Option('--properties <file>', 'a .properties file to use instead of `daemon` in the configuration')

/** Adds `--config` and one flag for each key. */
export const withSettings = (command: Command): Command => {
  command.option(
    '--config <file>',
    'the configuration file (default: searched for from the current folder up)'
  )
  for (const { path, fallback, meaning } of Config.keys)
    command.addOption(
      new Option(
        `--${Config.flagOf(path)} <value>`,
        fallback === undefined || fallback === null ? meaning : `${meaning} (default: ${fallback})`
      ).helpGroup(
        'Settings (each is also a key of the configuration, and a variable such as KCLTS_LOG_LEVEL):'
      )
    )
  return command
}

/** The settings that were given as flags, by the flag's name without its dashes. */
export const given = (command: Command): Readonly<Record<string, string>> => {
  const flags: Record<string, string> = {}
  for (const { path } of Config.keys) {
    const flag = Config.flagOf(path)
    const option = command.options.find((one) => one.long === `--${flag}`)
    const value: unknown = option === undefined ? undefined : command.getOptionValue(option.attributeName())
    if (typeof value === 'string') flags[flag] = value
  }
  return flags
}

interface Given {
  readonly config?: string
  readonly properties?: string
}

/** The request for the configuration that the command uses. */
export const request = (
  command: Command,
  { handler }: { readonly handler: boolean }
): ConfigSearch.Request => {
  const { config, properties: old } = command.opts<Given>()
  return {
    cwd: process.cwd(),
    file: config ?? null,
    env: process.env,
    flags: given(command),
    handlerRequired: handler,
    ...(old === undefined ? {} : { properties: old })
  }
}
