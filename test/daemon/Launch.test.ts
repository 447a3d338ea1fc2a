import * as assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as Launch from '../../src/daemon/Launch'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-launch-'))
after(() => fs.rmSync(folder, { recursive: true, force: true }))

/** A program that stands for java: it gets the daemon's arguments. */
const program = (name: string, text: string): string => {
  const file = path.join(folder, name)
  fs.writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return file
}

const command = (java: string): Launch.Command => ({
  java,
  options: ['-Xmx1g'],
  classpath: ['/jars/a b.jar', '/jars/c.jar'],
  main: { _tag: 'Amazon' },
  properties: path.join(folder, 'kcl.properties'),
  cwd: folder,
  shipped: path.resolve('src/daemon'),
  env: process.env
})

interface Watched {
  readonly daemon: Launch.Daemon
  readonly lines: Array<string>
  readonly seen: (line: string) => Promise<void>
  readonly exit: Promise<string>
}

const watch = (java: string): Watched => {
  const lines: Array<string> = []
  let awake = (): void => undefined
  let exited: (how: string) => void = () => undefined
  const exit = new Promise<string>((resolve) => {
    exited = resolve
  })
  const daemon = Launch.start(command(java), {
    onLine: (line) => {
      lines.push(line)
      awake()
    },
    onExit: (how) => exited(how)
  })
  const seen = async (line: string): Promise<void> => {
    while (!lines.includes(line))
      await new Promise<void>((resolve) => {
        awake = resolve
      })
  }
  return { daemon, lines, seen, exit }
}

const isAlive = (pid: number): boolean => spawnSync('kill', ['-0', String(pid)]).status === 0
/** A zombie that nobody has waited for yet is not alive. */
const isRunning = (pid: number): boolean =>
  isAlive(pid) &&
  !/^State:\s+Z/m.test(
    fs.existsSync(`/proc/${pid}/status`) ? fs.readFileSync(`/proc/${pid}/status`, 'utf8') : ''
  )

/** Resolves when none of them runs: the kernel ends a process some time after it was killed. */
const gone = (pids: ReadonlyArray<number>): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (pids.some(isRunning)) setImmediate(look)
      else resolve()
    }
    look()
  })

describe('the daemon', () => {
  it('gets its jars, its properties and a log that we understand, with spaces where there are some', async () => {
    const { lines, exit } = watch(program('args', 'for a in "$@"; do echo "$a"; done'))
    assert.equal(await exit, 'exit code 0')
    assert.deepEqual(lines.slice(0, 7), [
      '-Dfile.encoding=UTF-8',
      '-Xmx1g',
      '-cp',
      '/jars/a b.jar:/jars/c.jar',
      'software.amazon.kinesis.multilang.MultiLangDaemon',
      '--properties-file',
      path.join(folder, 'kcl.properties')
    ])
    assert.ok(fs.existsSync(lines[8] ?? ''), 'the log configuration is shipped')
  })

  it('is distinguished by its exit: a code, a signal, or that it is not there', async () => {
    assert.equal(await watch(program('three', 'exit 3')).exit, 'exit code 3')
    assert.equal(await watch(path.join(folder, 'nowhere')).exit, 'exit code 127')
  })

  it('is asked to stop, and its children are not', async () => {
    const { daemon, seen, lines, exit } = watch(
      program(
        'graceful',
        `sh -c 'trap "echo child was told" TERM; echo child; while :; do sleep 0.05; done' &
         trap 'echo told; kill -KILL $!; exit 143' TERM
         echo up; wait`
      )
    )
    await seen('up')
    await seen('child')
    daemon.terminate()
    assert.equal(await exit, 'exit code 143')
    assert.deepEqual([lines.includes('told'), lines.includes('child was told')], [true, false])
  })

  it('is asked to stop by its guardian, however early the guardian hears of it', async () => {
    // It signals its guardian as the first thing it does.
    const early = program('early', `trap 'exit 143' TERM; kill -TERM $PPID; while :; do sleep 0.05; done`)
    const exits = await Promise.all(Array.from({ length: 20 }, () => watch(early).exit))
    assert.deepEqual(new Set(exits), new Set(['exit code 143']))
  })

  it('has its own exit code, however often it was asked to stop', async () => {
    const { daemon, seen, exit } = watch(
      program(
        'slow',
        `n=0; trap 'n=$((n + 1)); echo "told $n"; if [ "$n" -ge 3 ]; then exit 7; fi' TERM
         echo up; while :; do sleep 0.05; done`
      )
    )
    await seen('up')
    for (const told of ['told 1', 'told 2', 'told 3']) {
      daemon.terminate()
      await seen(told)
    }
    assert.equal(await exit, 'exit code 7')
  })

  it('takes all that it started with it', async () => {
    const { daemon, seen, lines, exit } = watch(
      program('stubborn', `trap '' TERM; sleep 1000 & echo "$!"; echo up; wait`)
    )
    await seen('up')
    daemon.kill()
    await exit
    await gone([Number(lines[0])])
  })

  it('does not outlive a supervisor that is killed', async () => {
    const java = program('orphan', `sleep 1000 & echo "$! $$"; wait`)
    const supervisor = spawn(
      process.execPath,
      [
        '-e',
        `require(${JSON.stringify(path.join(__dirname, '../../src/daemon/Launch.js'))}).start(
           ${JSON.stringify({ ...command(java), env: { PATH: process.env['PATH'] } })},
           { onLine: (line) => console.log(line), onExit: () => undefined })`
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] }
    )
    const [chunk] = (await once(supervisor.stdout, 'data')) as [Buffer]
    const pids = chunk.toString().trim().split(' ').map(Number)
    assert.deepEqual(pids.map(isRunning), [true, true])
    supervisor.kill('SIGKILL')
    await once(supervisor, 'close')
    await gone(pids)
  })
})
