import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { it } from 'node:test'
import { batch, say, withHost } from './Rig'

const LEAVES = 'exports.handler = ({ partitionKey }) => partitionKey === "leave" ? process.exit(1) : false'

it('a thread that ends takes its pipes with it, and nothing that has got the number of one since', () =>
  withHost(LEAVES, {}, async ({ shard, end }) => {
    assert.equal((await (await shard(0)).end()).code, 0)
    // The lowest numbers are given first: those of the shard before are among them.
    const others = Array.from({ length: 20 }, () => fs.openSync(__filename, 'r'))
    const child = await shard(1)
    say(child, batch([{ partitionKey: 'leave' }]))
    assert.match((await end()).reason, /user code ended its thread/)
    assert.equal((await child.left()).code, 0)
    assert.deepEqual(
      others.map((fd) => fs.fstatSync(fd).isFile()),
      others.map(() => true)
    )
    for (const fd of others) fs.closeSync(fd)
  }))
