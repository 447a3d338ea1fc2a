/**
 * Lines to the daemon. Jackson skips a line with any key it does not know and then waits for ever, so the bytes
 * are fixed here. The newline before a reply ends whatever else may have been printed on that stream.
 *
 * Source: StatusMessage and CheckpointMessage; GetNextMessageTask skips empty lines.
 */
import type * as Action from '../Action'
import type * as Reply from '../Reply'

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
