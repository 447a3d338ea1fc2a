import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Codec from '../../src/deadLetters/DeadLetterCodec'
import * as Lines from '../../src/protocol/wire/Lines'
import type { DeadLetter } from '../../src/core/DeadLetter'
import type { Failure } from '../../src/core/Failure'
import * as DeadLetterFile from '../../src/deadLetters/DeadLetterFile'
import * as Disk from '../../src/files/Disk'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-dead-letters-'))
after(() => fs.rmSync(room, { recursive: true }))

let places = 0
const place = (): string => path.join(room, String((places += 1)), 'dead-letters.ndjson')

const letter = (sequenceNumber: string): DeadLetter => ({
  shardId: 'shardId-000000000000',
  sequenceNumber,
  subSequenceNumber: 0,
  partitionKey: 'key',
  approximateArrivalTimestamp: null,
  data: 'e30=',
  reason: 'a test',
  error: null,
  handlerVersion: null,
  time: 1700000000000
})

const line = (sequenceNumber: string): string => Codec.encode(letter(sequenceNumber))
const size = line('1').length

const read = (file: string): string => fs.readFileSync(file, 'utf8')

interface Opened extends DeadLetterFile.DeadLetterFile {
  readonly warnings: ReadonlyArray<string>
}

/** An open file; what the disk does otherwise than the real one is named. */
const opened = (file: string, odd: Partial<Disk.Disk> = {}): Opened => {
  const warnings: Array<string> = []
  const result = DeadLetterFile.open(file, (warning) => warnings.push(warning), { ...Disk.node, ...odd })
  if (E.isLeft(result)) throw new Error(result.left.message)
  return { ...result.right, warnings }
}

const refused = (file: string, odd: Partial<Disk.Disk> = {}): Failure => {
  const result = DeadLetterFile.open(file, assert.fail, { ...Disk.node, ...odd })
  if (E.isRight(result)) throw new Error(`${file} was opened`)
  return result.left
}

/** What `node:fs` throws. */
const errno = (code: string, number: number): Error =>
  Object.assign(new Error(code), { code, errno: -number })

const problem = (name: string, message: string): Failure => ({ name, message, stack: null })

