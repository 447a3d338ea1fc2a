/** The conversation of one consumer with its child: `protocol/Daemon` on a link, in the time of a clock. */
import type * as Action from '../protocol/Action'
import * as Daemon from '../protocol/Daemon'
import * as ActionCodec from '../protocol/wire/Action'
import type { Clock } from '../run/Clock'
import type { Link, Open } from './Link'

/** What the conversation comes to. */
export interface Events {
  /** Writes a checkpoint. Out: the simple name of a Java exception, or null: nothing stands against the verdict. */
  readonly stores: (request: Daemon.Stores) => string | null
  readonly answered: (meaning: Action.Meaning) => void
  /** The last action is answered; the child is to leave once its stdin ends. */
  readonly closes: (meaning: Action.Meaning) => void
  readonly failed: (problem: Daemon.Problem) => void
  readonly skipped: (line: string) => void
  /** The child is gone. */
  readonly left: (code: number | null, during: Action.Name | null) => void
}

export interface Conversation {
  readonly link: Link
  readonly state: () => Daemon.State
  readonly say: (action: Action.Said) => void
  /** Another worker takes the lease. */
  readonly taken: () => void
  /** Nothing that the child still does matters. */
  readonly end: () => void
}

export const begin = (shardId: string, open: Open, clock: Clock, events: Events): Conversation => {
  const unread: Array<string> = []
  let daemon = Daemon.initial
  let closed: { readonly code: number | null } | null = null
  let isOver = false

  const feed = (input: Daemon.Input): Daemon.Output => {
    const [following, output] = Daemon.step(daemon, input)
    daemon = following
    perform(output)
    return output
  }

  const perform = (output: Daemon.Output): void => {
    switch (output._tag) {
      case 'Waits':
      case 'Skips':
        return
      case 'Says':
        return link.send(ActionCodec.encode(output.action))
      case 'Stores':
        return void feed(Daemon.settle(events.stores(output)))
      case 'Answered':
        return events.answered(output.meaning)
      case 'Closes':
        return events.closes(output.meaning)
      case 'Failed':
      case 'Dies':
        return events.failed(output.problem)
    }
  }

  const pump = (): void => {
    while (daemon._tag === 'Awaiting' && !isOver) {
      const text = unread.shift()
      if (text === undefined) break
      if (feed(Daemon.hear(text))._tag === 'Skips') events.skipped(text)
    }
    if (closed !== null && !isOver)
      events.left(closed.code, daemon._tag === 'Awaiting' ? daemon.action.name : null)
  }

  const soon = (): void =>
    clock.soon(() => {
      if (!isOver) pump()
    })

  const link = open(shardId, {
    hear: (text) => {
      unread.push(text)
      soon()
    },
    closed: (code) => {
      closed = { code }
      soon()
    }
  })

  return {
    link,
    state: () => daemon,
    say: (action) => void feed(Daemon.say(action)),
    taken: () => void feed(Daemon.taken),
    end: () => {
      isOver = true
    }
  }
}
