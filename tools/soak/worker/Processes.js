'use strict'
/** The processes of a leg, told by what their environment has, wherever they have got to; and what they leave behind. */
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const NAME = 'SOAK_OF'

/** The environment that makes a process, and all that it starts, one of this leg's. */
const marking = (mark) => ({ [NAME]: `${mark}:` })

/** In the order of their starts: `{ pid, parent, command }`, the command followed by its environment. */
const find = (mark) =>
  spawnSync('ps', ['axeww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8', maxBuffer: 1 << 27 })
    .stdout.split('\n')
    .filter((line) => line.includes(`${NAME}=${mark}:`))
    .map((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)
      return { pid: Number(pid), parent: Number(parent), command }
    })

const KINDS = [
  ['relay', /^(cat |\S*sh (\.|\S+)\/relay )/],
  ['guardian', /^\S*sh \S*\/guardian /],
  ['daemon', /^\S*java .*MultiLangDaemon/]
]

const kindOf = ({ command }) => KINDS.find(([, pattern]) => pattern.test(command))?.[0] ?? 'other'

/** What a process started, and what that did, of a list. */
const below = (pid, all) => {
  const own = all.filter(({ parent }) => parent === pid)
  return [...own, ...own.flatMap((one) => below(one.pid, all))]
}

/** For people, and without the environment, which may hold secrets. */
const show = ({ pid, parent, command }) =>
  `${pid} (of ${parent}) ${command.replace(/ [A-Za-z_]\w*=.*/, '').slice(0, 80)}`

/** The processes that are to be killed: those of a kind that a worker has. A guardian has another one watching with it. */
const victims = (mark, worker, kind) =>
  below(worker, find(mark)).filter(
    (one) => kindOf(one) === kind && (kind !== 'guardian' || one.parent === worker)
  )

/** A relay is one process, or two that copy, one for each direction. */
const PER_RELAY = process.env.KCLTS_HOST_RELAY === 'fifo' || process.platform !== 'linux' ? 2 : 1

/** Two pipes for each relay, open in the worker: known where there is a /proc. */
const openPipes = (pid) => {
  try {
    return fs
      .readdirSync(`/proc/${pid}/fd`)
      .map((fd) => fs.readlinkSync(`/proc/${pid}/fd/${fd}`))
      .filter((target) => /\/kclts-host-.*\/\d+\.(in|out)\b/.test(target)).length
  } catch {
    return null
  }
}

const CONTENTS = 'announce, kcl.properties, pool, relay'

/** Of the private folders: one for each worker, and in it no pipe of a relay, whose names go once they are open. */
const foldersLeft = (place, workers) => {
  const folders = fs.readdirSync(place)
  const strange = folders.flatMap((folder) => {
    const contents = fs.readdirSync(path.join(place, folder)).sort().join(', ')
    return contents === CONTENTS ? [] : [`left over: ${folder} has ${contents}`]
  })
  return [
    ...(folders.length === workers.length
      ? []
      : [`left over: ${folders.length} private folders, and ${workers.length} workers`]),
    ...strange
  ]
}

/**
 * What there is beyond the workers at work, or is missing of them.
 *
 * In: the leg's mark; the workers' process ids; the folder of their private folders; how many shards they share.
 */
const leftovers = (mark, workers, place, shards) => {
  const all = find(mark)
  const ours = workers.map((pid) => below(pid, all))
  const known = new Set([...workers, ...ours.flat().map(({ pid }) => pid)])
  const relays = ours.map((list) => list.filter((one) => kindOf(one) === 'relay').length)
  const expected = workers.length === 0 ? 0 : PER_RELAY * shards
  const total = relays.reduce((sum, count) => sum + count, 0)
  return [
    ...all.filter(({ pid }) => !known.has(pid)).map((one) => `orphan: ${show(one)}`),
    ...(total === expected ? [] : [`${total} processes of relays, ${expected} expected`]),
    ...workers.flatMap((pid, i) => {
      const open = openPipes(pid)
      return open === null || open === (2 / PER_RELAY) * relays[i]
        ? []
        : [`${open} pipes open in ${pid}, and ${relays[i]} processes of relays`]
    }),
    ...foldersLeft(place, workers)
  ]
}

/** For the end of a leg that failed. */
const killAll = (mark) => {
  for (const { pid } of find(mark)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (problem) {
      if (problem.code !== 'ESRCH') throw problem
    }
  }
}

module.exports = { killAll, leftovers, marking, victims }
