/** The state of `kclts dev`: version 0.1 wrote `dev/state-0.1.json`, this one `dev/state-0.2.json`, for the same two lines. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'

const kept = path.resolve('test/system/upgrades/dev')
const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-upgrade-')))
const at = (name: string): string => path.join(folder, name)
after(() => fs.rmSync(folder, { recursive: true }))
beforeEach(() => {
  fs.rmSync(folder, { recursive: true })
  fs.mkdirSync(at('.kclts'), { recursive: true })
  fs.copyFileSync(path.join(kept, 'events.ndjson'), at('events.ndjson'))
  fs.writeFileSync(
    at('handler.js'),
    'exports.handler = (r) => { console.log(`got ${Buffer.from(r.data)}`); return true }\n'
  )
  fs.writeFileSync(at('kcl.config.yaml'), 'handler: ./handler.js\nlog: { level: error, console: raw }\n')
})

/** Where both versions keep the state of an input. */
const ownFile = (name: string): string => {
  const hash = createHash('md5').update(`${name}, 1 shard`).digest('hex').slice(0, 8)
  return at(`.kclts/${path.basename(name)}-${hash}.json`)
}

const put = (version: string, name: string): void => {
  const state = fs.readFileSync(path.join(kept, `state-${version}.json`), 'utf8')
  fs.writeFileSync(ownFile(name), state.replaceAll('INPUT', name))
}

const dev = (
  args: ReadonlyArray<string>,
  input = ''
): { readonly got: ReadonlyArray<string>; readonly stderr: string } => {
  const { stderr } = spawnSync(process.execPath, [path.resolve('dist/bin.js'), 'dev', ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    input
  })
  return { got: stderr.split('\n').filter((line) => line.startsWith('got ')), stderr }
}

describe('the state of kclts dev', () => {
  it('of version 0.1 is continued, with a word on what it cannot say', () => {
    put('0.1', at('events.ndjson'))
    const { got, stderr } = dev(['events.ndjson'])
    assert.deepEqual(got, ['got 3', 'got 4'])
    assert.match(
      stderr,
      /^kclts dev: continuing after line 2 of events\.ndjson, .*; that version of kclts did not note what it had read, so these may be other lines; --fresh starts from the beginning$/m
    )
  })

  it('of version 0.1 for a file that is shorter by now is not believed', () => {
    put('0.1', at('events.ndjson'))
    fs.writeFileSync(at('events.ndjson'), 'other\n')
    const { got, stderr } = dev(['events.ndjson'])
    assert.deepEqual(got, ['got other'])
    assert.match(stderr, /it has 1 lines, and that run had read 2/)
  })

  it('of version 0.1 for a pipe skips nothing', () => {
    put('0.1', 'stdin')
    assert.deepEqual(dev([], 'a\nb\nc\n').got, ['got a', 'got b', 'got c'])
  })

  it('of version 0.1 for a file behind a link is found', () => {
    fs.mkdirSync(at('data'))
    fs.renameSync(at('events.ndjson'), at('data/events.ndjson'))
    fs.symlinkSync('data/events.ndjson', at('events.ndjson'))
    put('0.1', at('events.ndjson'))
    assert.deepEqual(dev(['events.ndjson']).got, ['got 3', 'got 4'])
  })

  it('of this version is continued, if the lines are the same', () => {
    put('0.2', at('events.ndjson'))
    assert.deepEqual(dev(['events.ndjson']).got, ['got 3', 'got 4'])
    put('0.2', at('events.ndjson'))
    fs.writeFileSync(at('events.ndjson'), '1\ntwo\nthree\n'.replace('1', 'one'))
    assert.deepEqual(dev(['events.ndjson']).got, ['got one', 'got two', 'got three'])
  })

  it('of this version is what version 0.1 reads, with a part that it passes over', () => {
    const [older, newer] = ['0.1', '0.2'].map(
      (version) =>
        JSON.parse(fs.readFileSync(path.join(kept, `state-${version}.json`), 'utf8')) as Record<
          string,
          unknown
        >
    )
    assert.deepEqual(newer, { ...older, input: newer?.['input'] })
    put('0.1', at('events.ndjson'))
    dev(['events.ndjson'])
    const written = JSON.parse(fs.readFileSync(ownFile(at('events.ndjson')), 'utf8')) as Record<
      string,
      unknown
    >
    assert.deepEqual(
      [written['version'], written['stream'], Object.keys(written)],
      [1, `${at('events.ndjson')}, 1 shard`, ['version', 'stream', 'shards', 'input']]
    )
  })
})
