/** A real child process over pipes, and the daemon's end of them. */
import * as assert from 'node:assert/strict'
import {
  execFileSync,
  spawn,
  type ChildProcessWithoutNullStreams,
  type SpawnOptionsWithoutStdio
} from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import * as net from 'node:net'
import * as os from 'node:os'
import * as path from 'node:path'
import * as Lines from '../../../src/protocol/wire/Lines'
import * as ActionCodec from '../../../src/protocol/wire/Action'
import * as Action from '../../../src/protocol/Action'
import { records, type RecordOptions } from '../../../src/testing'
import type * as Project from '../../../tools/project'

/** The root of the repository: tests are started there. */
export const root = process.cwd()

export const WRAPPER = path.join(root, 'dist/edge/kclts-child')

// It is no TypeScript, since tools run it as it is: the compiled test takes it from the root.
const { install, make } = createRequire(path.resolve('package.json'))('./tools/project.js') as typeof Project

export type Files = Project.Files

export interface Options {
  /** What is started; the wrapper with the project's configuration unless told. `~` is the project. */
  readonly command?: ReadonlyArray<string>
  /** Where, within the project. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** It gets pipes as its stdin and stdout, as the daemon gives them, where Node gives sockets. */
  readonly pipes?: boolean
}

export interface Left {
  readonly code: number | null
  readonly signal: string | null
  /** Everything that came to the daemon. */
  readonly stdout: string
  readonly stderr: string
}

export interface Child {
  readonly process: ChildProcessWithoutNullStreams
  /** The project's folder. */
  readonly folder: string
  readonly send: (text: string) => void
  /** Says an action and gives the next reply. */
  readonly ask: (action: Action.Action) => Promise<string>
  /** The next reply, without its newlines. */
  readonly reply: () => Promise<string>
  /** The same; null: it has left without one. */
  readonly replyOrEnd: () => Promise<string | null>
  /** Waits until stderr has this text. */
  readonly seen: (text: string) => Promise<void>
  /** Closes its stdin, waits for its exit. */
  readonly end: () => Promise<Left>
  /** Waits for its exit. */
  readonly left: () => Promise<Left>
}

/** How long a test waits for what must come at once; nothing waits for it to pass. */
const PATIENCE_MS = 120_000

const folders: Array<string> = []
process.on('exit', () => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })))

/** A folder with these files, which is gone when the tests are. */
export const project = (files: Files): string => {
  const folder = make({ 'package.json': '{}', ...files })
  folders.push(folder)
  return folder
}

/** A project that can import kclts, as after `npm install kclts`. */
export const installed = (files: Files): string => {
  const folder = project(files)
  install(folder)
  return folder
}

/** No checkpoint unless it is asked for. */
export const CONFIG = 'handler: ./handler.js\ncheckpoint: { interval: 0, count: 0 }\n'

/** A handler that acknowledges everything. */
export const ACK = 'exports.handler = () => false\n'

/** A project with this text as its handler's module. */
export const withHandler = (handler: string, config = CONFIG): string =>
  project({ 'kcl.config.yaml': config, 'handler.js': handler })

interface Waiting {
  readonly isDone: () => boolean
  readonly resolve: () => void
}

/** In the names of the pipes of a child that gets pipes. */
export const PIPE = 'kclts-pipe-'

/** Both ends of a pipe, as descriptors that wait. Node makes none by itself. */
const pipeOf = (): { readonly reads: number; readonly writes: number } => {
  const name = path.join(fs.mkdtempSync(path.join(os.tmpdir(), PIPE)), 'pipe')
  execFileSync('mkfifo', [name])
  const both = fs.openSync(name, 'r+')
  const reads = fs.openSync(name, 'r')
  const writes = fs.openSync(name, fs.constants.O_WRONLY)
  fs.closeSync(both)
  fs.rmSync(path.dirname(name), { recursive: true })
  return { reads, writes }
}

