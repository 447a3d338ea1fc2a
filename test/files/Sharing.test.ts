import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Sharing from '../../src/files/Sharing'

const FILE = '/data/dead letters.ndjson'

const problem = (type: number, mounts = ''): string | null =>
  Sharing.problem(FILE, { typeOf: () => type, mounts: () => mounts })

const EXT4 = 0xef53

const onLinux = { skip: process.platform !== 'linux' && 'file systems have these numbers on Linux' }

describe('a lock', onLinux, () => {
  it('keeps all out on the disks of this machine', () => {
    for (const type of [EXT4, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1])
      assert.equal(problem(type), null)
  })

  it('keeps no other machine out on a network file system, by its name', () => {
    for (const [type, name] of [
      [0x6969, 'NFS'],
      [0xff534d42, 'CIFS'],
      [0xfe534d42, 'SMB'],
      [0x01021997, '9p, which shares a folder of another machine'],
      [0x65735546, 'FUSE, behind which there may be another machine'],
      [0x00c36400, 'Ceph']
    ] as const)
      assert.equal(
        problem(type),
        `${FILE} is on a network file system (${name}), where a lock does not stop other machines`
      )
  })

  it('keeps out no other container when the file itself is mounted, which its folder may be', () => {
    const line = (point: string): string =>
      `36 35 98:0 /mnt1 ${point} rw,noatime master:1 - ext4 /dev/root rw\n`
    assert.equal(problem(EXT4, line('/') + line('/data')), null)
    assert.equal(
      problem(EXT4, line('/') + line('/data/dead\\040letters.ndjson')),
      `${FILE} is mounted by itself, so another container may have it in another folder, with another lock`
    )
  })
})
