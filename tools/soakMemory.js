'use strict'
/**
 * `npm run soak:memory`: one `kclts run` with Amazon's daemon under a light load for hours, and what its memory does meanwhile.
 *
 * Nothing is killed. Every 30 s a sample is written. At the end the last hour is compared with the hour after the first ten
 * minutes, and every record must have been handled. Needs a JDK of Java 17, Maven and Linux.
 */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { parseArgs } = require('node:util')
const Jars = require('../test/system/daemon/stage/Jars')
const Needs = require('../test/system/daemon/stage/Needs')
const { count, end, oneOf, options, plural, skip, wholeNumber } = require('./soak/Steps')
const Figures = require('./soak/memory/Figures')
const Judge = require('./soak/memory/Judge')
const Show = require('./soak/memory/Show')

const usage = `Usage: npm run soak:memory -- [--hours H] [--kcl V] [--shards N] [--rate KB] [--ram SIZE] [--seed S] [--out FILE] [--keep]
       npm run soak:memory -- --judge FILE

  --hours H     how long records are put (default: 8); below 2 h 10 min, quarters are compared instead of hours
  --kcl V       the version of the KCL: ${Jars.KNOWN.join(', ')} (default: 3.1.3)
  --shards N    the number of shards (default: 8)
  --rate KB     kilobytes that are put in a second on average (default: 40); the emulator keeps them all in memory
  --ram SIZE    what the JVM takes for the memory of the machine, such as 1g; its heap follows from it (default: 1g)
  --seed S      the seed of the random numbers (default: from the clock)
  --out FILE    where the samples go, one JSON object a line (default: in the folder of the logs); the file must be new
  --keep        keep the logs even if the run passes
  --judge FILE  only judge the samples of a run that was killed, or that still runs

Four times in an hour, or in a quarter, the JVM is asked for a full collection; the heap that is left is judged. SIGTERM and
SIGINT end the run early, and it is judged by what there is; a second one ends it at once.
Exit codes: 0 passed, or skipped where Java is missing (with REQUIRE_DAEMON=1: 1); 1 failed, or wrong arguments.`

const OPTIONS = {
  hours: { type: 'string', default: '8' },
  kcl: options.kcl,
  shards: { type: 'string', default: '8' },
  rate: { type: 'string', default: '40' },
  ram: { type: 'string', default: '1g' },
  seed: options.seed,
  out: { type: 'string' },
  keep: options.keep,
  judge: { type: 'string' },
  help: options.help
}

const EVERY_S = 30
const PROGRESS_S = 600

/** What the emulator may keep, in bytes: base64 of what was put. */
const MOST_KEPT = 2e9

const LINES_SHOWN = 40

const wrong = (flag, text, expected) =>
  new Error(`--${flag}: found ${text}, expected ${expected}\n\n${usage}`)

/** The settings of the command line. Throws what is wrong with them. */
const settingsOf = (values) => {
  const hours = Number(values.hours)
  if (!(hours > 0 && hours < Infinity)) throw wrong('hours', values.hours, 'a number above 0')
  const rate = wholeNumber(usage, 'rate', values.rate, 1)
  const kept = (rate * 1000 * hours * 3600 * 4) / 3
  if (kept > MOST_KEPT) {
    const most = Math.floor((rate * MOST_KEPT) / kept)
    throw wrong(
      'rate',
      values.rate,
      `at most ${most} for ${hours} hours, so that the emulator stays below 2 GB`
    )
  }
  if (!/^[1-9]\d*[mg]$/.test(values.ram)) throw wrong('ram', values.ram, 'a size such as 512m or 1g')
  return {
    seconds: hours * 3600,
    version: oneOf(usage, 'kcl', values.kcl, Jars.KNOWN),
    shards: wholeNumber(usage, 'shards', values.shards, 1),
    rate: rate * 1000,
    memory: values.ram,
    seed: wholeNumber(usage, 'seed', values.seed, 0)
  }
}

/** Resolves when this time has come or `signal` is aborted. */
const until = (time, signal) => sleep(Math.max(0, time - Date.now()), undefined, { signal }).catch(() => {})

/**
 * Samples until the time is over, the worker has ended or `signal` is aborted, then works off what was put and samples once more.
 * `write(sample)` gets each sample. Out: the samples, and what went wrong, a sentence each.
 */
