import * as assert from 'node:assert/strict'
import * as path from 'node:path'
import { it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import * as Contents from '../../src/lab/Contents'
import * as Reader from '../../src/lab/Reader'
import { ACK, CONFIG, status } from '../system/process/Child'
import { batch, shardId, withHost } from './Rig'

const PATIENCE_MS = 60_000

/** What is in the files by now: they are written by a thread of their own. */
const contentsOf = (folder: string): ReadonlyArray<Contents.Contents> => {
  const opened = Reader.open(folder)
  return E.isLeft(opened) ? [] : opened.right.lives.map(Contents.of)
}

it('a host records the sessions of its threads, while they go on', () =>
  withHost(ACK, { config: `${CONFIG}record: { folder: ./recordings }\n` }, async ({ shard, project }) => {
    const child = await shard(7)
    assert.equal(await child.ask(batch(3)), status('processRecords'))
    const until = performance.now() + PATIENCE_MS
    const found = (): ReadonlyArray<Contents.Contents> => contentsOf(path.join(project, 'recordings'))
    while (found()[0]?.records !== 3) {
      assert.ok(performance.now() < until, 'the batch was not recorded')
      await sleep(50)
    }
    assert.deepEqual(
      found().map(({ header, records, batches }) => [header.shard, header.data, records, batches]),
      [[shardId(7), 'none', 3, 1]]
    )
    await child.end()
  }))
