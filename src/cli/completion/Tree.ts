/** The commands and options of a program of commander, as far as a shell completes them. */
import type { Command, Option } from 'commander'

/** An option by all its names, such as `-h` and `--help`. */
export interface Flag {
  readonly names: ReadonlyArray<string>
  readonly summary: string
  /** Whether a value follows it. */
  readonly hasValue: boolean
  /** The only values that it takes; empty: any, so that names of files are offered. */
  readonly values: ReadonlyArray<string>
}

/** One command. The program itself has the path `[]`, a command within a command such as `dead-letters list` has two words. */
export interface Node {
  readonly path: ReadonlyArray<string>
  readonly summary: string
  readonly commands: ReadonlyArray<Node>
  readonly flags: ReadonlyArray<Flag>
  /** The only values of its first argument; empty: any. */
  readonly values: ReadonlyArray<string>
}

const flagOf = (option: Option): Flag => ({
  names: [option.short, option.long].filter((name) => name !== undefined),
  summary: option.description,
  hasValue: option.required || option.optional,
  values: option.argChoices ?? []
})

/** The command and all that are visible in its help, down to the last. */
export const of = (command: Command, path: ReadonlyArray<string> = []): Node => {
  const help = command.createHelp()
  return {
    path,
    summary: command.summary() || command.description(),
    commands: help.visibleCommands(command).map((one) => of(one, [...path, one.name()])),
    flags: help.visibleOptions(command).map(flagOf),
    values: command.registeredArguments[0]?.argChoices ?? []
  }
}

/** The node and all below it. */
export const all = (node: Node): ReadonlyArray<Node> => [node, ...node.commands.flatMap(all)]
