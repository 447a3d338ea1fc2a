'use strict'
/**
 * A stand-in for the daemon that gives one child all its time. It writes and reads a pipe as the daemon does, and waits
 * in the kernel: through an event loop a round trip takes twice as long as what it is to measure. Meanwhile this process
 * does nothing else. `Daemon.js` is for many children at once.
 *
 * `Conversation` takes 4 microseconds for a batch, and 4 more for a checkpoint: too long beside round trips of some tens.
 * While the clock runs `Wire.answerTo` answers instead, in 2. Once the clock has stopped the conversation hears the same
 * lines, and the stand-in fails if Amazon's daemon would have answered differently.
 */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawn } = require('node:child_process')
const Conversation = require('./Conversation')
const Pipe = require('./Pipe')
const Processes = require('./Processes')
const Wire = require('./Wire')

const cell = new Int32Array(new SharedArrayBuffer(4))

const pause = (milliseconds) => {
  if (milliseconds > 0) Atomics.wait(cell, 0, 0, milliseconds)
}

const CHUNK = 65_536

/**
 * Starts a child and says `initialize` to it.
 *
 * @param command its program and arguments
 * @param options `latency`: milliseconds that a checkpoint takes; `throttle`: the part of the checkpoints that are
 *   throttled; `cwd` and `env` as for `spawn`; `host`: one of `Hosts` that answers in the child's place, and whose costs are measured
 */
const start = ([program, args], { latency = 0, throttle = 0, cwd, env, host = null } = {}) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-bench-'))
  const [input, output] = Pipe.make(2)
  const errors = path.join(folder, 'errors')
  const stderr = fs.openSync(errors, 'w')
  const before = performance.now()
  const child = spawn(program, args, { cwd, env, stdio: [input.read, output.write, stderr] })
  const pid = host?.pid ?? child.pid
  const exit = new Promise((resolve) => child.once('error', resolve).once('exit', resolve))
  for (const theirs of [input.read, output.write, stderr]) fs.closeSync(theirs)

  const conversation = Conversation.begin(Wire.SHARD)
  const chunk = Buffer.alloc(CHUNK)
  let unread = ''
  let checkpoints = 0
  let waited = 0
  let isHurried = false

  const failed = () => new Error(`${[program, ...args].join(' ')} ended: ${fs.readFileSync(errors, 'utf8')}`)

  const say = (bytes) => {
    try {
      for (let at = 0; at < bytes.length;) at += fs.writeSync(input.write, bytes, at, bytes.length - at, null)
    } catch (error) {
      throw error.code === 'EPIPE' ? failed() : error
    }
  }

  const isThrottled = () => Math.floor(checkpoints * throttle) > Math.floor((checkpoints - 1) * throttle)

  const answer = (reply, arrived) => {
    checkpoints += 1
    if (!isHurried) pause(latency)
    const fault = isThrottled() ? 'ThrottlingException' : null
    const text = Wire.answerTo(reply, fault)
    const bytes = Buffer.from(`${text}\n`)
    waited += performance.now() - arrived
    say(bytes)
    return { answer: text, fault }
  }

  /** Whether Amazon's daemon would have answered these lines of the child in the same way. */
  const verify = (heard) => {
    for (const { line, answer = null, fault = null } of heard) {
      const expected = conversation.hears(line, fault).answer
      if (expected !== answer)
        throw new Error(`Amazon's daemon answers ${line} with ${expected}, and this one with ${answer}`)
    }
  }

  /** Says a line and answers checkpoints. Gives the milliseconds until the status had arrived, and what was heard. */
  const exchange = (line) => {
    const heard = []
    const started = performance.now()
    say(line)
    for (;;) {
      const length = fs.readSync(output.read, chunk, 0, CHUNK, null)
      let arrived = performance.now()
      if (length === 0) throw failed()
      const lines = (unread + chunk.latin1Slice(0, length)).split('\n')
      unread = lines.pop()
      for (const text of lines) {
        const reply = text === '' ? null : Wire.replyOf(text)
        if (reply?.action === 'status') return { took: arrived - started, heard: [...heard, { line: text }] }
        if (reply?.action !== 'checkpoint') continue
        heard.push({ line: text, ...answer(reply, arrived) })
        // What stands behind a checkpoint is read when that has been answered.
        arrived = performance.now()
      }
    }
  }

  const { heard } = exchange(Buffer.from(`${Wire.initializeLine(Wire.SHARD)}\n`))
  const startedIn = performance.now() - before
  conversation.initializes()
  verify(heard)

  return {
    /** Milliseconds from before the start of the process to its answer to `initialize`. */
    startedIn,
    /** Has a batch of `Wire.numberedLine` processed; gives the milliseconds until its status had arrived. */
    converse: ({ line, last }) => {
      const { took, heard } = exchange(line)
      conversation.delivers(last())
      verify(heard)
      return took
    },
    /** Whether checkpoints take no time, as while the child is warmed up. */
    hurry: (isSo) => {
      isHurried = isSo
    },
    /** Nothing happens for as long as a checkpoint takes. */
    rest: () => pause(latency),
    checkpoints: () => checkpoints,
    /** Milliseconds from a checkpoint to its answer, all together: a little more than the latency for each. */
    waited: () => waited,
    schedule: () => Processes.schedule(pid),
    resident: () => Processes.resident(pid),
    peak: () => Processes.peak(pid),
    end: async () => {
      fs.closeSync(input.write)
      await exit
      await host?.end()
      fs.closeSync(output.read)
      fs.rmSync(folder, { recursive: true })
    }
  }
}

module.exports = { start }
