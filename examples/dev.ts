/** Runs `kclts dev` in the folder of an example, for its test. */
import { deepStrictEqual } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { text } from 'node:stream/consumers'

const BIN = path.join(__dirname, '../dist/bin.js')

/** What the tests read of the summary. */
export interface Summary {
  readonly exitCode: number
  readonly records: { readonly consumed: number; readonly again: number; readonly deadLetters: number }
  readonly faults: { readonly leasesLost: number; readonly kills: number }
}

export interface Run {
  readonly summary: Summary
  /** What it logged, and what the handler printed. */
  readonly stderr: string
}

/** One line of input: a record of this partition key with this value as its JSON data. */
export const line = (partitionKey: string, data: unknown): string =>
  `${JSON.stringify({ partitionKey, data })}\n`

/** A folder for what a run leaves behind; removed when `use` has ended. */
export const withFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-example-'))
  await use(folder).finally(() => {
    fs.rmSync(folder, { recursive: true, force: true })
  })
}

/** Consumes all of the input; `options` are those of `kclts dev`, `env` is added to the environment. */
export const dev = async (
  example: string,
  input: ReadonlyArray<string>,
  options: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<Run> => {
  const child = spawn(process.execPath, [BIN, 'dev', '-', '--json', ...options], {
    cwd: path.join(__dirname, example),
    env: { ...process.env, ...env }
  })
  child.stdin.end(input.join(''))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  deepStrictEqual(child.exitCode, 0, `kclts dev left with ${child.exitCode}\n${stderr}`)
  return { summary: JSON.parse(stdout) as Summary, stderr }
}
