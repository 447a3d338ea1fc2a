'use strict'
// `npm run fuzz`: damaged lines through framing, codec and a child of either kind, watched by an oracle.
const path = require('node:path')
const { parseArgs } = require('node:util')
const { Worker } = require('node:worker_threads')
const { compile } = require('./fuzz/compile')
const { shown } = require('./fuzz/shown')

const usage = `Usage: npm run fuzz -- [--lines N] [--seed S] [--only CONVERSATION]

  --lines N   the number of damaged lines (default: 2000000)
  --seed S    the seed of the random numbers (default: from the clock)
  --only C    run only the conversation with this number, and show it`

/** A conversation that takes longer than this hangs. */
const LIMIT_MS = 30_000

const count = (n) => n.toLocaleString('en-US')

const report = (seed, { number, findings, text }) => {
  console.log(`\nconversation ${number} of seed ${seed}:`)
  for (const finding of findings) console.log(`  ${finding}`)
  console.log(text)
  console.log(`\nagain: npm run fuzz -- --seed ${seed} --only ${number}`)
}

const finish = (isClean) => {
  console.log(isClean ? '1 passed, 0 failed' : '0 passed, 1 failed')
  process.exitCode = isClean ? 0 : 1
}

const fuzz = (seed, wanted) => {
  const shared = new SharedArrayBuffer(4)
  const at = new Int32Array(shared)
  const worker = new Worker(path.join(__dirname, 'fuzz/worker.js'), { workerData: { seed, wanted, shared } })
  const began = Date.now()
  const elapsed = () => (Date.now() - began) / 1000
  let seen = { number: -1, since: began }
  let told = 0

  const watch = setInterval(() => {
    const number = Atomics.load(at, 0)
    if (number !== seen.number) seen = { number, since: Date.now() }
    else if (Date.now() - seen.since > LIMIT_MS) {
      report(seed, { number, findings: [`it takes longer than ${LIMIT_MS / 1000} s`], text: '' })
      clearInterval(watch)
      worker.terminate()
      finish(false)
    }
  }, 1000)

  const over = (isClean) => {
    clearInterval(watch)
    finish(isClean)
  }

  worker.on('message', (message) => {
    if (message.progress && Date.now() - told > 5000) {
      told = Date.now()
      const { damaged } = message.progress
      console.log(`${count(damaged)} damaged lines, ${count(Math.round(damaged / elapsed()))} a second`)
    } else if (message.done) {
      const { damaged, lines, number } = message.done
      console.log(
        `${count(damaged)} damaged lines among ${count(lines)} in ${count(number)} conversations, seed ${seed}: ` +
          `no hang, no throw, no end without a message, no wrong acknowledgement`
      )
      console.log(
        `${elapsed().toFixed(1)} s, ${count(Math.round(damaged / elapsed()))} damaged lines a second`
      )
      over(true)
    } else if (message.findings) {
      report(seed, message)
      over(false)
    }
  })
  worker.on('error', (error) => {
    console.log(`conversation ${Atomics.load(at, 0)} of seed ${seed}: ${error.stack}`)
    over(false)
  })
}

const main = () => {
  const { values } = parseArgs({
    options: {
      lines: { type: 'string', default: '2000000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
      only: { type: 'string' },
      help: { type: 'boolean', short: 'h' }
    }
  })
  if (values.help) return console.log(usage)
  compile()
  const seed = Number(values.seed)
  if (values.only === undefined) return fuzz(seed, Number(values.lines))
  const number = Number(values.only)
  const had = require('./fuzz/have').have(seed, number)
  report(seed, { number, findings: had.findings, text: shown(had) })
  return finish(had.findings.length === 0)
}

main()