describe('at start', () => {
  it('a missing file is made with its folders, readable by its owner alone, and empty', () => {
    const file = path.join(path.dirname(place()), 'a', 'b', 'dead-letters.ndjson')
    assert.deepEqual(opened(file).warnings, [])
    assert.equal(fs.statSync(file).mode & 0o777, 0o600)
    assert.equal(read(file), '')
  })

  it('every folder that has a new name in it is synced, outermost first', () => {
    const top = path.dirname(place())
    const synced: Array<string> = []
    const syncFolder = (folder: string): void => void synced.push(folder)
    opened(path.join(top, 'a', 'dead-letters.ndjson'), { syncFolder })
    assert.deepEqual(synced, [room, top, path.join(top, 'a')])
  })

  it('a file that is there keeps its letters and its mode, and a warning reports who else can read it', () => {
    const file = place()
    fs.mkdirSync(path.dirname(file))
    fs.writeFileSync(file, line('1'))
    fs.chmodSync(file, 0o644)
    const { bury, warnings } = opened(file)
    assert.deepEqual(warnings, [
      `${file} holds whole records and has mode 644: others can read or write it; chmod 600 if they should not`
    ])
    assert.deepEqual(bury(letter('2')), E.right(undefined))
    assert.equal(read(file), line('1') + line('2'))
    assert.equal(fs.statSync(file).mode & 0o777, 0o644)
  })

  it('a file in memory is warned of', { skip: !fs.existsSync('/dev/shm') && 'there is no /dev/shm' }, () => {
    const folder = fs.mkdtempSync('/dev/shm/kclts-')
    const file = path.join(folder, 'dead-letters.ndjson')
    try {
      assert.deepEqual(opened(file).warnings, [
        `dead letters in ${file} are on tmpfs, which is memory: they are lost when the machine or the container ` +
          'stops, and a checkpoint covers their records by then; name a file on a disk or a mounted volume ' +
          'in failure.deadLetters'
      ])
    } finally {
      fs.rmSync(folder, { recursive: true })
    }
  })

  it("a file in a container's own layer is warned of", () => {
    const file = place()
    const statfs = (at: string): fs.StatsFs => ({ ...fs.statfsSync(at), type: 0x794c7630 })
    assert.deepEqual(opened(file, { statfs }).warnings, [
      `dead letters in ${file} are on overlayfs, a container's own layer: they are lost when the container is ` +
        'removed, and a checkpoint covers their records by then; name a file on a disk or a mounted volume ' +
        'in failure.deadLetters'
    ])
  })

  it('a full disk is refused, and the descriptor is given back', () => {
    const file = place()
    const closed: Array<number> = []
    const close = (fd: number): void => {
      closed.push(fd)
      fs.closeSync(fd)
    }
    const statfs = (at: string): fs.StatsFs => ({ ...fs.statfsSync(at), bavail: 0 })
    assert.deepEqual(
      refused(file, { statfs, close }),
      problem(
        'ENOSPC',
        `no space left on the disk of ${file}; free some, or name another file in failure.deadLetters`
      )
    )
    assert.equal(closed.length, 1)
  })

  it('a file system that does not count its blocks is not full', () => {
    const statfs = (at: string): fs.StatsFs => ({ ...fs.statfsSync(at), blocks: 0, bavail: 0 })
    assert.deepEqual(opened(place(), { statfs }).warnings, [])
  })

  it('a read-only disk is refused', () => {
    const file = place()
    const create = (): never => {
      throw errno('EROFS', os.constants.errno.EROFS)
    }
    assert.equal(refused(file, { create }).name, 'EROFS')
    assert.match(refused(file, { create }).message, /; mount it writable, or name another file in /)
  })

  it(
    'a folder in which nothing can be made is refused, and nothing hangs',
    { skip: process.platform !== 'linux' && 'there is no /proc' },
    () => {
      const file = '/proc/nowhere/deep/dead-letters.ndjson'
      assert.deepEqual(
        refused(file),
        problem(
          'ENOENT',
          `no such file or directory, opening ${file}; make its folder (is it a link to nowhere?), ` +
            'or name another file in failure.deadLetters'
        )
      )
    }
  )

  it('a folder in its place is refused', () =>
    assert.deepEqual(
      refused(room),
      problem(
        'EISDIR',
        `illegal operation on a directory, opening ${room}; it is a folder: name a file in it, ` +
          'or name another file in failure.deadLetters'
      )
    ))

  it('a file in place of its folder is refused', () => {
    const file = path.join(place(), 'a', 'dead-letters.ndjson')
    fs.mkdirSync(path.dirname(path.dirname(path.dirname(file))))
    fs.writeFileSync(path.dirname(path.dirname(file)), '')
    assert.deepEqual(
      refused(file),
      problem(
        'ENOTDIR',
        `not a directory, opening ${file}; a part of the path is a file: make it a folder, ` +
          'or name another file in failure.deadLetters'
      )
    )
  })

  it('a device is refused', { skip: !fs.existsSync('/dev/full') && 'there is no /dev/full' }, () =>
    assert.deepEqual(
      refused('/dev/full'),
      problem(
        'NotAFile',
        '/dev/full is a device; dead letters need a regular file: name one in failure.deadLetters'
      )
    )
  )
})

