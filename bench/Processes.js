'use strict'
/** What processes cost, as the kernel of Linux counts it. */
const fs = require('node:fs')
const { execFileSync } = require('node:child_process')

/** The text of a file of a process; null: the process has ended. */
const textOf = (file) => {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return null
    throw error
  }
}

const childrenOf = (pid) =>
  (textOf(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number)

/** The process and all that it has started. */
const tree = (pid) => [pid, ...childrenOf(pid).flatMap(tree)]

/** Megabytes (10^6 bytes); a page that several processes share counts in parts. */
const megabytes = (pids) => {
  const kilobytes = pids.map((pid) =>
    Number(/^Pss: +(\d+) kB$/m.exec(textOf(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0)
  )
  return (kilobytes.reduce((sum, one) => sum + one, 0) * 1024) / 1e6
}

const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Seconds of processor time that they have used so far. */
const seconds = (pids) => {
  const ticks = pids.map((pid) => {
    const text = textOf(`/proc/${pid}/stat`)
    if (text === null) return 0
    // The second field is a name that may have spaces, in brackets; utime and stime are the 14th and 15th.
    const fields = text.replace(/^.*\) /s, '').split(' ')
    return Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS
}

/** Some kernels are built without it; then ticks of 10 ms have to do. */
const HAS_SCHEDSTAT = fs.existsSync('/proc/self/schedstat')

/** What the kernel counts for a thread in nanoseconds, more finely than the ticks of `seconds`: run, and kept waiting. */
const schedstat = (file) => fs.readFileSync(file, 'utf8').split(' ').map(Number)

/**
 * How long all threads of a process have run so far, and how long the one that has run most could have but another one had
 * the core, in nanoseconds. That V8's own helpers wait for one is no sign of a busy machine.
 */
const schedule = (pid) => {
  if (!HAS_SCHEDSTAT) return { ran: seconds([pid]) * 1e9, waited: 0 }
  const threads = fs
    .readdirSync(`/proc/${pid}/task`)
    .map((thread) => schedstat(`/proc/${pid}/task/${thread}/schedstat`))
  const [, waited] = threads.reduce((busiest, one) => (one[0] > busiest[0] ? one : busiest))
  return { ran: threads.reduce((sum, [ran]) => sum + ran, 0), waited }
}

/** A line of /proc/PID/status, in megabytes (10^6 bytes). */
const statusOf = (pid, name) =>
  (Number(
    new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]
  ) *
    1024) /
  1e6

/** Megabytes of memory that a process has now. */
const resident = (pid) => statusOf(pid, 'VmRSS')

/** The most megabytes that it ever had. */
const peak = (pid) => statusOf(pid, 'VmHWM')

const taskset = (...args) =>
  execFileSync('taskset', ['-acp', ...args, String(process.pid)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore']
  })

/** The cores that this process may use, such as `0-3`; null: `taskset` (of util-linux) is not here. */
const cores = () => {
  try {
    return /: (\S+)$/m.exec(taskset())[1]
  } catch {
    return null
  }
}

/**
 * Does it with this process and all that it starts on the last core. On two, who waits lets its core fall asleep, and what is
 * measured is how long that one takes to wake, which is several times what a child does with a small batch.
 */
const onOneCore = async (work) => {
  const before = cores()
  if (before === null) {
    console.error('taskset is not here: what follows is measured on all cores, which disturb each other')
    return work()
  }
  taskset(/\d+$/.exec(before)[0])
  try {
    return await work()
  } finally {
    taskset(before)
  }
}

module.exports = { cores, megabytes, onOneCore, peak, resident, schedule, seconds, tree }
