import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as ConfigSearch from '../../src/config/ConfigSearch'
import * as Compilation from '../../src/daemon/Compilation'
import * as JavaOptions from '../../src/worker/JavaOptions'

describe('the load that the heap follows from', () => {
  const shape = { openShards: 32, recordBytes: 1024 }

  it('is all open shards, but no more than the worker may take, with batches as they are configured', () => {
    assert.deepEqual(
      [
        JavaOptions.loadOf({ maxLeases: null, maxRecords: null }, shape),
        JavaOptions.loadOf({ maxLeases: 10, maxRecords: 500 }, shape),
        JavaOptions.loadOf({ maxLeases: 100, maxRecords: null }, shape),
        JavaOptions.loadOf({ maxLeases: 10, maxRecords: null }, null)
      ],
      [
        { shards: 32, recordBytes: 1024, maxRecords: 10_000 },
        { shards: 10, recordBytes: 1024, maxRecords: 500 },
        { shards: 32, recordBytes: 1024, maxRecords: 10_000 },
        null
      ]
    )
  })
})

describe('the options of Java', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-java-options-'))
  after(() => fs.rmSync(root, { recursive: true, force: true }))

  const optionsWith = async (
    flags: Readonly<Record<string, string>>,
    version = 17
  ): Promise<ReadonlyArray<string>> => {
    const read = ConfigSearch.load({ cwd: root, env: {}, file: null, flags, handlerRequired: false })
    if (E.isLeft(read)) throw new Error(read.left.map(ConfigSearch.show).join('\n'))
    const java = { command: path.join(root, 'java'), version }
    const { options } = await JavaOptions.of(read.right, java, [], null, { HOME: root })
    return options
  }

  it('are, where the user sets none, the default ones and those that save compiling', async () => {
    const options = await optionsWith({})
    const ours = Compilation.optionsFor(17)
    assert.deepEqual(options.slice(-ours.length), ours)
    assert.ok(options.includes('-XX:+UseSerialGC'))
  })

  it('are no commands that Java 8 does not know', async () => {
    const options = await optionsWith({}, 8)
    assert.ok(options.includes('-XX:-C1UpdateMethodData'))
    assert.deepEqual(
      options.filter((option) => option.includes('CompileCommand')),
      []
    )
  })

  it('are the ones of the user alone, where there are some', async () => {
    assert.deepEqual(await optionsWith({ 'daemon-java': '-Xmx1g -Da=b' }), ['-Xmx1g', '-Da=b'])
  })
})
