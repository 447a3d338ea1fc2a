/** Children as Amazon's daemon has them: a process for each shard, with pipes. */
import { spawn } from 'node:child_process'
import * as Lines from '../protocol/wire/Lines'
import type { Open } from './ChildHandle'

export interface Options {
  /** Program and arguments. */
  readonly command: readonly [string, ...ReadonlyArray<string>]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What children print to stderr. */
  readonly onStderr: (text: string) => void
  readonly onProblem: (problem: string) => void
}

export const make =
  ({ command: [program, ...args], cwd, env, onStderr, onProblem }: Options): Open =>
  (shardId, listener) => {
    const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
    const lines = Lines.make()
    let isGone = false
    const closed = (code: number | null): void => {
      if (isGone) return
      isGone = true
      listener.closed(code)
    }
    child.stdout.on('data', (chunk: Buffer) =>
      lines.push(chunk, (line) => {
        if (!isGone && line.length > 0) listener.hear(line.toString('utf8'))
      })
    )
    child.stderr.setEncoding('utf8').on('data', onStderr)
    // A child that has exited does not read; its exit code says more than the broken pipe.
    child.stdin.on('error', () => undefined)
    child.once('error', (problem) => {
      onProblem(`${shardId}: ${program} cannot be started: ${problem.message}`)
      closed(null)
    })
    child.once('close', closed)
    return {
      send: (line) => {
        child.stdin.write(`${line}\n`)
      },
      close: () => child.stdin.end(),
      drain: () => undefined,
      kill: () => {
        isGone = true
        child.kill('SIGKILL')
      },
      crashed: () => undefined,
      session: () => null
    }
  }
