/**
 * A process that buries dead letters until it is told to stop at a count: `node buryMany.js <file> <name> <count>`.
 * It prints the number of each letter once that letter is on disk.
 */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import * as DeadLetterFile from '../../src/deadLetters/DeadLetterFile'

const [file = '', name = '', count = '0'] = process.argv.slice(2)

/** From a few bytes to more than a megabyte, so that a kill can fall into a write. */
const SIZES = [10, 5_000, 60_000, 1_500_000]

const opened = DeadLetterFile.open(file, (warning) => process.stderr.write(`${warning}\n`))
if (E.isLeft(opened)) throw new Error(opened.left.message)

for (let i = 0; i < Number(count); i++) {
  const buried = opened.right.bury({
    shardId: name,
    sequenceNumber: String(i),
    subSequenceNumber: 0,
    partitionKey: 'key',
    approximateArrivalTimestamp: null,
    data: name.repeat(SIZES[i % SIZES.length] ?? 0),
    reason: 'a test',
    error: null,
    handlerVersion: null,
    time: 0
  })
  if (E.isLeft(buried)) throw new Error(buried.left.message)
  fs.writeSync(1, `${i}\n`)
}
