/** The options of `kclts completion`. */
import { Argument, Command } from 'commander'
import type { Report } from '../check/check'
import { scriptFor, SHELLS, type Shell } from './scripts'
import * as Tree from './Tree'

const HELP = `
The script knows the commands and options of this version of kclts. After an update of kclts, print the script again.

Exit codes: 0 printed; 2 wrong usage.

Examples:
  source <(npx kclts completion bash)                                 # bash, until the shell ends
  npx kclts completion bash > ~/.local/share/bash-completion/completions/kclts
  source <(npx kclts completion zsh)                                  # zsh: add this line to ~/.zshrc
  npx kclts completion fish > ~/.config/fish/completions/kclts.fish`

export const completionCommand = (print: (report: Report) => void): Command =>
  new Command('completion')
    .summary('print a script with which the shell completes commands and options')
    .description('Prints a script with which the shell completes commands, options, and their values.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell: Shell, _options: unknown, command: Command) => {
      const program = command.parent ?? command
      print({ text: scriptFor(shell, program.name(), Tree.of(program)), code: 0 })
    })