describe('a letter', () => {
  it('is one write, then a sync, at the end of the file', () => {
    const file = place()
    const calls: Array<string> = []
    const { bury } = opened(file, {
      write: (fd, bytes) => {
        calls.push(`write ${bytes.toString()}`)
        return Disk.node.write(fd, bytes)
      },
      sync: (fd) => {
        calls.push('sync')
        Disk.node.sync(fd)
      }
    })
    assert.deepEqual(bury(letter('1')), E.right(undefined))
    assert.deepEqual(bury(letter('2')), E.right(undefined))
    assert.deepEqual(calls, [`write ${line('1')}`, 'sync', `write ${line('2')}`, 'sync'])
    assert.equal(read(file), line('1') + line('2'))
  })

  it('begins a line of its own after a crash in mid-write, in the same write', () => {
    const file = place()
    const writes: Array<string> = []
    const { bury } = opened(file, {
      write: (fd, bytes) => {
        writes.push(bytes.toString())
        return Disk.node.write(fd, bytes)
      }
    })
    fs.appendFileSync(file, '{"shardId":"sha')
    assert.deepEqual(bury(letter('1')), E.right(undefined))
    assert.deepEqual(writes, [`\n${line('1')}`])
    assert.equal(read(file), `{"shardId":"sha\n${line('1')}`)
  })

  it('is completed after short writes', () => {
    const file = place()
    const { bury } = opened(file, { write: (fd, bytes) => Disk.node.write(fd, bytes.subarray(0, 7)) })
    assert.deepEqual(bury(letter('1')), E.right(undefined))
    assert.deepEqual(bury(letter('2')), E.right(undefined))
    assert.equal(read(file), line('1') + line('2'))
  })

  it('that the disk takes no byte of is a problem', () => {
    const file = place()
    assert.deepEqual(
      opened(file, { write: () => 0 }).bury(letter('1')),
      E.left(
        problem(
          'ShortWrite',
          `the disk takes no more bytes, and gives no reason, writing ${size} bytes to ${file}`
        )
      )
    )
  })

  it('on a disk that fills up is a problem, and the next letter begins a line of its own', () => {
    const file = place()
    let room = 50
    const { bury } = opened(file, {
      write: (fd, bytes) => {
        if (room === 0) throw errno('ENOSPC', os.constants.errno.ENOSPC)
        const written = Disk.node.write(fd, bytes.subarray(0, room))
        room -= written
        return written
      }
    })
    assert.deepEqual(
      bury(letter('1')),
      E.left(
        problem(
          'ENOSPC',
          `no space left on device, writing ${size} bytes to ${file}; free space on that disk, ` +
            'or name another file in failure.deadLetters'
        )
      )
    )
    room = 1000
    assert.deepEqual(bury(letter('2')), E.right(undefined))
    assert.equal(read(file), `${line('1').slice(0, 50)}\n${line('2')}`)
  })

  it('that cannot be synced is a problem, and the sync is not tried again', () => {
    const file = place()
    let syncs = 0
    const sync = (): never => {
      syncs += 1
      throw errno('EIO', os.constants.errno.EIO)
    }
    assert.deepEqual(
      opened(file, { sync }).bury(letter('1')),
      E.left(
        problem(
          'EIO',
          `i/o error, syncing ${file} to disk; replace the disk: the kernel's log says what is wrong with it, ` +
            'or name another file in failure.deadLetters'
        )
      )
    )
    assert.equal(syncs, 1)
  })

  it('that is interrupted by a signal before its first byte is a problem', () => {
    const file = place()
    const write = (): never => {
      throw errno('EINTR', os.constants.errno.EINTR)
    }
    assert.deepEqual(
      opened(file, { write }).bury(letter('1')),
      E.left(
        problem(
          'EINTR',
          `interrupted system call, writing ${size} bytes to ${file}; name another file in failure.deadLetters`
        )
      )
    )
  })

  it('is a problem after the file was closed, but closing twice is not', () => {
    const file = place()
    const { bury, close } = opened(file)
    assert.deepEqual([close(), close()], [E.right(undefined), E.right(undefined)])
    assert.deepEqual(
      bury(letter('1')),
      E.left(problem('Closed', `${file} was closed before this dead letter`))
    )
  })
})

describe('beside other writers, a letter', () => {
  /** A disk on which something happens just before some of our writes. */
  const before = (happens: ReadonlyArray<(() => void) | undefined>, most = Infinity): Partial<Disk.Disk> => {
    let writes = 0
    return {
      write: (fd, bytes) => {
        happens[writes]?.()
        writes += 1
        return Disk.node.write(fd, bytes.subarray(0, most))
      }
    }
  }

  it('glued to the line of a writer that was killed after we looked is written again', () => {
    const file = place()
    const torn = '{"shardId":"sha'
    const { bury } = opened(file, before([() => fs.appendFileSync(file, torn)]))
    assert.deepEqual(bury(letter('1')), E.right(undefined))
    assert.equal(read(file), torn + line('1') + line('1'))
    assert.deepEqual(
      Codec.read(fs.readFileSync(file)).map((each) => (E.isLeft(each) ? each.left.line : each.right)),
      [1, letter('1')]
    )
  })

  it('cut apart by a letter that came between its short writes is written again', () => {
    const file = place()
    const { bury } = opened(
      file,
      before([undefined, () => fs.appendFileSync(file, `\n${line('2')}`)], size - 9)
    )
    assert.deepEqual(bury(letter('1')), E.right(undefined))
    assert.deepEqual(Codec.read(fs.readFileSync(file)).filter(E.isRight), [
      E.right(letter('2')),
      E.right(letter('1'))
    ])
  })

  it('that is whole is written once, though others wrote before it', () => {
    const file = place()
    const { bury } = opened(file, before([() => fs.appendFileSync(file, line('2') + line('3'))]))
    assert.deepEqual(bury(letter('1')), E.right(undefined))
    assert.equal(read(file), line('2') + line('3') + line('1'))
  })

  it('in a file that was emptied after we looked is written once', () => {
    const file = place()
    const { bury } = opened(file, before([undefined, () => fs.truncateSync(file)]))
    assert.deepEqual(bury(letter('1')), E.right(undefined))
    assert.deepEqual(bury(letter('2')), E.right(undefined))
    assert.equal(read(file), line('2'))
  })

  it('that is cut apart again and again is a problem', () => {
    const file = place()
    const tear = (): void => fs.appendFileSync(file, '{')
    assert.deepEqual(
      opened(file, before([tear, tear, tear])).bury(letter('1')),
      E.left(
        problem(
          'Interleaved',
          `${file}: 3 times in a row, other writers broke up the letter; is the file on a network file system, ` +
            'or does another program write to it? Name another file in failure.deadLetters'
        )
      )
    )
  })
})

