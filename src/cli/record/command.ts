/** The options of `kclts record`. */
import { Command } from 'commander'
import { leave } from '../../edge/leave'

const HELP = `
A worker records what happens on its shards if the configuration has \`record.folder\`:

  record: { folder: ./recordings }

docs/lab.md says what is recorded, what it reveals, and what to do with it.`

const SHOW = `
Exit codes: 0 shown; 2 wrong usage, or the recording cannot be read.

Examples:
  kclts record show ./recordings
  kclts record show ./recordings --json | jq .`

export const recordCommand = (): Command => {
  const show = new Command('show')
    .summary('show what is in a recording')
    .description(
      'Shows what is in a recording: the time that it covers, its shards, records, policy and handler, which data it has, and whether it is complete. The command reads the whole recording.'
    )
    .argument('<recording>', 'the folder of a recording, or one of its files')
    .option('--json', 'print one line of JSON', false)
    .addHelpText('after', SHOW)
    .action(async (place: string, { json }: { readonly json: boolean }) => {
      const { show } = await import('./show.js')
      const { stderr, stdout } = process
      leave(
        show(place, json, {
          print: (text) => void stdout.write(text),
          tell: (text) => void stderr.write(text)
        })
      )
    })
  return new Command('record')
    .summary('look at recordings of what happened on the shards')
    .description('Looks at recordings, which a worker writes if `record.folder` is set.')
    .addHelpText('after', HELP)
    .addCommand(show)
}
