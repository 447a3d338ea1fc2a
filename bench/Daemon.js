'use strict'
/**
 * A stand-in for Amazon's daemon with many children at once, each in lock-step: it says an action, reads replies until
 * the status, and answers each checkpoint before it reads on. `Conversation` decides what it answers.
 */
const fs = require('node:fs')
const net = require('node:net')
const { spawn } = require('node:child_process')
const Conversation = require('./Conversation')
const Wire = require('./Wire')

/**
 * Starts a child and says `initialize` to it.
 *
 * @param command its program and arguments
 * @param options `shard`: its name; `pipes`: two of `Pipe.make`, for its stdin and stdout; the rest is for `spawn`
 */
const start = async ([program, args], { shard, pipes: [input, output], ...options }) => {
  const child = spawn(program, args, { ...options, stdio: [input.read, output.write, 'pipe'] })
  for (const theirs of [input.read, output.write]) fs.closeSync(theirs)
  const stdin = new net.Socket({ fd: input.write, readable: false, writable: true })
  const stdout = new net.Socket({ fd: output.read, readable: true, writable: false })
  const conversation = Conversation.begin(shard)
  const unread = []
  let rest = ''
  let errors = ''
  let hear = () => {}
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.stderr.on('data', (chunk) => (errors += chunk))
  stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    unread.push(...lines.filter((line) => line !== ''))
    hear()
  })

  const nextLine = async () => {
    for (;;) {
      if (unread.length > 0) return unread.shift()
      const died = await Promise.race([
        ended.then(() => true),
        new Promise((resolve) => (hear = () => resolve(false)))
      ])
      if (died && unread.length === 0) throw new Error(`${program} ${args.join(' ')} ended: ${errors}`)
    }
  }

  const say = (line) => stdin.write(`${line}\n`)

  const converse = async (line) => {
    say(line)
    for (;;) {
      const { isOver, answer } = conversation.hears(await nextLine())
      if (isOver) return
      if (answer !== null) say(answer)
    }
  }

  conversation.initializes()
  await converse(Wire.initializeLine(shard))

  return {
    pid: child.pid,
    /** Has a batch processed: its line, without the newline, and the sequence number of its last record. */
    batch: ({ line, last }) => {
      conversation.delivers(last)
      return converse(line)
    },
    end: async () => {
      stdin.end()
      await ended
    }
  }
}

module.exports = { start }
