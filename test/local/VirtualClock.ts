/** A clock whose time passes only when there is nothing else to do. */
import type { Clock } from '../../src/dev/Clock'

export interface VirtualClock extends Clock {
  /** Work takes time. */
  readonly spend: (ms: number) => void
  /** Does everything that is due, and waits for what is not yet, until nothing is left. Gives the number of turns. */
  readonly run: () => number
}

interface Task {
  readonly at: number
  readonly then: () => void
}

/** More turns than any conversation of these tests needs: a loop without end fails instead of hanging. */
const LIMIT = 1_000_000

export const make = (start = 0): VirtualClock => {
  let time = start
  let tasks: Array<Task> = []

  const add = (at: number, then: () => void): (() => void) => {
    const task: Task = { at, then }
    const index = tasks.findIndex((other) => other.at > at)
    tasks.splice(index < 0 ? tasks.length : index, 0, task)
    return () => {
      tasks = tasks.filter((other) => other !== task)
    }
  }

  return {
    now: () => time,
    wall: () => time,
    turned: (now) => now,
    later: (ms, then) => add(time + ms, then),
    soon: (then) => {
      add(time, then)
    },
    spend: (ms) => {
      time += ms
    },
    run: () => {
      for (let turns = 0; turns < LIMIT; turns++) {
        const task = tasks.shift()
        if (task === undefined) return turns
        time = Math.max(time, task.at)
        task.then()
      }
      throw new Error('the worker does not come to an end')
    }
  }
}
