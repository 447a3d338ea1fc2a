/** Amazon's daemon as a process, under a guardian that ends it, and all that it started, when we are gone. */
import { spawn } from 'node:child_process'
import * as path from 'node:path'
import type { Readable } from 'node:stream'
import * as Lines from '../protocol/wire/Lines'
import * as Locale from './Locale'
import * as Main from './Main'

export interface Command {
  /** The program `java`. */
  readonly java: string
  /** For the JVM, such as `-Xmx1g`. */
  readonly options: ReadonlyArray<string>
  readonly classpath: ReadonlyArray<string>
  readonly main: Main.Main
  /** Absolute path of the daemon's .properties file. */
  readonly properties: string
  /** Where the files of the package are: `guardian`, `logback.xml` and the jar of our main class, beside this one. */
  readonly shipped: string
  /** The daemon's current folder: what its executableName is relative to. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface Daemon {
  /** The leader of its process group; undefined when it could not be started. */
  readonly pid: number | undefined
  /** Asks it to stop: its shards hear of it, as far as shutdownGraceMillis allows. */
  readonly terminate: () => void
  /** Ends it and all that it started at once. */
  readonly kill: () => void
}

export interface Listener {
  /** One line of its log, or of the JVM's output. */
  readonly onLine: (line: string) => void
  /** It is gone, and its whole process group with it: `exit code 1`, `SIGKILL`, or why it could not be started. */
  readonly onExit: (how: string) => void
}

/** Without it Java 17 and older write keys that are not ASCII as question marks. */
const UTF8 = '-Dfile.encoding=UTF-8'

/** All jars, in the order of the class path. */
export const jarsOf = ({ main, shipped, classpath }: Command): ReadonlyArray<string> => [
  ...Main.jarsOf(main, shipped),
  ...classpath
]

/** The program and its arguments, as a shell would be given them. */
export const argumentsOf = (command: Command): ReadonlyArray<string> => {
  const { java, options, main, properties, shipped } = command
  return [
    java,
    UTF8,
    ...options,
    ...Main.optionsOf(main),
    '-cp',
    jarsOf(command).join(path.delimiter),
    Main.classOf(main),
    '--properties-file',
    properties,
    '--log-configuration',
    path.join(shipped, 'logback.xml')
  ]
}

/** How long what was said before the end may take to come. */
const LAST_WORDS_MS = 5000

export const start = (command: Command, { onLine, onExit }: Listener): Daemon => {
  const guardian = spawn('/bin/sh', [path.join(command.shipped, 'guardian'), ...argumentsOf(command)], {
    cwd: command.cwd,
    env: Locale.utf8(command.env),
    // A group of its own: Ctrl-C in a terminal must not end the relays before the daemon has stopped them.
    detached: true,
    // The last one shows the guardian that we live.
    stdio: ['ignore', 'pipe', 'pipe', 'pipe']
  })
  let how = 'it was not started'
  let isOver = false
  const over = (): void => {
    if (isOver) return
    isOver = true
    signalGroup(guardian.pid)
    onExit(how)
  }
  for (const stream of [guardian.stdout, guardian.stderr]) if (stream !== null) listen(stream, onLine)
  guardian.on('error', (problem) => {
    how = `it could not be started: ${problem.message}`
    over()
  })
  guardian.on('exit', (code, signal) => {
    how = signal ?? `exit code ${code ?? 'unknown'}`
    signalGroup(guardian.pid)
    // A process that has left the group may hold the pipes for as long as it likes.
    setTimeout(over, LAST_WORDS_MS).unref()
  })
  // Only now has everything been read that it, and what it started, said.
  guardian.on('close', over)
  return {
    pid: guardian.pid,
    terminate: () => void guardian.kill('SIGTERM'),
    kill: () => signalGroup(guardian.pid)
  }
}

const listen = (stream: Readable, onLine: Listener['onLine']): void => {
  const lines = Lines.make()
  stream.on('data', (chunk: Buffer) => lines.push(chunk, (line) => onLine(line.toString('utf8'))))
}

/** What is left of the group ends; a group that is gone is no problem. */
const signalGroup = (leader: number | undefined): void => {
  if (leader === undefined) return
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // Nothing is left of it.
  }
}
