/** `kcl(recordProcessor).run()`: the function that `aws-kcl` exports. */
import * as E from 'fp-ts/Either'
import * as ConfigSearch from '../config/ConfigSearch'
import * as Channel from '../edge/Channel'
import { leave } from '../edge/leave'
import * as Log from '../edge/Log'
import * as Pipe from '../edge/Pipe'
import * as Reader from '../edge/Reader'
import * as Signals from '../edge/Signals'
import * as UserCode from '../edge/UserCode'
import * as Conversation from './Conversation'
import * as Processor from './Processor'

/** What `kcl(recordProcessor)` returns. */
export interface KCLProcess {
  /** Runs one shard on stdin and stdout until the daemon ends the conversation; then the process ends. */
  run(): void
  /** Ends the conversation: stdin is not read any more. */
  cleanup(): void
}

const begin = async (processor: Processor.RecordProcessor): Promise<void> => {
  const loaded = ConfigSearch.load({
    cwd: process.cwd(),
    file: null,
    env: process.env,
    flags: {},
    handlerRequired: false
  })
  if (E.isLeft(loaded)) {
    for (const problem of loaded.left) process.stderr.write(`kclts/compat: ${ConfigSearch.show(problem)}\n`)
    return leave(2)
  }
  const { config } = loaded.right
  const log = await Log.of(config, process.env)
  converse(processor, log, { ...config.checkpoint, callbackDeadline: config.callbackDeadline })
}

const converse = (
  processor: Processor.RecordProcessor,
  log: Log.Log,
  settings: Parameters<typeof Conversation.make>[1]
): void => {
  const over = UserCode.watch(log, { crashed: (thrown) => conversation.crashed(thrown) })
  const { speaker: conversation } = Channel.open<Conversation.Conversation>(
    {
      input: Reader.of(0),
      write: (text) => Pipe.write(1, text),
      awaits: () => 'else',
      onExit: (code) => {
        over()
        leave(code)
      }
    },
    (world) => Conversation.make({ ...world, log: log.write }, settings, processor)
  )
}

/**
 * A processor as Amazon's `aws-kcl` takes it, on the conversation of kclts.
 *
 * @throws Error when a method is missing, as aws-kcl does
 */
export const kcl = (recordProcessor: Processor.RecordProcessor): KCLProcess => {
  if (!Processor.isComplete(recordProcessor))
    throw new Error(
      'Record processor must implement initialize, processRecords, and leaseLost with shardEnded (or shutdown) functions.'
    )
  let isRunning = false
  return {
    run: () => {
      if (isRunning) return
      isRunning = true
      Pipe.guardStdout()
      Signals.leaveToDaemon()
      void begin(recordProcessor)
    },
    cleanup: () => {
      process.stdin.destroy()
    }
  }
}
