'use strict'
// The recipes of CONTRIBUTING, each followed once in a copy of the sources: it compiles, and does what it says.
const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const recipes = require('./recipes')

const root = path.resolve('.')
const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-recipes-'))
const built = path.join(copy, 'out')

const node = (args, cwd = copy) => spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })

const follow = ({ file, find, put }) => {
  const whole = path.join(copy, file)
  if (find === undefined) return fs.writeFileSync(whole, put)
  const text = fs.readFileSync(whole, 'utf8')
  assert.equal(text.split(find).length, 2, `${file} has this once: ${find}`)
  fs.writeFileSync(
    whole,
    text.replace(find, () => put)
  )
}

/** A module of the copy, as it was compiled. */
const load = (name) => require(path.join(built, name))

/** The configuration that the YAML and the flags make, or what is wrong with them. */
const configured = (yaml, flags = {}) => {
  fs.writeFileSync(path.join(copy, 'kcl.config.yaml'), yaml)
  const request = { cwd: copy, file: null, env: {}, flags, handlerRequired: false }
  const loaded = load('config/ConfigSearch').load(request)
  return loaded._tag === 'Right' ? loaded.right.config : loaded.left.map(({ text }) => text)
}

before(() => {
  fs.cpSync(path.join(root, 'src'), path.join(copy, 'src'), { recursive: true })
  fs.copyFileSync(path.join(root, 'tsconfig.json'), path.join(copy, 'tsconfig.json'))
  fs.copyFileSync(path.join(root, 'package.json'), path.join(copy, 'package.json'))
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'), 'dir')
  Object.values(recipes).flat().forEach(follow)
  const options = ['--rootDir', 'src', '--outDir', 'out', '--sourceMap', 'false', '--incremental', 'false']
  fs.writeFileSync(
    path.join(copy, 'tsconfig.copy.json'),
    JSON.stringify({
      extends: './tsconfig.json',
      include: ['src/**/*.ts'],
      exclude: ['src/protocol/wire/scan/assembly'],
      compilerOptions: { tsBuildInfoFile: null, skipLibCheck: true }
    })
  )
  const tsc = node([require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.copy.json', ...options])
  assert.equal(tsc.stdout, '')
})

after(() => fs.rmSync(copy, { recursive: true, force: true }))

describe('a recipe', () => {
  for (const [name, edits] of Object.entries(recipes))
    it(`for ${name} changes at most two files of src`, () =>
      assert.ok(new Set(edits.map(({ file }) => file)).size <= 2))
})

describe('a checkpoint policy that was added', () => {
  it('is a key, a flag, and a setting of kclts/testing', () => {
    const config = configured('checkpoint: { least: 5 }\n')
    assert.equal(config.checkpoint.least, 5)
    assert.equal(configured('', { 'checkpoint-least': '7' }).checkpoint.least, 7)
    const { toEnv } = load('testing/Settings')
    assert.equal(toEnv({ checkpoint: { least: 3 } }).policy.least, 3)
    assert.deepEqual(toEnv({ interval: 9 }).policy, { interval: 9, count: 0, manual: true, least: 0 })
  })

  it('decides when a checkpoint is due', () => {
    const Policy = load('core/Policy')
    const isDue = (count) =>
      Policy.due({ interval: 10, count: 0, manual: true, least: 2 })({ since: 0, count, asked: false }, 10)
    assert.deepEqual([1, 2].map(isDue), [false, true])
  })
})

describe('a kind of sink that was added', () => {
  it('is opened from the configuration, and takes outputs', async () => {
    const { sinks } = configured('sinks:\n  away: { type: discard, batch: { count: 5 } }\n')
    assert.deepEqual(sinks, { away: { type: 'discard', batch: { count: 5 } } })
    const nothing = () => undefined
    const opened = await load('sinks/open').open({ sinks, failure: { deadLetters: './x' } }, nothing, nothing)
    const record = { shardId: 's', sequenceNumber: '1', subSequenceNumber: 0, partitionKey: 'k', base64: '' }
    const end = await new Promise((resolve) =>
      opened.right.deliver({ record, outputs: [{ sink: 'away', value: 1 }] }, resolve)
    )
    assert.equal(end._tag, 'Right')
    await opened.right.close()
  })

  it('is among the kinds that messages name', () =>
    assert.deepEqual(configured('sinks:\n  away: { type: nowhere }\n'), [
      'sinks.away.type: found "nowhere", expected file, http, kinesis, sqs, module or discard'
    ]))
})

describe('a flag of one command that was added', () => {
  it('is in its help, and does what it says', () => {
    configured('')
    const bin = path.join(built, 'bin.js')
    assert.match(node([bin, 'config', '--help']).stdout, /--brief +the configuration alone/)
    assert.match(node([bin, 'config']).stdout, /`kclts run` cannot start the daemon/)
    assert.doesNotMatch(node([bin, 'config', '--brief']).stdout, /`kclts run` cannot start the daemon/)
  })
})

describe('a property of the daemon that has got a key', () => {
  const base = 'daemon: { streamName: orders, applicationName: orders-app, '

  it('is generated, and imported from an old file', () => {
    const { daemon } = configured(`${base} shardSync: 90s }\n`)
    const more = { executableName: 'x', workerId: 'w', emptyBatches: false }
    const { right } = load('daemon/Generate').properties(daemon, more)
    assert.equal(new Map(right).get('shardSyncIntervalMillis'), '90000')
    const { settings } = load('config/Import').read('shardSyncIntervalMillis = 90000\n', '3.1.3').right
    assert.deepEqual(settings[0], { path: 'daemon.shardSync', value: '90s', line: 1 })
  })

  it('is not set beside its key, nor where it has no meaning', () => {
    assert.deepEqual(configured(`${base} properties: { shardSyncIntervalMillis: 5 } }\n`), [
      'daemon.properties.shardSyncIntervalMillis: it has a key of its own; write daemon.shardSync'
    ])
    assert.deepEqual(configured(`${base} retrieval: fan-out, shardSync: 90s }\n`), [
      'daemon.shardSync: it has no effect unless daemon.retrieval is polling'
    ])
  })
})
