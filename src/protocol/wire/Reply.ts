/**
 * Lines to the daemon. Jackson skips a line with any key it does not know and then waits for ever, so the bytes
 * are fixed here. The newline before a reply ends whatever else may have been printed on that stream.
 *
 * Source: StatusMessage and CheckpointMessage; GetNextMessageTask skips empty lines.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import * as Action from '../Action'
import * as Reply from '../Reply'
import { exactly, parse } from './Action'
import { explain } from './Explain'

/** Byte for byte what goes to the daemon. */
export const encode = (reply: Reply.Reply): string => {
  switch (reply._tag) {
    case 'Status':
      return reply.responseFor === 'processRecords' ? processed : statusOf(reply.responseFor)
    case 'Checkpoint':
      return `\n{"action":"checkpoint","sequenceNumber":${
        reply.sequenceNumber === null ? 'null' : `"${reply.sequenceNumber}"`
      },"subSequenceNumber":${reply.subSequenceNumber === null ? 'null' : String(reply.subSequenceNumber)}}\n`
  }
}

const statusOf = (name: Action.Name): string => `\n{"action":"status","responseFor":"${name}"}\n`

/** Most replies are this one. */
const processed = statusOf('processRecords')

const Name = exactly('the name of an action', Action.isName)

const Status = t.strict({ action: t.literal('status'), responseFor: Name }, 'status')
const Checkpoint = t.strict(
  {
    action: t.literal('checkpoint'),
    sequenceNumber: t.union([t.string, t.null]),
    subSequenceNumber: t.union([t.number, t.null])
  },
  'checkpoint'
)

const hasKeys = (value: unknown, keys: ReadonlyArray<string>): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).every((key) => keys.includes(key))

const replyOf = (value: unknown): E.Either<string, Reply.Reply> => {
  if (Status.is(value) && hasKeys(value, ['action', 'responseFor']))
    return E.right(Reply.status(value.responseFor))
  const checkpoint = Checkpoint.decode(value)
  if (E.isLeft(checkpoint)) return E.left(explain(checkpoint.left).join('; '))
  if (!hasKeys(value, ['action', 'sequenceNumber', 'subSequenceNumber']))
    return E.left('a key that the daemon does not know')
  const { sequenceNumber, subSequenceNumber } = checkpoint.right
  return E.right({ _tag: 'Checkpoint', sequenceNumber, subSequenceNumber })
}

/**
 * Reads a reply as strictly as the daemon: for those who play the daemon's side.
 *
 * Left: not JSON, not one of the two replies, or a key that the daemon does not know.
 */
export const decode = (line: string): E.Either<string, Reply.Reply> => pipe(parse(line), E.chain(replyOf))