const watch = async (stand, seconds, signal, write) => {
  const began = Date.now()
  const samples = []
  const take = async (isToCollect, more) => {
    const figures = await stand.sample(isToCollect)
    const s = Math.round((Date.now() - began) / 1000)
    samples.push({ at: new Date().toISOString(), s, ...figures, ...more })
    write(samples.at(-1))
    return samples.at(-1)
  }
  const every = Judge.collectEvery(seconds)
  const progressEvery = Math.min(PROGRESS_S, seconds / 4)
  let [collections, told, before] = [0, 0, null]
  for (let s = EVERY_S; s < seconds; s += EVERY_S) {
    await until(began + s * 1000, signal)
    if (signal.aborted || !stand.isAtWork()) break
    const isToCollect = Math.floor(s / every) > collections
    collections = Math.floor(s / every)
    const sample = await take(isToCollect)
    before ??= sample
    if (Math.floor(s / progressEvery) > told) {
      told = Math.floor(s / progressEvery)
      console.log(Show.progress(sample, before))
      before = sample
    }
  }
  if (stand.isAtWork()) await until(began + seconds * 1000, signal)
  if (signal.aborted)
    console.log(`stopped ${Math.round((Date.now() - began) / 1000)} s after the start, of ${seconds} s`)
  const problems = await stand.drain()
  if (stand.isUp()) await take(true, { isEnd: true })
  return { samples, problems }
}

/** Tells what the samples say. Out: the exit code. */
const judge = (samples, endings) => {
  if (samples.length === 0) {
    for (const problem of [...endings, 'there is no sample']) console.log(`FAILED: ${problem}`)
    console.log('0 passed, 1 failed, 0 skipped')
    return 1
  }
  const summary = Judge.summarize(samples)
  const last = samples.at(-1)
  for (const line of Show.summary(summary, samples)) console.log(line)
  console.log(
    `${plural(last.put, 'record')} put, ${count(last.handled)} handled, ${count(last.again)} came again, ` +
      `${count(last.foreign)} without an answer to their put, ${count(last.lost)} lost; the daemon was started again ${plural(last.restarts, 'time')}`
  )
  const problems = Judge.problems({ rows: summary.rows, last, endings })
  for (const problem of problems) console.log(`FAILED: ${problem}`)
  console.log(problems.length === 0 ? '1 passed, 0 failed, 0 skipped' : '0 passed, 1 failed, 0 skipped')
  return problems.length === 0 ? 0 : 1
}

const read = (file) => {
  const text = fs.readFileSync(file, 'utf8')
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

/** A first signal stops the run, a second one ends everything at once. Out: the signal for AbortSignal's users, and `undo`. */
const stoppedBySignals = (stand) => {
  const stopping = new AbortController()
  const stop = () => {
    if (!stopping.signal.aborted) return stopping.abort()
    stand.kill() // the worker has a group of its own, and does not hear of Ctrl-C
    process.exit(130)
  }
  const names = ['SIGINT', 'SIGTERM']
  for (const name of names) process.on(name, stop)
  return { signal: stopping.signal, undo: () => names.forEach((name) => process.off(name, stop)) }
}

const soak = async (settings, out, keep) => {
  // They need what was only just installed.
  const Emulators = require('../test/system/daemon/stage/Emulators')
  const Stand = require('./soak/memory/Stand')
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-soak-')))
  const file = path.resolve(out ?? path.join(folder, 'memory.ndjson'))
  fs.writeFileSync(file, '', { flag: 'wx' })
  console.log(`KCL ${settings.version}, ${plural(settings.shards, 'shard')}, seed ${settings.seed}`)
  console.log(`process ${process.pid}; samples in ${file}; logs in ${folder}`)
  const emulators = await Emulators.start(Emulators.Kinesalite)
  let code
  try {
    const stand = await Stand.open(emulators, folder, settings)
    const { signal, undo } = stoppedBySignals(stand)
    try {
      const write = (sample) => fs.appendFileSync(file, `${JSON.stringify(sample)}\n`)
      const { samples, problems } = await watch(stand, settings.seconds, signal, write)
      const endings = [...problems, ...(await stand.stop())]
      code = judge(samples, endings)
      if (code !== 0)
        console.log(`the end of the worker's log:\n    ${stand.log(LINES_SHOWN).join('\n    ')}`)
    } finally {
      stand.kill()
      undo()
    }
  } finally {
    emulators.stop()
  }
  if (code === 0 && !keep && out !== undefined) fs.rmSync(folder, { recursive: true, force: true })
  return code
}

const main = async () => {
  const { values } = parseArgs({ options: OPTIONS })
  if (values.help) {
    console.log(usage)
    return 0
  }
  if (values.judge !== undefined) return judge(read(values.judge), [])
  const settings = settingsOf(values)
  if (values.out !== undefined && fs.existsSync(values.out))
    throw wrong('out', values.out, 'a file that is not there yet')
  const lacks = [...Needs.missing([settings.version]), ...Figures.missing()]
  if (lacks.length > 0) return skip('the memory soak', lacks, process.env.REQUIRE_DAEMON === '1')
  Needs.prepare([settings.version])
  Needs.build()
  return soak(settings, values.out, values.keep)
}

void end(main)
