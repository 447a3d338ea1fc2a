'use strict'
/**
 * A stand-in for Amazon's daemon with many children at once, each in lock-step: it says an action, reads replies until
 * the status, and answers each checkpoint before it reads on.
 */
const { spawn } = require('node:child_process')
const Wire = require('./Wire')

/**
 * Starts a child and says `initialize` to it.
 *
 * @param command its program and arguments
 * @param options `shard`: its name; the rest is for `spawn`
 */
const start = async ([program, args], { shard, ...options }) => {
  const child = spawn(program, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
  const unread = []
  let rest = ''
  let errors = ''
  let hear = () => {}
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.stderr.on('data', (chunk) => (errors += chunk))
  child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    unread.push(...lines.filter((line) => line !== ''))
    hear()
  })

  const nextReply = async () => {
    for (;;) {
      while (unread.length > 0) {
        const reply = Wire.replyOf(unread.shift())
        if (reply !== null) return reply
      }
      const died = await Promise.race([
        ended.then(() => true),
        new Promise((resolve) => (hear = () => resolve(false)))
      ])
      if (died && unread.length === 0) throw new Error(`${program} ${args.join(' ')} ended: ${errors}`)
    }
  }

  const say = (line) => child.stdin.write(`${line}\n`)

  const converse = async (line) => {
    say(line)
    for (;;) {
      const reply = await nextReply()
      if (reply.action === 'status') return
      say(Wire.answerTo(reply))
    }
  }

  await converse(Wire.initializeLine(shard))

  return {
    pid: child.pid,
    /** Has a batch processed, a line without its newline. */
    batch: converse,
    end: async () => {
      child.stdin.end()
      await ended
    }
  }
}

module.exports = { start }
