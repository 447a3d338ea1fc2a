/**
 * The program behind `kclts child` and the wrapper `kclts-child`: one shard on two descriptors. Bundled into one
 * file, dist/child.js, since the daemon waits for its start.
 */
import * as path from 'node:path'
import { parseArgs } from 'node:util'
import * as Config from '../../config/Config'
import * as Failure from '../../core/Failure'
import { leave } from '../../edge/leave'
import * as IdleDetector from '../../edge/IdleDetector'
import * as ChildGuard from '../ChildGuard'
import * as Pipe from '../../edge/Pipe'
import * as Signals from '../../edge/Signals'
import { runOrExplain } from '../../edge/prepare'
import * as Recorder from '../../lab/Recorder'

const options = Object.fromEntries(
  ['config', 'descriptors', ...Config.keys.map(({ path }) => Config.flagOf(path))].map((name) => [
    name,
    { type: 'string' as const }
  ])
)

/** As the build puts it beside the bundle of this file. */
const WATCH = path.join(__dirname, 'host/entries/childWatch.js')

const RECORDER = path.join(__dirname, 'lab/entries/recorder.js')

/** What the wrapper `kclts-child` tells the C library of this process alone. */
const ARENAS = { name: 'MALLOC_ARENA_MAX', value: '2' }

const DESCRIPTORS = /^([0-9]+),([0-9]+)$/

/** `4,3`: the descriptors that the wrapper has moved the conversation to. */
const descriptorsOf = (text: string | undefined): Pipe.Descriptors => {
  const match = DESCRIPTORS.exec(text ?? '0,1')
  return { input: Number(match?.[1] ?? 0), output: Number(match?.[2] ?? 1) }
}

const main = async (args: ReadonlyArray<string>): Promise<void> => {
  Signals.leaveToDaemon()
  if (process.env[ARENAS.name] === ARENAS.value) delete process.env[ARENAS.name]
  const idle = IdleDetector.watch([...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(' ')])
  const { config, descriptors, ...flags } = parseArgs({ args: [...args], options }).values
  const pipe = descriptorsOf(descriptors)
  if (pipe.output === 1) Pipe.guardStdout()
  await runOrExplain({
    cwd: process.cwd(),
    file: config ?? null,
    env: process.env,
    flags: Object.fromEntries(
      Object.entries(flags).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]]))
    ),
    handler: null,
    descriptors: pipe,
    idle,
    guard: (guarded) => ChildGuard.open({ ...guarded, entry: WATCH }),
    record: Recorder.opening(RECORDER)
  })
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
  process.stderr.write(`kclts child: ${Failure.describe(thrown)}\n`)
  leave(2)
})
