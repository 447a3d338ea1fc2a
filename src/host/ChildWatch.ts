/** The thread beside a `kclts-child`: it ends the process when user code has not returned for too long. */
import * as fs from 'node:fs'
import { workerData } from 'node:worker_threads'
import type { Assignment } from './ChildGuard'
import * as Watchdog from './Watchdog'

const STDERR = 2

/** To be called by the file that the guard is given as its thread's entry. */
export const run = (): void => {
  // What `ChildGuard` has put there.
  const assignment = workerData as Assignment
  const { look } = Watchdog.watch(assignment.cell, assignment.limit)
  const timer = setInterval(() => {
    const stuck = look()
    // While no record is at work, the main thread waits for the daemon.
    if (stuck === null || Watchdog.suspects(stuck.open).length === 0) return
    clearInterval(timer)
    void end(assignment, stuck)
  }, Watchdog.intervalOf(assignment.limit))
}

/** The records are remembered first: with the process the daemon ends, and they come again. Loaded only now, to stay small. */
const end = async ({ quarantineFile, stream }: Assignment, { open, ms }: Watchdog.Stuck): Promise<void> => {
  const Suspicion = await import('./Suspicion.js')
  const calls = Watchdog.suspects(open)
  const say = (message: string): void => void fs.writeSync(STDERR, `kclts: ${message}\n`)
  say(Suspicion.stoodStill(ms, calls, true))
  Suspicion.remember({ quarantineFile, stream, log: (_level, message) => say(message) }, calls, 'hung')
  process.kill(process.pid, 'SIGKILL')
}
