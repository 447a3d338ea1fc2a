/** The thread of one handler. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import * as E from 'fp-ts/Either'
import * as Failure from '../../core/Failure'
import type * as Managed from '../../run/Managed'
import type { Assignment, Order, Report } from './Message'
import * as Stage from './Stage'

/** To be called by the file that `Thread` starts. */
export const run = async (): Promise<void> => {
  if (parentPort === null) return
  const port = parentPort
  const tell = (report: Report): void => port.postMessage(report)
  const crash = (thrown: unknown): void => tell({ _tag: 'Crashed', reason: Failure.describe(thrown) })
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  const opened = await Stage.open(workerData as Assignment)()
  if (E.isLeft(opened)) return tell({ _tag: 'Refused', problems: opened.left.problems })
  serve(port, opened.right, tell)
  tell({ _tag: 'Ready', ...Stage.ready(opened.right.value) })
}

/** One order after the other. At the end, what the module acquired is released. */
const serve = (
  port: MessagePort,
  { value, release }: Managed.Held<Stage.Stage>,
  tell: (report: Report) => void
): void => {
  let last = Promise.resolve()
  port.on('message', (order: Order | 'close') => {
    last = last.then(async () => {
      if (order !== 'close') {
        const ran = await Stage.obey(value, order)
        // What the handler has left behind may fail in the next turn of the event loop.
        await new Promise((resolve) => setImmediate(resolve))
        return tell({ _tag: 'Ran', ...ran })
      }
      await release()
      port.close()
    })
  })
}
