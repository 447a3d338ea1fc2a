'use strict'
// What each recipe of CONTRIBUTING changes: in a file, `put` stands for `find`; without `find` the file is new.

const CONFIG = 'src/config/Config.ts'
const POLICY = 'src/core/Policy.ts'
const COMMAND = 'src/cli/config/command.ts'
const PROGRAM = 'src/cli/config/config.ts'

module.exports = {
  'a checkpoint policy': [
    {
      file: POLICY,
      find: '  readonly count: number\n  /** Whether a handler',
      put: '  readonly count: number\n  /** Records that the interval waits for. */\n  readonly least: number\n  /** Whether a handler'
    },
    {
      file: POLICY,
      find: '(policy.interval > 0 && now',
      put: '(policy.interval > 0 && state.count >= policy.least && now'
    },
    {
      file: CONFIG,
      find: '    manual: key(',
      put: "    least: key(Count, 0, 'Records that the interval waits for; 0: for none.'),\n    manual: key("
    },
    {
      file: CONFIG,
      find: 'manual = true }: Partial<Policy>',
      put: 'manual = true, least = 0 }: Partial<Policy>'
    },
    { file: CONFIG, find: '  manual\n})', put: '  manual,\n  least\n})' }
  ],
  'a kind of sink': [
    {
      file: 'src/sinks/kinds/discard.ts',
      put: `import * as E from 'fp-ts/Either'
import { done } from '../Sink'
import { common, kind } from './Kind'

export const discard = kind({
  schema: common(100, '1MiB'),
  open: () =>
    Promise.resolve(
      E.right({
        limits: { count: 100, bytes: 1 << 20, entryBytes: 1 << 20 },
        answersPerEntry: false,
        send: (entries) => Promise.resolve(entries.map(() => done)),
        close: () => Promise.resolve()
      })
    )
})
`
    },
    {
      file: 'src/sinks/kinds/list.ts',
      find: '\nexport const list = {',
      put: "import { discard } from './discard'\n\nexport const list = {"
    },
    {
      file: 'src/sinks/kinds/list.ts',
      find: "() => import('../module.js'))\n",
      put: "() => import('../module.js')),\n  discard\n"
    }
  ],
  'a flag of one command': [
    {
      file: COMMAND,
      find: '.action((_options, command: Command) => print(config(request(command, { handler: false }))))',
      put: `.option('--brief', 'the configuration alone', false)
    .action(({ brief }: { readonly brief: boolean }, command: Command) =>
      print(config(request(command, { handler: false }), brief))
    )`
    },
    {
      file: PROGRAM,
      find: 'export const config = (request: ConfigSearch.Request): Report',
      put: 'export const config = (request: ConfigSearch.Request, brief = false): Report'
    },
    {
      file: PROGRAM,
      find: '      asProperties(loaded.right)\n',
      put: "      brief ? '' : asProperties(loaded.right)\n"
    }
  ],
  'a property of the daemon': [
    {
      file: 'src/config/DaemonSettings.ts',
      find: '  workerId: unset(',
      put: `  shardSync: unset(Duration.Positive, 'How often it looks for new shards.', '60s', {
    onlyWith: ['daemon.retrieval', 'polling'],
    property: Property.millis('shardSyncIntervalMillis')
  }),
  workerId: unset(`
    }
  ]
}