describe('a file that is moved while it is open', () => {
  const moved = (file: string): string =>
    `${file} was moved or deleted while it was open; further dead letters go to a new file there`

  it('keeps its letters, and the next goes to a new one at the path', () => {
    const file = place()
    const { bury, warnings } = opened(file)
    bury(letter('1'))
    fs.renameSync(file, `${file}.1`)
    assert.deepEqual(bury(letter('2')), E.right(undefined))
    assert.deepEqual(bury(letter('3')), E.right(undefined))
    assert.deepEqual([read(`${file}.1`), read(file)], [line('1'), line('2') + line('3')])
    assert.deepEqual(warnings, [moved(file)])
  })

  it('is made again with its folder when both were deleted', () => {
    const file = place()
    const { bury, warnings } = opened(file)
    fs.rmSync(path.dirname(file), { recursive: true })
    assert.deepEqual(bury(letter('1')), E.right(undefined))
    assert.equal(read(file), line('1'))
    assert.deepEqual(warnings, [moved(file)])
  })

  it('is a problem when it cannot be made again', () => {
    const file = place()
    const { bury } = opened(file)
    fs.rmSync(file)
    fs.mkdirSync(file)
    const buried = bury(letter('1'))
    assert.equal(E.isLeft(buried) && buried.left.name, 'EISDIR')
  })
})

describe('processes that share a file', () => {
  /** Runs a writer; kills it when it has told that many letters. Resolves to the letters that it told. */
  const writer = (file: string, name: string, count: number, killAfter = Infinity): Promise<Array<string>> =>
    new Promise((resolve) => {
      const child = spawn(
        process.execPath,
        [path.join(__dirname, 'buryMany.js'), file, name, String(count)],
        {
          stdio: ['ignore', 'pipe', 'inherit']
        }
      )
      const told: Array<string> = []
      const lines = Lines.make()
      child.stdout.on('data', (chunk: Buffer) =>
        lines.push(chunk, (number) => {
          told.push(`${name} ${number.toString()}`)
          if (told.length === killAfter) child.kill('SIGKILL')
        })
      )
      child.on('close', () => resolve(told))
    })

  it('leave every letter that was buried whole, though some are killed in mid-write', async () => {
    const file = place()
    const told = await Promise.all([
      writer(file, 'a', 24),
      writer(file, 'b', 24),
      writer(file, 'c', 1000, 3),
      writer(file, 'd', 1000, 7),
      writer(file, 'e', 1000, 11)
    ])
    assert.deepEqual(
      told.slice(0, 2).map((numbers) => numbers.length),
      [24, 24]
    )
    const found = Codec.read(fs.readFileSync(file))
    const whole = found.filter(E.isRight).map(({ right }) => right)
    // One process's name fills its letters: a letter with another's bytes in it would show.
    assert.deepEqual(
      whole.filter(({ shardId, data }) => data !== shardId.repeat(data.length)),
      []
    )
    const names = new Set(whole.map(({ shardId, sequenceNumber }) => `${shardId} ${sequenceNumber}`))
    assert.deepEqual(
      told.flat().filter((name) => !names.has(name)),
      []
    )
    // A line can be torn by each of the three that were killed, and no other is.
    assert.ok(found.filter(E.isLeft).length <= 3)
  })
})