const spawnOnPipes = (
  program: string,
  args: ReadonlyArray<string>,
  options: SpawnOptionsWithoutStdio
): ChildProcessWithoutNullStreams => {
  const [toChild, fromChild] = [pipeOf(), pipeOf()]
  const child = spawn(program, args, { ...options, stdio: [toChild.reads, fromChild.writes, 'pipe'] })
  fs.closeSync(toChild.reads)
  fs.closeSync(fromChild.writes)
  return Object.assign(child, {
    stdin: new net.Socket({ fd: toChild.writes, readable: false, writable: true }),
    stdout: new net.Socket({ fd: fromChild.reads, readable: true, writable: false })
  }) as unknown as ChildProcessWithoutNullStreams
}

export const start = (folder: string, options: Options = {}): Child => {
  const [program = '', ...args] = (options.command ?? [WRAPPER, '--config', '~/kcl.config.yaml']).map(
    (word) => word.replace('~', folder)
  )
  const place = {
    cwd: path.join(folder, options.cwd ?? '.'),
    env: { ...process.env, NO_COLOR: '1', ...options.env }
  }
  const child = options.pipes === true ? spawnOnPipes(program, args, place) : spawn(program, args, place)
  const replies: Array<string> = []
  let stdout = ''
  let stderr = ''
  let waiting: Array<Waiting> = []
  const exited = once(child, 'exit')

  const awake = (): void => {
    for (const one of waiting.filter(({ isDone }) => isDone())) one.resolve()
    waiting = waiting.filter(({ isDone }) => !isDone())
  }
  const lines = Lines.make()
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('latin1')
    lines.push(chunk, (line) => {
      if (line.length > 0) replies.push(Buffer.from(line).toString('utf8'))
    })
    awake()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8')
    awake()
  })
  child.stdin.on('error', () => undefined) // it may have left before it has read everything

  const until = async (isDone: () => boolean, what: string): Promise<void> => {
    if (isDone()) return
    let timer: NodeJS.Timeout | undefined
    const done = new Promise<void>((resolve) => waiting.push({ isDone, resolve }))
    const late = new Promise<void>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${what} did not come\nstdout: ${stdout}\nstderr: ${stderr}`)),
        PATIENCE_MS
      )
    })
    await Promise.race([done, late]).finally(() => clearTimeout(timer))
  }

  const reply = async (): Promise<string> => {
    await until(() => replies.length > 0, 'a reply')
    return replies.shift() ?? ''
  }

  const left = async (): Promise<Left> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    await exited
    clearTimeout(timer)
    // A grandchild may hold the other ends: what is there is read, their end is not awaited.
    for (const stream of [child.stdout, child.stderr])
      if (!stream.readableEnded) await Promise.race([once(stream, 'end'), once(child, 'close'), soon()])
    return { code: child.exitCode, signal: child.signalCode, stdout, stderr }
  }

  const send = (text: string): void => {
    child.stdin.write(text)
  }
  return {
    process: child,
    folder,
    send,
    ask: (action) => {
      send(`${ActionCodec.encode(action)}\n`)
      return reply()
    },
    reply,
    replyOrEnd: async () => {
      const replied = new Promise<void>((resolve) =>
        waiting.push({ isDone: () => replies.length > 0, resolve })
      )
      awake()
      await Promise.race([replied, left()])
      return replies.shift() ?? null
    },
    seen: (text) => until(() => stderr.includes(text), JSON.stringify(text)),
    end: () => {
      child.stdin.end()
      return left()
    },
    left
  }
}

/** Whatever has been written to a pipe is there some turns of the event loop after the writer's exit. */
const soon = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
}

export const initialize = Action.initialize('shardId-000000000000', 'TRIM_HORIZON', 0)

export const batch = (list: number | ReadonlyArray<RecordOptions>): Action.Action =>
  Action.processRecords(records(list), 0)

export const status = (name: Action.Name): string => `{"action":"status","responseFor":"${name}"}`

export const checkpoint = (index: number): string =>
  `{"action":"checkpoint","sequenceNumber":"${records(index + 1)[index]?.sequenceNumber}","subSequenceNumber":0}`

export const acknowledged = (index: number): Action.Action =>
  Action.checkpointed(records(index + 1)[index]?.sequenceNumber ?? null, 0, null)

/** What the daemon must have got: these replies, each between two newlines, and not one byte more. */
export const assertReplies = (left: Left, replies: ReadonlyArray<string>): void =>
  assert.equal(left.stdout, replies.map((line) => `\n${line}\n`).join(''))
