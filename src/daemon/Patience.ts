/** Says what a start waits for, again and again, until the worker has a shard or it is clear that it gets none. */
import type { Level } from '../core/Effect'
import * as Clock from '../run/Clock'
import * as Milestones from './Milestones'

export interface Patience {
  /** The daemon is being started. */
  readonly begin: () => void
  /** Null: a line of the log that is no milestone. */
  readonly reached: (milestone: Milestones.Milestone | null) => void
  /** The daemon has ended, or is being stopped. */
  readonly end: () => void
}

/** Tests own it. */
export interface World extends Pick<Clock.Clock, 'now' | 'later'> {
  /** Whether no shard is attached. */
  readonly isDeserted: () => boolean
  readonly log: (level: Level, message: string) => void
}

/** A start is never silent for longer. */
const EVERY_MS = 10_000

/** After this time without a shard, other workers have them all. */
const SHARDS_MS = 60_000

const NO_SHARD =
  'this worker holds no shard: other workers may hold them all; it takes over when one of them stops'

interface Wait {
  readonly milestone: Milestones.Milestone
  readonly since: number
}

export const describe = ({ text, usually }: Milestones.Milestone): string =>
  `${text}; this usually takes ${usually}`

export const make = (world: World): Patience => {
  const alarm = Clock.alarm(world)
  let wait: Wait | null = null

  const end = (): void => {
    wait = null
    alarm.cancel()
  }

  const remind = (): void =>
    alarm.set(world.now() + EVERY_MS, () => {
      if (wait === null) return
      const waited = world.now() - wait.since
      if (wait.milestone.until === 'shards') {
        if (!world.isDeserted()) return end()
        if (waited >= SHARDS_MS) {
          end()
          return world.log('info', NO_SHARD)
        }
      }
      world.log('info', `waiting for ${Math.round(waited / 1000)} s: ${describe(wait.milestone)}`)
      remind()
    })

  const expect = (milestone: Milestones.Milestone): void => {
    if (wait?.milestone.text === milestone.text) return
    wait = { milestone, since: world.now() }
    remind()
  }

  return {
    begin: () => expect(Milestones.first),
    reached: (milestone) => {
      if (wait === null || milestone === null) return
      // Assignments go on for as long as the worker runs.
      if (milestone.isLogged) return expect(milestone)
      if (wait.milestone.until === 'shards') wait = { milestone, since: wait.since }
    },
    end
  }
}
