import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import type { LogFields } from '../../src/core/Effect'
import * as Position from '../../src/protocol/Position'
import * as LastRun from '../../src/host/LastRun'
import { project } from '../system/process/Child'

const rig = () => {
  const file = path.join(project({}), 'worker.run')
  const log: Array<readonly [string, LogFields]> = []
  const shards = [
    { shardId: 'shard-1', watermark: Position.make('7', 0) },
    { shardId: 'shard-2', watermark: null }
  ]
  const open = (): LastRun.LastRun =>
    LastRun.open({
      file,
      shards: () => shards,
      log: (_level, message, fields) => log.push([message, fields])
    })
  return { file, log, open }
}

describe('the run before', () => {
  it('that has stopped is not reported', () => {
    const { log, open } = rig()
    open().close()
    const next = open()
    assert.deepEqual([next.ends, log], [0, []])
  })

  it('that was killed is reported with the positions of its shards, and counted', () => {
    const { log, open } = rig()
    open().note()
    assert.equal(open().ends, 1)
    assert.match(log[0]?.[0] ?? '', /^the previous worker ended without stopping/)
    assert.deepEqual(log[0]?.[1], { ends: 1, shards: 'shard-1 up to 7/0, shard-2 at its beginning' })
    const third = open()
    assert.equal(third.ends, 2)
    third.close()
    assert.equal(open().ends, 2)
  })

  it('whose file is no file of ours is not reported', () => {
    const { file, log, open } = rig()
    fs.writeFileSync(file, '{"ends":')
    assert.deepEqual([open().ends, log], [0, []])
  })
})
