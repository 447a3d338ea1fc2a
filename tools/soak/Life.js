'use strict'
/** One life of Amazon's daemon with its children: begun, and ended by SIGKILL to some of them. */
const Daemon = require('../../test/system/daemon/stage/Daemon')
const { within } = require('./Steps')

const DAEMON_END = 40_000 // after a child was killed it shuts down its other shards
const CHILDREN_END = 20_000 // a child whose stdin has ended

/**
 * That a child is dead is noticed only when it is next told something; and then the exit waits for the grace, in
 * vain.
 */
const TO_BE_KILLED = { callProcessRecordsEvenForEmptyRecordList: true, shutdownGraceMillis: 200 }

/** One that is to stop by itself checkpoints its last records without being asked. */
const TO_BE_STOPPED = { callProcessRecordsEvenForEmptyRecordList: true }

/**
 * In: what the daemon's start takes. Out: `isOver()`; `problems()`, that it ended by itself; `strike(plan)`, the kill;
 * `stop()`, SIGTERM and the exit code; `end()`, when the victim is dead: what did not end by itself; `kill()`.
 */
const begin = ({ project, ...start }) => {
  const daemon = Daemon.start({ project, ...start })
  let exit = null
  void daemon.exited.then((code) => (exit = { code }))
  return {
    isOver: () => exit !== null,
    problems: () => (exit === null ? [] : [`the daemon ended by itself with ${exit.code}`]),
    strike: async ({ victim, which }) => {
      const children = project.children()
      if (victim === 'child') process.kill(children[Math.floor(which * children.length)], 'SIGKILL')
      else if (victim === 'daemon') await daemon.killAlone()
      else await daemon.kill()
    },
    stop: daemon.terminate,
    end: async () => {
      const problems = []
      if (!(await within(DAEMON_END, () => exit !== null)))
        problems.push(`the daemon still ran ${DAEMON_END / 1000} s after one of its children was killed`)
      else if (!(await within(CHILDREN_END, () => project.children().length === 0)))
        problems.push(
          `children still ran ${CHILDREN_END / 1000} s after their daemon: ${project.children().join(', ')}`
        )
      await daemon.kill() // a child that was only just starting
      return problems
    },
    kill: daemon.kill
  }
}

module.exports = { TO_BE_KILLED, TO_BE_STOPPED, begin }
