/** Whether a handler does more than decide, for commands that want its decisions alone. */
import { isSeveral, type AnyHandler } from '../core/Handler'
import * as Attempt from '../run/Attempt'
import type { HandlerModule } from './HandlerModule'

const isAsync = (value: unknown): boolean =>
  typeof value === 'function' && value.constructor.name === 'AsyncFunction'

/** Its form says that it does more than decide: it is async, or its module acquires something. */
export const mayAct = ({ handler, exported }: HandlerModule): boolean =>
  exported('acquire') !== undefined || isAsync(isSeveral(handler) ? handler.several : handler)

/**
 * The handler with what is found out only when it runs: the first effect halts the session, and a Task is not begun.
 *
 * @param reason of the halt
 */
export const pureOnly = (handler: AnyHandler, reason: string): AnyHandler => {
  const checked = (returned: unknown): unknown =>
    typeof returned === 'function' || Attempt.begin(returned) !== null ? { _tag: 'Halt', reason } : returned
  return isSeveral(handler)
    ? {
        several: (records, context) => {
          const returned: unknown = handler.several(records, context)
          const answer = checked(returned)
          return answer === returned ? returned : records.map(() => answer)
        }
      }
    : (record, context) => checked(handler(record, context))
}
