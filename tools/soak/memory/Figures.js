'use strict'
/** What processes take: read from /proc, and from the JVM by the tools of the JDK. Memory is in MB of 1024 x 1024 bytes. */
const { execFile, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { promisify } = require('node:util')

const run = promisify(execFile)

const TOOLS = ['jstat', 'jcmd']

/** These are JVMs too: they are to be small and quick. */
const SMALL = ['-J-XX:TieredStopAtLevel=1', '-J-XX:+UseSerialGC', '-J-Xmx64m']

const LIMIT_MS = 20_000

/** What is not on this machine, in words. */
const missing = () => [
  ...TOOLS.filter((name) => spawnSync(name, ['-help']).error !== undefined).map(
    (name) => `${name} is missing (it comes with a JDK)`
  ),
  ...(fs.existsSync('/proc/self/smaps_rollup') ? [] : ['/proc/self/smaps_rollup is missing (Linux has it)'])
]

const round = (number) => Math.round(number * 100) / 100
const ofKib = (kib) => round(Number(kib) / 1024)

/** The value of an attempt, or null: the process is gone, or says nothing. */
const orNull = async (attempt) => {
  try {
    return await attempt()
  } catch {
    return null
  }
}

const inProc = (pid, name) => fs.readFileSync(path.join('/proc', String(pid), name), 'utf8')
const lineOf = (text, name) => new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)[1]

/** Clock ticks of /proc are hundredths of a second on all systems that Node runs on. */
const TICKS = 100

/** Null where the process is gone, else `{ rss, pss, threads, cpu }`, `cpu` in seconds since its start, with that of its children that have ended. */
const ofProcess = (pid) =>
  orNull(() => {
    const memory = inProc(pid, 'smaps_rollup')
    const times = inProc(pid, 'stat').split(') ').at(-1).split(' ')
    return {
      rss: ofKib(lineOf(memory, 'Rss')),
      pss: ofKib(lineOf(memory, 'Pss')),
      threads: Number(lineOf(inProc(pid, 'status'), 'Threads')),
      cpu: times.slice(11, 15).reduce((total, ticks) => total + Number(ticks), 0) / TICKS
    }
  })

/** The columns of `jstat -gc` by their names. */
const columns = (text) => {
  const [names, values] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  return Object.fromEntries(names.map((name, i) => [name, values[i]]))
}

/** Null where the JVM does not answer, else `{ old, metaspace, young, full }`, the last two how often it has collected. */
const ofJvm = (pid) =>
  orNull(async () => {
    const { stdout } = await run('jstat', [...SMALL, '-gc', String(pid)], { timeout: LIMIT_MS })
    const { OU, MU, YGC, FGC } = columns(stdout)
    return { old: ofKib(OU), metaspace: ofKib(MU), young: Number(YGC), full: Number(FGC) }
  })

/** Has the JVM collect all that it can. Out: whether it did. */
const collect = async (pid) =>
  (await orNull(() => run('jcmd', [...SMALL, String(pid), 'GC.run'], { timeout: LIMIT_MS }))) !== null

/** The heaps of all threads that tools/soak/memory/heap.js tells of; null: none has told yet. */
const ofHeaps = (folder) => {
  const sizes = fs.readdirSync(folder).map((name) => Number(fs.readFileSync(path.join(folder, name), 'utf8')))
  return sizes.length === 0 ? null : round(sizes.reduce((total, size) => total + size, 0) / 1024 / 1024)
}

module.exports = { collect, columns, missing, ofHeaps, ofJvm, ofProcess, orNull }
