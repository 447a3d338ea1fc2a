'use strict'
/** Rounds of one stream under `kclts run`: records come all the time, something is killed, and the account is drawn up. */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { isDeepStrictEqual } = require('node:util')
const { setTimeout: sleep } = require('node:timers/promises')
const Stage = require('../daemon/stage/Stage')
const Stream = require('../daemon/stage/Stream')
const Worker = require('../daemon/stage/Worker')
const { within } = require('./Life')
const Account = require('./WorkerAccount')

const VERSION = '3.1.3'
/** The leases of `Worker.daemonOf` last 3 s. */
const FROZEN_MS = 5000
/** Within this time another worker is given shards, mostly. */
const SECOND_MS = 15_000

const isRelay = ({ command }) => /\/relay\b|^cat$/.test(command)
const isGuardian = ({ command }) => /\/guardian /.test(command)
const isDaemon = (one) => one.command.includes('MultiLangDaemon') && !isGuardian(one)

const one = (list, which, what) => {
  const found = list[Math.floor(which * list.length)]
  if (found === undefined) throw new Error(`there is no ${what} to be killed`)
  return found.pid
}

/**
 * In: emulators, and what the plan says of the leg. Out: `round(plan)` and `drain()`, each giving `{ problems, told }`;
 * `close(isFailed)`.
 */
const open = async ({ emulators, shards, threads }) => {
  const undo = []
  const stage = await Stage.set({ after: (step) => undo.push(step) }, emulators, {
    version: VERSION,
    shards,
    handler: 'ack',
    configuration: {}
  })
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-soak-'))
  const runtime = path.join(home, 'run time')
  const configuration = {
    checkpoint: { interval: '1s', count: 100 },
    host: { threads },
    daemon: Worker.daemonOf(emulators, stage)
  }
  const put = []
  const started = []
  let worker = null

  const begin = () => {
    const begun = Worker.startIn(home, stage, configuration)
    started.push(begun)
    return begun
  }

  const putSome = async (count) => put.push(...(await stage.put(Stream.numbered(count, put.length))))

  const isAllSeen = () => {
    const seen = new Set(stage.seen().map(({ seq }) => seq))
    return put.every(({ seq }) => seen.has(seq))
  }

  const isAllCovered = async () => {
    const lasts = Stage.lasts(Stage.grouped(put))
    const positions = await stage.positions()
    return Object.entries(lasts).every(([shard, last]) => positions[shard] === last)
  }

  /** What a lost record or a checkpoint that came too early would show, at any time. */
  const audit = async () => {
    const positions = await stage.positions() // first, since what is seen later is no excuse
    return Account.problems({ put, seen: stage.seen(), positions })
  }

  /** The worker that was told to go is gone with all that it had started; the next one is there. */
  const replaced = async (left) => {
    await worker.exited
    await Worker.gone(left)
    const positions = await stage.positions()
    const from = stage.seen().length
    worker = begin()
    return { positions, from }
  }

  /** What comes first to each shard after a start is what follows its checkpoint. */
  const resumed = ({ positions, from }) => Account.resumed({ put, seen: stage.seen().slice(from), positions })

  const strike = {
    relay: ({ which }) => void process.kill(one(worker.below().filter(isRelay), which, 'relay'), 'SIGKILL'),
    daemon: ({ which }) =>
      void process.kill(one(worker.below().filter(isDaemon), which, 'daemon'), 'SIGKILL'),
    guardian: ({ which }) =>
      void process.kill(one(worker.below().filter(isGuardian), which, 'guardian'), 'SIGKILL'),
    host: async () => {
      const left = worker.below()
      worker.signal('SIGKILL')
      // The next one comes at once: it has to wait until the daemon is gone.
      await worker.exited
      worker = begin()
      await Worker.gone(left)
      return null
    },
    both: async ({ which }) => {
      const left = worker.below()
      process.kill(one(left.filter(isDaemon), which, 'daemon'), 'SIGKILL')
      worker.signal('SIGKILL')
      return replaced(left)
    },
    stop: async () => {
      const left = worker.below()
      worker.signal('SIGTERM')
      return replaced(left)
    },
    interrupt: async () => {
      const left = worker.below()
      Worker.signalGroup(worker.pid, 'SIGINT')
      return replaced(left)
    },
    frozen: async ({ which }) => {
      const pid = one(worker.below().filter(isDaemon), which, 'daemon')
      process.kill(pid, 'SIGSTOP')
      await sleep(FROZEN_MS)
      process.kill(pid, 'SIGCONT')
    },
    second: async () => {
      const second = begin()
      // Which worker has what is for the KCL's leader to say, who may have lost his place to a frozen daemon.
      await within(SECOND_MS, () => second.log().includes('shard initialized'))
      await Worker.gone(await second.kill())
    }
  }

  const round = async (plan) => {
    worker ??= begin()
    const before = stage.seen().length
    await putSome(plan.before)
    await worker.until('records were seen', () => stage.seen().length > before)
    const pieces = (async () => {
      for (const count of plan.pieces) {
        await putSome(count)
        await sleep(100)
      }
    })()
    await sleep(plan.delay)
    const start = (await strike[plan.way](plan)) ?? null
    const early = await audit()
    await pieces
    await worker.until('everything was seen', isAllSeen)
    return {
      problems: [...early, ...(await audit()), ...(start === null ? [] : resumed(start))],
      told: { put: put.length, again: stage.seen().length - new Set(stage.seen().map(({ seq }) => seq)).size }
    }
  }

  /** All of it is covered, the worker stops when it is asked to, and leaves nothing. */
  const drain = async () => {
    worker ??= begin()
    await worker.until('all of it is covered', isAllCovered)
    const left = worker.below()
    worker.signal('SIGTERM')
    const code = await worker.exited
    await Worker.gone(left)
    const problems = await audit()
    if (code !== 0) problems.push(`the worker stopped with ${code}`)
    if (!isDeepStrictEqual(fs.readdirSync(runtime), []))
      problems.push(`left in the folder of pipes: ${fs.readdirSync(runtime).join(', ')}`)
    const seen = stage.seen().length
    return { problems, told: { put: put.length, again: seen - put.length } }
  }

  return {
    round,
    drain,
    log: () => started.map((each) => each.log()).join('--- next worker\n'),
    close: async () => {
      for (const each of started) await Worker.gone(await each.kill())
      for (const step of undo) await step()
      fs.rmSync(home, { recursive: true, force: true })
    }
  }
}

module.exports = { VERSION, open }
